import assert from 'node:assert/strict';
import test from 'node:test';
import { isLate, judge, Late, report, Visit, within } from './verdict.mjs';

const coded = (code, message) => Object.assign(new Error(message), { code });
const assertion = (message) => new assert.AssertionError({ message });

test('isLate', () => {
  for (const [error, want] of [
    [new Late('nothing after 30 s'), true],
    [coded('REQUEST_TIMEOUT', 'Request timed out'), true],
    [coded(-32001, 'MCP error -32001: Request timed out'), true],
    [new Error('Timeout: no answer within 60000ms'), true],
    [new TypeError('fetch failed', { cause: coded('UND_ERR_CONNECT_TIMEOUT', 'no connection') }), true],
    [coded(-32001, 'header mismatch'), false],
    [coded(-32603, 'the request timed out'), false], // is what the server said
    [assertion("kind: 'timeout'"), false],
    [assertion('the request timed out'), false],
    [new TypeError('fetch failed', { cause: coded('ECONNREFUSED', 'refused') }), false],
    [new Error('goclient ended'), false],
    [undefined, false],
  ]) {
    assert.equal(isLate(error), want, error?.message);
  }
});

test('within', async () => {
  assert.equal(await within(1, Promise.resolve(5)), 5);
  await assert.rejects(within(0.01, new Promise(() => {})), Late);
  await assert.rejects(within(1, Promise.reject(new Error('wrong'))), { message: 'wrong' });
});

/** visited runs checks, each given by what it throws, as main.mjs runs them. */
async function visited(errors) {
  const visit = new Visit();
  try {
    for (const [name, error] of Object.entries(errors)) {
      await visit.check(name, 1, () => {
        if (error) throw error;
        return name;
      });
    }
  } catch (error) {
    assert(isLate(error));
  }
  return visit;
}

const found = (visit) => [...visit.outcomes].map(([name, { outcome }]) => `${name} ${outcome}`);

test('a visit goes on after what is wrong, and ends with what is late', async () => {
  const visit = await visited({ a: undefined, b: assertion('wrong'), c: undefined, d: new Late('late'), e: undefined });
  assert.deepEqual(found(visit), ['a passed', 'b failed', 'c passed', 'd late']);
  assert.equal(visit.late, true);
  assert.equal((await visited({ a: assertion('wrong') })).late, false);
});

test('a check that takes too long is late', async () => {
  const visit = new Visit();
  await assert.rejects(visit.check('a', 0.01, () => new Promise(() => {})), Late);
  assert.deepEqual(found(visit), ['a late']);
});

test('checks with the same name are all counted', () => {
  const visit = new Visit();
  for (const outcome of ['passed', 'failed', 'passed']) visit.note('a', outcome);
  assert.deepEqual(found(visit), ['a passed', 'a (2) failed', 'a (3) passed']);
});

const late = new Late('late');
const wrong = assertion('wrong');
const good = undefined;

test('judge', async () => {
  for (const [visits, overloaded, want] of [
    [[{ a: good }], false, 'a passed'],
    [[{ a: wrong }], false, 'a failed'],
    [[{ a: wrong }], true, 'a failed'],
    [[{ a: late }], false, 'a failed'],
    [[{ a: late }], true, 'a inconclusive'],
    [[{ a: late }, { a: good }], true, 'a passed'],
    [[{ a: late }, { a: late }], false, 'a failed'],
    [[{ a: late }, { a: late }], true, 'a inconclusive'],
    [[{ a: late }, { a: wrong }], true, 'a failed'],
    [[{ a: wrong, b: late }, { a: good, b: good }], true, 'a failed, b passed'],
    [[{ a: good, b: late }, { a: wrong, b: good }], true, 'a failed, b passed'],
    [[{ a: good, b: late }, { a: late }], true, 'a passed, b inconclusive'],
    [[{ a: late }, { a: good, b: wrong }], true, 'a passed, b failed'],
  ]) {
    const got = judge(await Promise.all(visits.map(visited)), overloaded);
    assert.equal(got.map(({ name, verdict }) => `${name} ${verdict}`).join(', '), want, JSON.stringify({ visits, overloaded }));
  }
});

test('report', async () => {
  const row = async (errors, overloaded) => ({ client: 'C', transport: '/mcp', verdicts: judge([await visited(errors)], overloaded) });
  for (const [rows, last, status] of [
    [[await row({ a: good, b: good })], '2 passed, 0 failed, 0 inconclusive', 0],
    [[await row({ a: good, b: late }, true)], '1 passed, 0 failed, 1 inconclusive', 0],
    [[await row({ a: good, b: late }, false)], '1 passed, 1 failed, 0 inconclusive', 1],
    [[await row({ a: late }, true), await row({ a: wrong }, true)], '0 passed, 1 failed, 1 inconclusive', 1],
    [[], '0 passed, 0 failed, 0 inconclusive', 1], // nothing was checked
  ]) {
    const got = report(rows);
    assert.equal(got.lines.at(-1), last);
    assert.equal(got.status, status, last);
  }
  const { lines } = report([await row({ a: good, b: wrong, c: late }, true)]);
  assert.deepEqual(lines.slice(2), [
    '| C | /mcp |  | 1 | 1 | 1 |  |',
    '',
    '- C, /mcp: failed: b: wrong',
    '- C, /mcp: inconclusive: c: late',
    'Inconclusive: too late twice, but the machine was overloaded by other programs. Run it again when they have ended.',
    '1 passed, 1 failed, 1 inconclusive',
  ]);
});
