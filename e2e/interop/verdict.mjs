// What comes of a check. A wrong answer is a failure on any machine. A check that
// took too long is repeated alone, and is inconclusive if it takes too long again
// while other programs overload the machine.

/** Late says that something took too long. */
export class Late extends Error {}

// The codes of TypeScript 2, of Node's sockets and of its fetch.
const lateCodes = ['REQUEST_TIMEOUT', 'ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT'];

/** isLate reports whether an error, ours or that of a client, says that something took too long. */
export function isLate(error) {
  if (error instanceof Late || lateCodes.includes(error?.code ?? error?.cause?.code)) return true;
  // Other errors with a code are failed assertions, or what the server answered.
  // TypeScript 1 uses -32001 for its own time limit.
  if (error?.code !== undefined && error.code !== -32001) return false;
  return /\btimed out\b|\btimeout\b/i.test(error?.message);
}

/** within bounds the time of a promise. */
export async function within(seconds, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Late(`nothing after ${seconds} s`)), seconds * 1000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Visit is what came of the checks of one visit, by their names: 'passed', 'failed', 'late' or 'skipped'. */
export class Visit {
  outcomes = new Map();

  note(name, outcome, message = '') {
    let unique = name;
    for (let n = 2; this.outcomes.has(unique); n++) unique = `${name} (${n})`;
    this.outcomes.set(unique, { outcome, message });
  }

  fail(name, error) {
    this.note(name, isLate(error) ? 'late' : 'failed', error?.message ?? String(error));
  }

  /** check runs a check and returns its value. One that is late ends the visit: what follows could not be told. */
  async check(name, seconds, run) {
    try {
      const value = await within(seconds, Promise.resolve().then(run));
      this.note(name, 'passed');
      return value;
    } catch (error) {
      this.fail(name, error);
      if (isLate(error)) throw error;
    }
  }

  get late() {
    return [...this.outcomes.values()].some(({ outcome }) => outcome === 'late');
  }
}

/**
 * judge returns what came of each check of a visit, and of its repetition if there
 * was one: 'passed', 'failed', 'skipped' or 'inconclusive'. Overloaded says whether
 * the machine was, during the last of them.
 */
export function judge(visits, overloaded) {
  const verdicts = new Map();
  for (const [name, found] of visits.flatMap(({ outcomes }) => [...outcomes])) {
    const strongest = ['failed', 'passed', 'skipped', 'late'];
    const known = verdicts.get(name);
    if (!known || strongest.indexOf(found.outcome) < strongest.indexOf(known.outcome)) verdicts.set(name, found);
  }
  const late = overloaded ? 'inconclusive' : 'failed';
  return [...verdicts].map(([name, { outcome, message }]) => ({ name, message, verdict: outcome === 'late' ? late : outcome }));
}

/** report returns the lines to print and the exit status. A row has verdicts, as judge returns them. */
export function report(rows) {
  const count = (verdicts, wanted) => verdicts.filter(({ verdict }) => verdict === wanted).length;
  const lines = [
    '| client | transport | protocol | passed | failed | inconclusive | not applicable |',
    '| --- | --- | --- | --: | --: | --: | --: |',
  ];
  for (const { client, transport, version = '', verdicts } of rows) {
    const cells = ['failed', 'inconclusive', 'skipped'].map((verdict) => count(verdicts, verdict) || '');
    lines.push(`| ${[client, transport, version, count(verdicts, 'passed'), ...cells].join(' | ')} |`);
  }
  lines.push('');
  for (const { client, transport, verdicts } of rows) {
    for (const { name, message, verdict } of verdicts) {
      if (verdict !== 'failed' && verdict !== 'inconclusive') continue;
      lines.push(`- ${client}, ${transport}: ${verdict}: ${name}: ${message.replaceAll('\n', '\n  ')}`);
    }
  }
  const all = rows.flatMap(({ verdicts }) => verdicts);
  const [passed, failed, inconclusive] = ['passed', 'failed', 'inconclusive'].map((verdict) => count(all, verdict));
  if (inconclusive > 0) {
    lines.push('Inconclusive: too late twice, but the machine was overloaded by other programs. Run it again when they have ended.');
  }
  lines.push(`${passed} passed, ${failed} failed, ${inconclusive} inconclusive`);
  return { lines, status: failed > 0 || all.length === 0 ? 1 : 0 };
}
