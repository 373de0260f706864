/** Counters of one actor, cheap enough for every message, and the memory of one thread. */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const nsPerMs = 1e6;
const msPerSecond = 1_000;

/** A count and its rate over the last full second or more. */
export class Rate {
  #total = 0;
  #markTotal = 0;
  #markAtMs = performance.now();
  #perSecond = 0;

  add(count: number): void {
    this.#total += count;
  }

  get total(): number {
    return this.#total;
  }

  perSecond(nowMs: number): number {
    const passedMs = nowMs - this.#markAtMs;
    if (passedMs >= rateWindowMs) {
      this.#perSecond = ((this.#total - this.#markTotal) * msPerSecond) / passedMs;
      this.#markTotal = this.#total;
      this.#markAtMs = nowMs;
    }
    return this.#perSecond;
  }
}

const rateWindowMs = 1_000;

/** Figures of one actor. */
export interface ActorStats {
  readonly id: string;
  readonly mailboxDepth: number;
  /** Senders that are linked to it. */
  readonly linksIn: number;
  readonly handled: number;
  readonly handledPerSecond: number;
  /** Share of the last second in which a handler was at work or waited for a promise, 0 to 1; estimated like latencies. */
  readonly busyShare: number;
  /** How long handlers took, waiting for promises included. Of long batches every sixteenth is measured. */
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly restarts: number;
}

/** Buckets per doubling: a percentile is exact to some 9 %. */
const bucketsPerOctave = 8;

/** How long something took. Buckets that grow by a constant factor: a few hundred bytes, where Node's take 13 KB. */
export class Latencies {
  readonly #counts: number[] = [];
  #count = 0;
  #maxMs = 0;

  record(ms: number): void {
    const ns = Math.max(1, ms * nsPerMs);
    const bucket = Math.floor(Math.log2(ns) * bucketsPerOctave);
    while (this.#counts.length <= bucket) this.#counts.push(0);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count += 1;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  get maxMs(): number {
    return this.#maxMs;
  }

  /** Nearest rank; 0 without values. */
  percentileMs(percent: number): number {
    const rank = Math.max(1, Math.ceil((this.#count * percent) / 100));
    let seen = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count;
      // The upper end of the bucket, so that nothing looks faster than it was.
      if (count > 0 && seen >= rank)
        return Math.min(this.#maxMs, 2 ** ((bucket + 1) / bucketsPerOctave) / nsPerMs);
    }
    return 0;
  }
}

/** Of longer batches every sixteenth handler is timed: the clock costs as much as a small message. A mask. */
export const timedEvery = 15;

/** Counts the messages of one actor, and measures its handlers. */
export class ActorMeter {
  readonly #rate = new Rate();
  readonly #busyMs = new Rate();
  #latencies: Latencies | null = null;

  handled(count: number): void {
    this.#rate.add(count);
  }

  /** `depth`: messages that wait now. */
  took(ms: number, depth: number): void {
    this.#latencies ??= new Latencies();
    this.#latencies.record(ms);
    this.#busyMs.add(depth <= timedEvery ? ms : ms * (timedEvery + 1));
  }

  stats(id: string, mailboxDepth: number, linksIn: number, restarts: number, nowMs: number): ActorStats {
    return {
      id,
      mailboxDepth,
      linksIn,
      handled: this.#rate.total,
      handledPerSecond: this.#rate.perSecond(nowMs),
      busyShare: Math.min(1, this.#busyMs.perSecond(nowMs) / msPerSecond),
      latencyMs: {
        p50: this.#latencies?.percentileMs(50) ?? 0,
        p99: this.#latencies?.percentileMs(99) ?? 0,
        max: this.#latencies?.maxMs ?? 0,
      },
      restarts,
    };
  }
}

/** Memory of one thread, in bytes. */
export interface MemoryStats {
  readonly heapUsedBytes: number;
  readonly externalBytes: number;
  readonly arrayBuffersBytes: number;
}

/** Memory of the calling thread; resident memory is the process's own and tells nothing about one thread. */
export function threadMemory(): MemoryStats {
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return { heapUsedBytes: heapUsed, externalBytes: external, arrayBuffersBytes: arrayBuffers };
}

/** The memory for which a thread may be replaced. */
export type HeldMemory = Pick<MemoryStats, 'heapUsedBytes' | 'externalBytes'>;

/** As `threadMemory`, without the file of /proc that Node reads for it. Array buffers are part of what is external. */
export function heldMemory(): HeldMemory {
  const { used_heap_size: heapUsedBytes, external_memory: externalBytes } = getHeapStatistics();
  return { heapUsedBytes, externalBytes };
}

/** At once, in the calling thread. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  if (typeof gc === 'function') gc();
}

/** The heap of one thread at one beat. */
export interface HeapAtRest {
  readonly usedBytes: number;
  /** With the memory that V8 keeps for more. */
  readonly committedBytes: number;
  /** Part of the time since the beat before in which the thread worked, 0 to 1. */
  readonly busyShare: number;
}

/** When a heap is tidied. */
export const tidying = {
  /** Beats without work, some six seconds: more may follow at once. */
  quietBeats: 8,
  busyShareMax: 0.1,
  /** V8 keeps the young space as long as it remembers much work, so a first collection may free little. */
  triesMax: 2,
  /** Memory that V8 keeps unused: it keeps less than that without work. */
  slackBytesMin: 8 * 2 ** 20,
  /** A collection of this heap takes some 0.1 s; a larger one belongs to a program that may not want to wait. */
  usedBytesMax: 64 * 2 ** 20,
} as const;

/**
 * Decides when a thread that has worked gives memory back: V8 itself keeps what a flood made it take for minutes.
 * Pure.
 */
export class Tidiness {
  #quietBeats = 0;
  #tries = 0;
  /** The committed memory after the last try. Another try would free nothing before the heap outgrows it. */
  #leftBytes = 0;

  /** Takes the heap at a beat; returns whether to collect now. */
  isDue({ usedBytes, committedBytes, busyShare }: HeapAtRest): boolean {
    this.#quietBeats += 1;
    if (busyShare > tidying.busyShareMax) [this.#quietBeats, this.#tries] = [0, 0];
    if (this.#quietBeats < tidying.quietBeats || usedBytes > tidying.usedBytesMax) return false;
    const slackBytes = committedBytes - Math.max(usedBytes, this.#leftBytes);
    return slackBytes >= tidying.slackBytesMin;
  }

  tidied(committedBytes: number): void {
    this.#quietBeats = 0;
    this.#tries += 1;
    if (this.#tries >= tidying.triesMax) this.#leftBytes = committedBytes;
  }
}

/** Tidies the heap of the calling thread. `beat` is called at each beat. */
export class Tidier {
  readonly #tidiness = new Tidiness();
  #before = performance.eventLoopUtilization();

  beat(): void {
    const now = performance.eventLoopUtilization();
    const { utilization: busyShare } = performance.eventLoopUtilization(now, this.#before);
    this.#before = now;
    const { used_heap_size: usedBytes, total_heap_size: committedBytes } = getHeapStatistics();
    if (!this.#tidiness.isDue({ usedBytes, committedBytes, busyShare })) return;
    collectGarbage();
    this.#tidiness.tidied(getHeapStatistics().total_heap_size);
  }
}
