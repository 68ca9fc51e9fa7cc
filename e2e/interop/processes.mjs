// Processes of this run: each with a private HOME, and none outliving it.
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Late } from './verdict.mjs';

const running = new Set();
process.on('exit', () => running.forEach(end));
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    console.error(`ended by ${signal}`);
    process.exit(1);
  });
}

/** environment has a HOME of its own, so that no tool finds another's settings or anybody's accounts. */
export function environment() {
  const home = mkdtempSync(join(tmpdir(), 'home-'));
  return { PATH: process.env.PATH, HOME: home, TMPDIR: home, DO_NOT_TRACK: '1', NO_COLOR: '1' };
}

/** start starts a command in a process group of its own: some tools are launchers of others. */
export function start([command, ...args]) {
  const env = environment();
  const child = spawn(command, args, { env, cwd: env.HOME, detached: true, stdio: 'pipe' });
  running.add(child);
  child.once('close', () => running.delete(child));
  child.stdin.on('error', () => {}); // it may end before it has read everything
  child.output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (text) => (child.output[name] += text));
  }
  return child;
}

/** end ends a process and what it has started. */
export function end(child) {
  try {
    process.kill(-child.pid, 'SIGTERM');
  } catch {
    // It has ended by itself.
  }
}

/** output runs a command to its end and returns what it wrote. */
export async function output(argv, signal) {
  const child = start(argv);
  child.stdin.end();
  const abort = () => end(child);
  signal?.addEventListener('abort', abort);
  const [status] = await new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (...how) => resolve(how));
  });
  signal?.removeEventListener('abort', abort);
  signal?.throwIfAborted();
  return { status, ...child.output };
}

/** until repeats an attempt until it returns something, the process has ended, or it is too late. */
async function until(child, attempt) {
  for (const start = performance.now(); performance.now() - start < 15_000 && child.exitCode === null; ) {
    const value = await attempt();
    if (value) return value;
    await sleep(20);
  }
  const message = `${child.spawnargs.join(' ')} did not start: ${child.output.stderr.slice(-400)}`;
  throw child.exitCode === null ? new Late(message) : new Error(message);
}

/** serve starts our server over HTTP and returns where it listens. */
export async function serve(binary) {
  const child = start([binary, 'http', '--simulate', '--addr', '127.0.0.1:0']);
  const [, origin] = await until(child, () => child.output.stderr.match(/mcp=(http:\/\/\S+)\/mcp/));
  return { origin, stop: () => end(child) };
}

/** freePort finds a port for tools that cannot tell which one they were given. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** listening waits until a process accepts connections. */
export function listening(child, port) {
  return until(child, () => new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => resolve(false)).on('connect', () => {
      socket.destroy();
      resolve(true);
    });
  }));
}
