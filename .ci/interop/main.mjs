// Runs every client and suite, and prints a table. See ./run.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { answers, interrupted, waitingChecks, waits } from './checks.mjs';
import { clients } from './clients.mjs';
import { serve } from './processes.mjs';
import { staleExcuses, suites } from './suites.mjs';

const [directory, only = ''] = process.argv.slice(2);
const binary = join(directory, 'access-policy-mcp');
const selected = ({ client, transport }) => new RegExp(only, 'i').test(`${client} ${transport}`);

/** within bounds the time of a promise. */
async function within(seconds, promise) {
  const timer = new AbortController();
  const late = sleep(seconds * 1000, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`nothing after ${seconds} s`);
  });
  return Promise.race([promise, late]).finally(() => timer.abort());
}

/**
 * visit connects a client, to a server of its own unless one may be shared, lets
 * it do something that consists of checks, and leaves again.
 */
async function visit(row, shared, todo) {
  const check = async (name, run) => {
    try {
      const value = await within(30, run());
      row.passed++;
      return value;
    } catch (error) {
      row.failed.push(`${name}: ${error?.message ?? error}`);
    }
  };
  let server = row.transport === 'stdio' ? undefined : shared;
  try {
    if (row.transport !== 'stdio') server ??= await serve(binary);
    const target = server ? { url: server.origin + row.transport } : { command: [binary, '--simulate'] };
    const session = await within(20, row.connect(target));
    const value = await todo(session, check);
    await within(5, session.close()).catch(() => {}); // a client that does not leave is not our fault
    return value;
  } catch (error) {
    row.failed.push(`connect: ${error?.message ?? error}`);
  } finally {
    if (server !== shared) server?.stop();
  }
}

/** pool runs jobs, a number of them at a time. */
async function pool(size, jobs) {
  const queue = jobs.values();
  await Promise.all(Array.from({ length: size }, async () => {
    for (const job of queue) await job();
  }));
}

const shared = await serve(binary);
const rows = clients(join(directory, 'goclient')).filter(selected);
const suiteRows = suites(shared.origin + '/mcp').filter(selected);
const all = [...rows, ...suiteRows];
for (const row of all) Object.assign(row, { passed: 0, skipped: 0, failed: [] });

// First what is answered at once. It keeps the processors busy, mostly with
// starting Node.
let first;
await pool(4, [
  ...rows.map((row) => async () => {
    const seen = await visit(row, shared, (session, check) => answers(session, row, check));
    row.tool = seen?.tool;
    first ??= seen?.good;
    if (seen?.good && !isDeepStrictEqual(seen.good, first)) {
      row.failed.push(`another answer than the other clients: ${JSON.stringify(seen.good)}`);
    }
  }),
  ...suiteRows.map((row) => () => within(60, row.run(row)).catch((error) => row.failed.push(error.message))),
]);
if (!only) suiteRows.at(-1).failed.push(...staleExcuses()); // a part of the suite cannot tell

// Then what waits: each with a server of its own, because in the simulator the
// example test starts when it is first asked for and runs only once.
await pool(16, rows.flatMap((row) => {
  if (!row.tool) return [];
  if (!row.tool.inputSchema.properties.wait_seconds) {
    row.skipped += waitingChecks.length;
    return [];
  }
  return [waits, interrupted].map((todo) => () => visit(row, undefined, todo));
}));
shared.stop();

console.log('| client | transport | protocol | passed | failed | not applicable |\n| --- | --- | --- | --: | --: | --: |');
for (const { client, transport, version = '', passed, failed, skipped } of all) {
  console.log(`| ${client} | ${transport} | ${version} | ${passed} | ${failed.length || ''} | ${skipped || ''} |`);
}
console.log();
for (const { client, transport, failed } of all) {
  for (const message of failed) console.log(`- ${client}, ${transport}: ${message.replaceAll('\n', '\n  ')}`);
}
const sum = (count) => all.reduce((total, row) => total + count(row), 0);
const failures = sum(({ failed }) => failed.length);
console.log(`${sum(({ passed }) => passed)} passed, ${failures} failed`);
process.exit(failures > 0 || all.length === 0 ? 1 : 0);
