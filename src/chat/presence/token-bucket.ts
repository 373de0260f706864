/** A token bucket on a clock that is an argument: `burst` tokens at once, `ratePerSecond` on average. */

/** A budget of events. */
export interface TokenBucket {
  /** Takes one token where there is one, and returns whether it did. `nowMs` is monotonic. */
  take(nowMs: number): boolean;
}

/** Creates a full bucket. */
export function createTokenBucket(ratePerSecond: number, burst: number): TokenBucket {
  let tokens = burst;
  let filledAtMs = Number.NEGATIVE_INFINITY;
  return {
    take(nowMs) {
      if (nowMs > filledAtMs) {
        tokens = Math.min(burst, tokens + ((nowMs - filledAtMs) / 1_000) * ratePerSecond);
        filledAtMs = nowMs;
      }
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
