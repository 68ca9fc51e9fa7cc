// What every client must see, whichever it is and however it connects. A client
// is a session: {tools(), call(args, {token, onProgress, signal}), close(), and
// where known version, complaints and progress}. All assertions are here.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Late } from './verdict.mjs';

const toolName = 'get_access_policy_test';
const documented = 'example-documented'; // answers with the example of Cloudflare's API reference
const running = 'f1a8b3c9d4e5f6789a0b1c2d3e4f5678a9b0c1d2e3f4a5b67890c1d2e3f4b5a6'; // ends 8 s after it is first asked for
const errorKey = 'access-policy-mcp/error';

/** answers checks calls that are answered at once. It returns the good answer. */
export async function answers(session, { version }, check) {
  await check('list', async () => {
    const tool = (await session.tools()).find(({ name }) => name === toolName);
    assert(tool, 'the tool is not listed');
    const { properties, required, additionalProperties } = tool.inputSchema;
    assert.equal(properties.policy_test_id.maxLength, 64);
    assert.equal(properties.account_id.maxLength, 32);
    assert.deepEqual(required, ['policy_test_id'], 'the simulator has a default account');
    assert.equal(additionalProperties, false);
    assert(tool.outputSchema?.properties.summary, 'no output schema');
    const { type, minimum, maximum } = properties.wait_seconds;
    assert.deepEqual([type, minimum, maximum], ['integer', 0, 600]);
  });
  if (version) await check('protocol', () => assert.equal(session.version, version));
  const good = await check('good', () => goodAnswer(session));
  await check('bad', () => failedAnswer(session, 'x'.repeat(70), 'invalid_argument'));
  await check('unknown', () => failedAnswer(session, 'no-such-test', 'not_found'));
  await check('good again', async () => assert.deepEqual(await goodAnswer(session), good));
  if (session.complaints) {
    await check('no complaints', () => assert.deepEqual(session.complaints, []));
  }
  return good;
}

async function goodAnswer(session) {
  const result = await session.call({ policy_test_id: documented });
  assert(!result.isError, textOf(result));
  const { structuredContent: structured, content } = result;
  assert.equal(structured.status, 'complete');
  assert.equal(structured.percent_users_processed, 50);
  assert.equal(structured.total_users, 20);
  assert.equal(content[0].text, structured.summary);
  assert.deepEqual(JSON.parse(content[1].text), structured, 'the second text is not the structured result');
  return structured;
}

async function failedAnswer(session, id, kind) {
  const result = await session.call({ policy_test_id: id });
  assert.equal(result.isError, true);
  assert.equal(result._meta?.[errorKey]?.kind, kind);
  assert(textOf(result), 'the error has no text');
}

const textOf = (result) => result.content?.[0]?.text;

/** waits checks a call that stays until the test has ended. It needs a fresh server. */
export async function waits(session, check) {
  await check('wait', () => wholeWait(session, 'a-string', 4));
}

/**
 * interrupted checks that a call can be aborted half way, and that the next one
 * gets to see the end. It needs a fresh server.
 */
export async function interrupted(session, check) {
  await check('abort', async () => {
    const signal = AbortSignal.timeout(3000);
    await assert.rejects(session.call({ policy_test_id: running, wait_seconds: 60 }, { token: 4711, onProgress() {}, signal }));
    assert(signal.aborted, 'the call failed before it was aborted');
  });
  await check('wait after abort', () => wholeWait(session, 4712, 0));
}

async function wholeWait(session, token, atLeastSeconds) {
  const seen = [];
  const start = performance.now();
  const result = await session.call({ policy_test_id: running, wait_seconds: 45 }, { token, onProgress: (p) => seen.push(p) });
  const seconds = (performance.now() - start) / 1000;
  const count = seen.length;
  await sleep(300); // progress must not follow the result

  assert(!result.isError, textOf(result));
  const { structuredContent: structured } = result;
  assert.equal(structured.finished, true);
  assert.equal(structured.status, 'complete');
  assert.equal(structured.percent_users_processed, 100);
  assert.equal(textOf(result), structured.summary);
  assert(seconds > atLeastSeconds, `the test takes 8 s, the call took ${seconds}`);
  if (session.progress) checkProgress(seen, count, token);
  if (seconds >= 20) throw new Late(`the test takes 8 s, the call took ${seconds}`);
}

function checkProgress(seen, count, token) {
  assert(count > 0, 'no progress was shown');
  assert.equal(seen.length, count, 'progress after the result');
  seen.forEach(({ progress, total, message, progressToken = token }, i) => {
    assert.equal(progressToken, token);
    assert.equal(total, 100);
    assert(progress <= 100 && (i === 0 || progress > seen[i - 1].progress), `not increasing: ${seen.map((p) => p.progress)}`);
    assert(message, 'progress without a message');
  });
}
