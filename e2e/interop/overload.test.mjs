import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Machine, overloadedAt, threadsPerProcessor, watchMachine } from './overload.mjs';

test('threadsPerProcessor', () => {
  assert.equal(threadsPerProcessor('cpu  1 2\ncpu0 1\ncpu1 1\nintr 5\nprocs_running 7\nprocs_blocked 9\n'), 3.5);
  assert(threadsPerProcessor(readFileSync('/proc/stat', 'utf8')) > 0);
  for (const stat of ['', 'cpu0 1\n', 'procs_running 7\n', 'cpu  1\nprocs_running 7\n']) {
    assert.equal(threadsPerProcessor(stat), undefined, stat);
  }
});

test('overloaded', () => {
  const machine = new Machine();
  assert.equal(machine.overloaded(0, 100_000), false);
  for (let second = 1; second <= 100; second++) { // quiet, but for seconds 41 to 50
    const threads = second > 40 && second <= 50 ? overloadedAt : overloadedAt - 0.1;
    machine.seconds.push({ ended: second * 1000, threads });
  }
  for (const [from, to, want] of [
    [0, 39, false], [51, 100, false], [42, 43, true], [45, 55, true], [0, 100, true], [48, 100, false], [200, 300, false],
  ]) {
    assert.equal(machine.overloaded(from * 1000, to * 1000), want, `${from} to ${to}`);
  }
});

test('watchMachine', async () => {
  const machine = watchMachine();
  for (const end = performance.now() + 20_000; machine.seconds.length === 0 && performance.now() < end; ) await sleep(50);
  assert(machine.seconds[0].threads > 0);
});
