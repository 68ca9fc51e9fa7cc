// How busy the machine is.
import { readFileSync } from 'node:fs';

// A machine is overloaded while this many threads, running or ready to run, share
// each of its processors. A visit makes no more than 2 or 3 of them, because our
// server runs one thread a processor, as Go programs do, while its client waits.
// So a server that is busy for no reason does not excuse itself.
export const overloadedAt = 4;

// How much of the time of a check the machine must have been overloaded to be the
// reason why the check took too long.
const overloadedShare = 0.1;

/** threadsPerProcessor reads /proc/stat, see proc(5); undefined if it does not tell. */
export function threadsPerProcessor(stat) {
  const running = stat.match(/^procs_running (\d+)$/m);
  const processors = stat.match(/^cpu\d/gm);
  return running && processors ? Number(running[1]) / processors.length : undefined;
}

/** Machine remembers how busy the machine has been, in seconds that each have an end and a mean of threads. */
export class Machine {
  seconds = [];

  /** overloaded reports whether the machine was overloaded in an interval of performance.now(). */
  overloaded(from, to) {
    const during = this.seconds.filter(({ ended }) => ended >= from && ended - 1000 <= to);
    const busy = during.filter(({ threads }) => threads >= overloadedAt);
    return busy.length > 0 && busy.length >= overloadedShare * during.length;
  }
}

/** watchMachine measures ten times a second. Where /proc/stat cannot be read, no machine is ever overloaded. */
export function watchMachine() {
  const machine = new Machine();
  let began = performance.now();
  let samples = [];
  setInterval(() => {
    const threads = threadsPerProcessor(stat());
    if (threads !== undefined) samples.push(threads);
    const ended = performance.now();
    if (samples.length === 0 || ended - began < 1000) return;
    machine.seconds.push({ ended, threads: samples.reduce((a, b) => a + b) / samples.length });
    [began, samples] = [ended, []];
  }, 100).unref();
  return machine;
}

function stat() {
  try {
    return readFileSync('/proc/stat', 'utf8');
  } catch {
    return '';
  }
}
