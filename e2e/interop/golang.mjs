// The official Go client, driven through goclient.
import { createInterface } from 'node:readline';
import { end, start } from './processes.mjs';

/** goClient connects at a protocol version. */
export function goClient(program, version) {
  return async (target) => {
    const child = start([program, version, ...(target.command ?? [target.url])]);
    const waiting = new Map();
    let ready;
    let listener; // of the latest call, also when it has ended: progress must have, too
    const hello = new Promise((resolve, reject) => (ready = { resolve, reject }));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { id, version, progress, result, error } = JSON.parse(line);
      if (version) return ready.resolve(version);
      if (progress) return listener?.(progress);
      const { resolve, reject } = waiting.get(id);
      waiting.delete(id);
      error ? reject(new Error(error)) : resolve(result);
    });
    child.once('close', () => {
      const error = new Error(`goclient ended: ${child.output.stderr.slice(-400)}`);
      ready.reject(error);
      waiting.forEach(({ reject }) => reject(error));
    });

    let last = 0;
    const request = (message, { signal, onProgress } = {}) => {
      listener = onProgress;
      const id = ++last;
      const send = (message) => child.stdin.write(JSON.stringify(message) + '\n');
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        send({ id, ...message });
        signal?.addEventListener('abort', () => send({ cancel: id }));
      });
    };
    return {
      progress: true,
      version: await hello,
      tools: async () => (await request({ list: true })).tools,
      call: (args, options = {}) => request({ arguments: args, token: options.token }, options),
      close: () => end(child),
    };
  };
}
