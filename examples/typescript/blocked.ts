// Starts a test of an Access policy, waits for its end, and prints who would be locked
// out. Arguments: the file with the policy, then flags for the server.
//
//   npm install
//   node blocked.ts ../policy.json --simulate
import { readFileSync } from 'node:fs';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

interface Status {
  id: string;
  finished: boolean;
  summary: string;
}

interface UsersPage {
  users: { email?: string; id?: string }[];
  more: boolean;
}

const [policyFile = '../policy.json', ...flags] = process.argv.slice(2);

const client = new Client({ name: 'example', version: '1.0.0' });

/** call calls a tool and returns its structured result. */
async function call<T>(name: string, args: Record<string, unknown>): Promise<T> {
  const result = await client.callTool(
    { name, arguments: args },
    // Without these two options the client gives up after 60 s, however much progress
    // there is. With them the 60 s begin anew at each report.
    { onprogress: ({ message }) => console.error(message), resetTimeoutOnProgress: true },
  );
  if (result.isError) {
    throw new Error(result.content.map((part) => (part.type === 'text' ? part.text : '')).join('\n'));
  }
  return result.structuredContent as T;
}

await client.connect(
  new StdioClientTransport({
    command: 'access-policy-mcp',
    args: [...flags, '--allow-start'],
    // The client passes on next to nothing of its environment by itself, and so neither
    // CLOUDFLARE_API_TOKEN nor what leads to the key ring.
    env: process.env as Record<string, string>,
  }),
);
try {
  const policy = JSON.parse(readFileSync(policyFile, 'utf8'));
  const { id } = await call<{ id: string }>('start_access_policy_test', { policies: [policy] });
  let test: Status;
  do {
    test = await call('get_access_policy_test', { policy_test_id: id, wait_seconds: 600 });
  } while (!test.finished);
  console.error(test.summary);

  for (let page = 1, more = true; more; page++) {
    const list: UsersPage = await call('list_access_policy_test_users', {
      policy_test_id: id, status: 'blocked', page, per_page: 100,
    });
    for (const user of list.users) console.log(user.email ?? user.id);
    more = list.more;
  }
} finally {
  await client.close();
}
