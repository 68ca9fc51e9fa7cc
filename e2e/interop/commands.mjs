// Clients that are command lines: a process for each request. Aborting one is
// killing it, as somebody at a terminal would. None of them shows progress.
import { bin, node } from './packages.mjs';
import { output } from './processes.mjs';

/** inspector is the command line of the MCP Inspector, in a protocol era. */
export function inspector(era) {
  return async (target) => {
    const command = [node, bin('@modelcontextprotocol/inspector', 'clients/launcher/build/index.js'), '--cli', '--format', 'json'];
    const place = target.command ?? [target.url, '--transport', target.url.endsWith('/sse') ? 'sse' : 'http'];
    const run = async (args, signal) => {
      // Its status is not 0 when a tool fails; the result is printed all the same.
      const { stdout, stderr } = await output([...command, '--protocol-era', era, ...args, ...place], signal);
      if (!stdout) throw new Error(stderr);
      return JSON.parse(stdout).result;
    };
    return {
      tools: async () => (await run(['--method', 'tools/list'])).tools,
      call: (args, { signal } = {}) =>
        run(['--method', 'tools/call', '--tool-name', 'get_access_policy_test', '--tool-args-json', JSON.stringify(args)], signal),
      close() {},
    };
  };
}

/** mcporter is the command line of a host without a model. */
export async function mcporter(target) {
  const command = [node, bin('mcporter', 'dist/cli.js')];
  const place = target.command
    ? ['--stdio', target.command[0], ...target.command.slice(1).flatMap((arg) => ['--stdio-arg', arg])]
    : ['--http-url', target.url, '--allow-http'];
  const run = async (args, signal) => {
    const { stdout, stderr } = await output([...command, ...args, ...place, '--no-oauth'], signal);
    if (!stdout) throw new Error(stderr);
    return stdout;
  };
  const call = (args, format, signal) =>
    run(['call', '--tool', 'get_access_policy_test', '--args', JSON.stringify(args), '--output', format], signal);
  return {
    tools: async () => JSON.parse(await run(['list', '--json', '--schema'])).tools,
    call: async (args, { signal } = {}) => {
      // It shows the whole of a failure, but of a success either the structured
      // result or the texts, a line each.
      const [json, text] = await Promise.all([call(args, 'json', signal), call(args, 'text', signal)]);
      const shown = JSON.parse(json);
      if (shown.isError) return shown;
      return { structuredContent: shown, content: text.trim().split('\n').map((text) => ({ type: 'text', text })) };
    },
    close() {},
  };
}
