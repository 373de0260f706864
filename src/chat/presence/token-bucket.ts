/** A token bucket on a clock that is passed in: so many at once, so many per second on average. */

export interface TokenBucket {
  /** Takes one token if there is one. `nowMs` is monotonic. */
  take(nowMs: number): boolean;
}

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
