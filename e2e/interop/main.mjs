// Runs every client and suite, and prints a table. See ./run.
import { deepEqual } from 'node:assert/strict';
import { join } from 'node:path';
import { answers, interrupted, waits } from './checks.mjs';
import { clients } from './clients.mjs';
import { watchMachine } from './overload.mjs';
import { serve } from './processes.mjs';
import { staleExcuses, suites } from './suites.mjs';
import { judge, Late, report, Visit, within } from './verdict.mjs';

const [directory, only = ''] = process.argv.slice(2);
const binary = join(directory, 'access-policy-mcp');
const selected = ({ client, transport }) => new RegExp(only, 'i').test(`${client} ${transport}`);

// How long all visits may take, and then how long those that are repeated.
const minutes = 60_000;
const firstRound = 5 * minutes;
const secondRound = 5 * minutes;

const machine = watchMachine();
const shared = await serve(binary);
const rows = clients(join(directory, 'goclient')).filter(selected);
const suiteRows = suites(shared.origin + '/mcp').filter(selected);

/**
 * visitor connects a client, to the server or else to one of its own, lets it do
 * something that consists of checks, and leaves again.
 */
function visitor(row, server, todo) {
  return async (visit) => {
    let own, session;
    try {
      session = await visit.check('connect', 20, async () => {
        if (row.transport === 'stdio') return row.connect({ command: [binary, '--simulate'] });
        if (!server) own = await serve(binary);
        return row.connect({ url: (server ?? own).origin + row.transport });
      });
      if (session) await todo(session, (name, run) => visit.check(name, 30, run));
    } finally {
      await within(5, session?.close()).catch(() => {}); // a client that does not leave is not our fault
      own?.stop();
    }
  };
}

let first; // the answer that all clients must get
const quick = [
  ...rows.map((row) => job(row, visitor(row, shared, async (session, check) => {
    const good = await answers(session, row, check);
    if (good) await check('as other clients', () => deepEqual(good, (first ??= good)));
  }))),
  ...suiteRows.map((row) => job(row, (visit) => within(60, row.run(visit)))),
];
// Each of these has a server of its own, because in the simulator the example test
// starts when it is first asked for and runs only once.
const slow = rows.flatMap((row) => [waits, interrupted].map((todo) => job(row, visitor(row, undefined, todo))));

/** job is one visit, and its repetition if it is repeated. */
function job(row, run) {
  return { row, run, visits: [], overloaded: false };
}

async function perform({ run, visits }) {
  const visit = new Visit();
  visits.push(visit);
  await run(visit).catch((error) => {
    if (!visit.late) visit.fail('visit', error); // else it is noted
  });
}

/** pool performs jobs, a number of them at a time, until the end. */
async function pool(size, jobs, end) {
  const queue = jobs.values();
  await Promise.all(Array.from({ length: size }, async () => {
    for (const job of queue) {
      if (performance.now() < end) {
        await perform(job);
        continue;
      }
      job.visits.push(new Visit());
      job.visits.at(-1).fail('visit', new Late('there was no time left'));
    }
  }));
}

// What is answered at once keeps the processors busy, mostly with starting Node;
// what waits does not.
const end = performance.now() + firstRound;
await pool(4, quick, end);
await pool(16, slow, end);

// What was late is repeated alone. What there is no time to repeat shares the
// fate of what was repeated.
const jobs = [...quick, ...slow];
const began = performance.now();
for (const job of jobs.filter(({ visits }) => visits[0].late)) {
  const from = performance.now();
  const repeat = from < began + secondRound;
  if (repeat) await perform(job);
  job.overloaded = machine.overloaded(repeat ? from : began, performance.now());
}
shared.stop();

const all = [...rows, ...suiteRows];
for (const row of all) {
  row.verdicts = jobs.filter((job) => job.row === row).flatMap(({ visits, overloaded }) => judge(visits, overloaded));
}
// A part of the official suite cannot tell which excuses it needs.
if (!only && !jobs.some(({ row, visits }) => suiteRows.includes(row) && visits.at(-1).late)) {
  const visit = new Visit();
  for (const message of staleExcuses()) visit.note('excuses', 'failed', message);
  suiteRows.at(-1).verdicts.push(...judge([visit], false));
}
const { lines, status } = report(all);
console.log(lines.join('\n'));
process.exit(status);
