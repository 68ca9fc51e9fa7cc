// Conformance suites. A run notes what came of its checks in a visit.
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bin, node, titled } from './packages.mjs';
import { output } from './processes.mjs';

// The official suite is made for a server full of fixtures, and does not know that
// a server may have resources to which nobody can subscribe. These are the only
// reasons for which one of its checks may fail or warn. Each must apply to
// something, or it is stale.
const excuses = [
  [/\b(completions|logging|resources subscribe) not supported$/, 'the capability is not announced'],
  [/resource URI 'test:\/\/[^']*': resource not found$/, 'needs a fixture'],
  [/prompt 'test_\w+' not found/, 'needs a fixture'],
  [/tool 'test_\w+'|'json_schema_2020_12_tool' not found/, 'needs a fixture'],
  [/no tool with x-mcp-header annotations/, 'needs a fixture'],
  [/^sep-2322-(multi-round-r1|reject-tampered-state|missing-response-rerequests):/, 'needs a fixture, without saying so'],
  [/^sep-2164-data-uri:/, 'mcp-go names the URI in the message of the error, but not in its data'],
  [/did not provide session ID/, 'the server is stateless'],
];
const applied = new Set();

/** suites returns {client, transport, version?, run(visit)} for each. */
export function suites(url) {
  const add = (client, run, version) => ({ client, transport: '/mcp', version, run });
  return [
    add(titled('MCPJam suite', '@mcpjam/sdk'), (visit) => mcpjam(visit, url)),
    ...['2025-06-18', '2025-11-25', '2026-07-28'].map((version) =>
      add(titled('official suite', '@modelcontextprotocol/conformance'), (visit) => official(visit, version, url), version),
    ),
  ];
}

/** official runs every scenario that exists for a version of the specification. */
async function official(visit, version, url) {
  const program = [node, bin('@modelcontextprotocol/conformance', 'dist/index.js')];
  const list = await output([...program, 'list', '--server', '--spec-version', version]);
  const scenarios = [...list.stdout.matchAll(/^ +- (\S+)/gm)].map(([, name]) => name);
  if (scenarios.length === 0) throw new Error(`no scenarios: ${list.stderr}`);
  const directory = await mkdtemp(join(tmpdir(), 'conformance-'));
  const run = await output([
    ...program, 'server', '--url', url, '--suite', 'all', '--spec-version', version, '--output-dir', directory,
  ]);

  const results = new Map(readdirSync(directory).map((name) => [name.match(/^server-(.*)-\d{4}-\d\d-\d\dT/)[1], name]));
  for (const scenario of scenarios) {
    if (!results.has(scenario)) {
      visit.fail(scenario, new Error(`no result: ${run.stderr.slice(-400)}`));
      continue;
    }
    for (const check of JSON.parse(readFileSync(join(directory, results.get(scenario), 'checks.json')))) {
      noteOfficial(visit, scenario, check);
    }
  }
}

function noteOfficial(visit, scenario, { id, status, errorMessage, details }) {
  if (status === 'INFO') return;
  const name = `${scenario}: ${id}`;
  if (status === 'SUCCESS') return visit.note(name, 'passed');
  if (status === 'SKIPPED') return visit.note(name, 'skipped');
  const message = `${id}: ${errorMessage ?? details?.message ?? JSON.stringify(details)}`;
  const excuse = excuses.find(([pattern]) => pattern.test(message));
  if (!excuse) return visit.fail(name, new Error(message));
  applied.add(excuse);
  visit.note(name, 'skipped');
}

/** staleExcuses is about all runs of the official suite together. */
export function staleExcuses() {
  return excuses.filter((excuse) => !applied.has(excuse)).map(([pattern]) => `stale excuse ${pattern}`);
}

// MCPJam's suite knows that capabilities and sessions are optional. It only works
// with an early version of its client library: hence the override in package.json.
const optional = ['logging-set-level', 'completion-complete', 'server-sse-polling-session'];

async function mcpjam(visit, url) {
  const run = await output([node, join(import.meta.dirname, 'mcpjam.mjs'), url]);
  if (run.status !== 0) throw new Error(run.stderr);
  for (const { id, status, error } of JSON.parse(run.stdout.split('\n').at(-2))) {
    if (status === 'passed') visit.note(id, 'passed');
    else if (status === 'skipped' && optional.includes(id)) visit.note(id, 'skipped');
    else visit.fail(id, new Error(`${status}: ${error?.message}`));
  }
}
