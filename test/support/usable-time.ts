/**
 * A clock for claims about a quiet machine that are checked on a busy one. The time by which a timer of this process is
 * late is not counted, unless the process itself used it: what is slow for lack of a processor does not look slow, what
 * waits, sleeps or computes for too long does.
 */
const everyMs = 10;
/** A timer is this late on a quiet machine. */
const lateMs = 2;
const usPerMs = 1_000;

let countedMs = 0;
let atMs = performance.now();
let cpuMs = ownCpuMs();

/** Processor time of this process: how long a computation takes, whatever else the machine does. */
export function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / usPerMs;
}

/** In place of `performance.now()`; only differences mean something. */
export function usableNowMs(): number {
  const [nowMs, nowCpuMs] = [performance.now(), ownCpuMs()];
  countedMs += Math.min(nowMs - atMs, Math.max(everyMs + lateMs, nowCpuMs - cpuMs));
  [atMs, cpuMs] = [nowMs, nowCpuMs];
  return countedMs;
}

const tick = (): void => {
  usableNowMs();
  setTimeout(tick, everyMs).unref();
};
tick();
