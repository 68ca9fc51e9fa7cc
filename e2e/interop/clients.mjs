// The clients, what they connect to, and what they must negotiate there.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspector, mcporter } from './commands.mjs';
import { goClient } from './golang.mjs';
import { bin, node, titled } from './packages.mjs';
import { end, freePort, listening, start } from './processes.mjs';
import { version1, version2 } from './typescript.mjs';

const [latestLegacy, stateless] = ['2025-11-25', '2026-07-28'];
const stdio = 'stdio';
const http = '/mcp';
const sse = '/sse';

/** clients returns {client, transport, version?, connect(target)} for each. A target has a url or a command. */
export function clients(goProgram) {
  const all = [];
  const add = (client, connect, versions, only = [stdio, http, sse]) => {
    for (const transport of only) all.push({ client, transport, connect, version: versions?.(transport) });
  };
  // The transport of /sse ended with the legacy protocol.
  const latest = (transport) => (transport === sse ? latestLegacy : stateless);
  const always = (version) => () => version;

  add(titled('TypeScript', '@modelcontextprotocol/sdk'), version1, always(latestLegacy));
  const ts2 = titled('TypeScript', '@modelcontextprotocol/client');
  add(`${ts2}, legacy`, version2('legacy'), always(latestLegacy));
  add(`${ts2}, auto`, version2('auto'), latest);
  add(`${ts2}, pinned`, version2({ pin: stateless }), always(stateless), [stdio, http]);

  const [, goVersion] = readFileSync(join(import.meta.dirname, 'goclient/go.mod'), 'utf8').match(/go-sdk v(\S+)/);
  for (const version of ['2024-11-05', '2025-03-26', '2025-06-18', latestLegacy, stateless]) {
    const versions = version === stateless ? latest : always(version);
    add(`Go ${goVersion}, ${version}`, goClient(goProgram, version), versions);
  }

  const inspectorTitle = titled('Inspector', '@modelcontextprotocol/inspector');
  add(`${inspectorTitle}, legacy`, inspector('legacy'));
  add(`${inspectorTitle}, modern`, inspector('modern'), undefined, [stdio, http]);
  add(titled('mcporter', 'mcporter'), mcporter);

  const remote = titled('mcp-remote', 'mcp-remote');
  add(remote, mcpRemote('legacy'), undefined, [http, sse]);
  add(`${remote}, auto`, mcpRemote('auto'), undefined, [http]);
  add(titled('supergateway', 'supergateway'), supergateway, undefined, [http, sse]);
  for (const protocol of ['legacy', 'auto']) {
    add(`${titled('mcp-proxy', 'mcp-proxy')}, ${protocol}`, mcpProxy(protocol), undefined, [stdio]);
  }
  return all;
}

// Bridges stand between a client, here TypeScript 1, and us.

function mcpRemote(protocol) {
  return ({ url }) => {
    const transport = url.endsWith(sse) ? 'sse-only' : 'http-only';
    const program = bin('mcp-remote', 'dist/proxy.js');
    return version1({ command: [node, program, url, '--allow-http', '--transport', transport, '--protocol', protocol] });
  };
}

async function supergateway({ url }) {
  const from = url.endsWith(sse) ? '--sse' : '--streamableHttp';
  const session = await version1({ command: [node, bin('supergateway', 'dist/index.js'), from, url] });
  return { ...session, progress: false }; // it passes none on
}

/** mcpProxy serves a stdio server over HTTP. */
function mcpProxy(protocol) {
  return async ({ command }) => {
    const port = await freePort();
    const program = bin('mcp-proxy', 'dist/bin/mcp-proxy.mjs');
    const child = start([node, program, '--host', '127.0.0.1', '--port', port, '--upstreamProtocol', protocol, '--', ...command]);
    await listening(child, port);
    const session = await version1({ url: `http://127.0.0.1:${port}/mcp` });
    const close = session.close;
    session.close = () => close().finally(() => end(child));
    return session;
  };
}
