// The official TypeScript clients: version 1, and version 2, which also speaks
// the stateless protocol.
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport as SSE1 } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport as Stdio1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as HTTP1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ProgressNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { Client as Client2, SSEClientTransport as SSE2, StreamableHTTPClientTransport as HTTP2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as Stdio2 } from '@modelcontextprotocol/client/stdio';
import { environment } from './processes.mjs';

const info = { name: 'interop', version: '1' };

/** version1 connects the client of @modelcontextprotocol/sdk. */
export function version1(target) {
  return connect(new Client1(info), transport(target, Stdio1, HTTP1, SSE1), {
    progressNotification: ProgressNotificationSchema,
    call: (client, params, options) => client.callTool(params, undefined, options),
  });
}

/** version2 connects the client of @modelcontextprotocol/client in a mode of negotiation. */
export function version2(mode) {
  return (target) =>
    connect(new Client2(info, { versionNegotiation: { mode } }), transport(target, Stdio2, HTTP2, SSE2), {
      progressNotification: 'notifications/progress',
      call: (client, params, options) => client.callTool(params, options),
    });
}

function transport({ command, url }, Stdio, HTTP, SSE) {
  if (command) {
    const env = environment();
    return new Stdio({ command: command[0], args: command.slice(1), env, cwd: env.HOME, stderr: 'ignore' });
  }
  return new (url.endsWith('/sse') ? SSE : HTTP)(new URL(url));
}

async function connect(client, transport, { progressNotification, call }) {
  const session = { progress: true, complaints: [] };
  client.onerror = (error) => session.complaints.push(String(error));
  // The clients tell their transport, but not always us, what was negotiated.
  const setVersion = transport.setProtocolVersion?.bind(transport);
  transport.setProtocolVersion = (version) => {
    session.version = version;
    setVersion?.(version);
  };
  await client.connect(transport, { timeout: 15_000 });
  session.version = client.getNegotiatedProtocolVersion?.() ?? session.version;

  session.tools = async () => (await client.listTools()).tools;
  session.call = (args, { token, onProgress, signal } = {}) => {
    const params = { name: 'get_access_policy_test', arguments: args };
    const options = { signal };
    if (typeof token === 'string') {
      // Left alone, these clients choose the token, and choose an integer.
      params._meta = { progressToken: token };
      client.setNotificationHandler(progressNotification, ({ params }) => onProgress(params));
    } else if (onProgress) {
      options.onprogress = onProgress;
    }
    return call(client, params, options);
  };
  session.close = () => client.close();
  return session;
}
