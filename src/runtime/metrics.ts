/** Counters of one actor, cheap enough for every message, and the memory of one thread. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Latencies in buckets that grow by a quarter of a power of two, so a percentile is exact to about 20 %. */
export class LatencyHistogram {
  readonly #buckets = new Uint32Array(bucketsMax);
  #count = 0;
  #maxMs = 0;

  add(ms: number): void {
    const position = Math.floor(Math.log2(Math.max(ms, floorMs) / floorMs) * bucketsPerDoubling);
    const bucket = Math.min(position, bucketsMax - 1);
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    this.#count += 1;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  /** Upper edge of the bucket in which the given part of all values lies, ms; 0 without values. */
  percentileMs(part: number): number {
    let left = Math.ceil(this.#count * part);
    if (left === 0) return 0;
    for (let bucket = 0; bucket < bucketsMax; bucket += 1) {
      left -= this.#buckets[bucket] ?? 0;
      if (left <= 0) return Math.min(this.#maxMs, floorMs * 2 ** ((bucket + 1) / bucketsPerDoubling));
    }
    return this.#maxMs;
  }

  get maxMs(): number {
    return this.#maxMs;
  }
}

/** From a quarter of a microsecond up to about a quarter of an hour. */
const floorMs = 0.000_25;
const bucketsPerDoubling = 4;
const bucketsMax = 128;

/** A count and its rate over the last full second or more. */
export class Rate {
  #total = 0;
  #mark = { total: 0, atMs: performance.now() };
  #perSecond = 0;

  add(count: number): void {
    this.#total += count;
  }

  get total(): number {
    return this.#total;
  }

  perSecond(nowMs: number): number {
    const passedMs = nowMs - this.#mark.atMs;
    if (passedMs >= rateWindowMs) {
      this.#perSecond = ((this.#total - this.#mark.total) * 1_000) / passedMs;
      this.#mark = { total: this.#total, atMs: nowMs };
    }
    return this.#perSecond;
  }
}

const rateWindowMs = 1_000;

export interface ActorStats {
  readonly id: string;
  readonly mailboxDepth: number;
  /** Senders that are linked to it. */
  readonly linksIn: number;
  readonly handled: number;
  readonly handledPerSecond: number;
  /** How long handlers took, waiting for promises included. Of long batches every sixteenth is measured. */
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly restarts: number;
}

export class ActorMeter {
  readonly #rate = new Rate();
  readonly #latency = new LatencyHistogram();

  handled(count: number): void {
    this.#rate.add(count);
  }

  took(ms: number): void {
    this.#latency.add(ms);
  }

  stats(id: string, mailboxDepth: number, linksIn: number, restarts: number, nowMs: number): ActorStats {
    return {
      id,
      mailboxDepth,
      linksIn,
      handled: this.#rate.total,
      handledPerSecond: this.#rate.perSecond(nowMs),
      latencyMs: {
        p50: this.#latency.percentileMs(0.5),
        p99: this.#latency.percentileMs(0.99),
        max: this.#latency.maxMs,
      },
      restarts,
    };
  }
}

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

/** At once, in the calling thread. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  if (typeof gc === 'function') gc();
}
