/** Counters of one actor, cheap enough for every message, and the memory of one thread. */
import { createHistogram } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** A latency is counted as at most this: an hour. */
const latencyMaxNs = 3.6e12;
const nsPerMs = 1e6;

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
  /** In ns. One significant figure: a percentile is exact to some 6 %, and the histogram takes 13 KB. */
  readonly #latency = createHistogram({ lowest: 1, highest: latencyMaxNs, figures: 1 });

  handled(count: number): void {
    this.#rate.add(count);
  }

  took(ms: number): void {
    this.#latency.record(Math.min(Math.max(1, Math.round(ms * nsPerMs)), latencyMaxNs));
  }

  stats(id: string, mailboxDepth: number, linksIn: number, restarts: number, nowMs: number): ActorStats {
    return {
      id,
      mailboxDepth,
      linksIn,
      handled: this.#rate.total,
      handledPerSecond: this.#rate.perSecond(nowMs),
      latencyMs: {
        p50: this.#latency.percentile(50) / nsPerMs,
        p99: this.#latency.percentile(99) / nsPerMs,
        max: this.#latency.max / nsPerMs,
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
