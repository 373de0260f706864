/**
 * The costs that an address may cause before it has proved anything: handshakes (token buckets), and the time for
 * which it is refused after it misbehaved. Pure, bounded; time comes as an argument (monotonic ms).
 */
import { admission as limits } from './limits.js';

/** A bucket of tokens that refills steadily up to `burst`. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #atMs: number;

  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#atMs = nowMs;
  }

  /** Whether one token may be taken while `reserved` others stay. `speed`: factor of the rate since the last call. */
  has(nowMs: number, reserved = 0, speed = 1): boolean {
    const elapsedMs = Math.max(0, nowMs - this.#atMs);
    this.#tokens = Math.min(this.#burst, this.#tokens + (elapsedMs / 1_000) * this.#perSecond * speed);
    this.#atMs = Math.max(this.#atMs, nowMs);
    return this.#tokens >= 1 + reserved;
  }

  /** Takes one token; the caller asked `has` before. */
  take(): void {
    this.#tokens -= 1;
  }
}

/** A map of at most `max` keys that forgets the least recently used one first. */
export class RecentMap<Value> {
  readonly #values = new Map<string, Value>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#values.size;
  }

  get(key: string): Value | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    this.#values.delete(key);
    this.#values.set(key, value);
    return value;
  }

  /** Reads a value without counting as a use. */
  peek(key: string): Value | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: Value): void {
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size <= this.#max) return;
    const oldest = this.#values.keys().next();
    if (oldest.done !== true) this.#values.delete(oldest.value);
  }

  delete(key: string): void {
    this.#values.delete(key);
  }
}

/** Counts the connections of each source that made no sense. After `nonsenseForgottenMs` without one the count starts again. */
export class Nonsense {
  readonly #seen = new RecentMap<{ readonly count: number; readonly atMs: number }>(limits.addressesMax);

  readonly #free: number;

  /** `free`: number of them that cost a source nothing. */
  constructor(free: number) {
    this.#free = free;
  }

  /** Counts one more, and returns the penalty of its source. */
  penaltyMs(source: string, nowMs: number): number {
    const known = this.#seen.get(source);
    const isRecent = known !== undefined && nowMs - known.atMs < limits.nonsenseForgottenMs;
    const count = isRecent ? known.count + 1 : 1;
    this.#seen.set(source, { count, atMs: nowMs });
    return count > this.#free ? limits.penaltyNoAuthenticationMs : 0;
  }
}

/**
 * The standing of a caller: `ticket` resumes with a ticket of ours, `known` calls from an address where a contact was
 * proved.
 */
export type Standing = 'ticket' | 'known' | 'stranger';

/** The budget of handshakes: per address, and over all. */
export class HandshakeBudget {
  readonly #perAddress = new RecentMap<TokenBucket>(limits.addressesMax);
  readonly #total: TokenBucket;
  readonly #resumes: TokenBucket;

  constructor(nowMs: number) {
    this.#total = new TokenBucket(limits.handshakesPerSecond, limits.handshakesBurst, nowMs);
    this.#resumes = new TokenBucket(limits.resumesPerSecond, limits.resumesBurst, nowMs);
  }

  /**
   * Says whether a handshake can be paid for. `later`: the total budget is used up; `spent`: that of this address is.
   * `speed`: factor of the total rate, as quick as the machine is.
   */
  stateOf(source: string, standing: Standing, nowMs: number, speed = 1): 'there' | 'later' | 'spent' {
    if (standing === 'ticket') return this.#resumes.has(nowMs) ? 'there' : 'later';
    if (!this.#bucketOf(source, nowMs).has(nowMs)) return 'spent';
    const reserved = standing === 'known' ? 0 : limits.handshakesReserved;
    return this.#total.has(nowMs, reserved, speed) ? 'there' : 'later';
  }

  /** Takes the cost of one handshake; the caller asked `stateOf` before. */
  take(source: string, standing: Standing, nowMs: number): void {
    if (standing === 'ticket') return this.#resumes.take();
    this.#bucketOf(source, nowMs).take();
    this.#total.take();
  }

  #bucketOf(source: string, nowMs: number): TokenBucket {
    const known = this.#perAddress.get(source);
    if (known) return known;
    const fresh = new TokenBucket(
      limits.handshakesPerAddressPerSecond,
      limits.handshakesPerAddressBurst,
      nowMs,
    );
    this.#perAddress.set(source, fresh);
    return fresh;
  }
}

/** The penalised addresses, each with the end of its penalty. Penalties of one address add up. */
export class Penalties {
  readonly #untilMs = new RecentMap<number>(limits.addressesMax);

  add(source: string, penaltyMs: number, isLoopback: boolean, nowMs: number): void {
    if (penaltyMs <= 0) return;
    const mostMs = isLoopback ? limits.penaltyLoopbackMostMs : limits.penaltyMostMs;
    const fromMs = Math.max(nowMs, this.#untilMs.get(source) ?? 0);
    this.#untilMs.set(source, Math.min(fromMs + penaltyMs, nowMs + mostMs));
  }

  isIn(source: string, nowMs: number): boolean {
    const untilMs = this.#untilMs.get(source);
    if (untilMs === undefined) return false;
    if (untilMs > nowMs) return true;
    this.#untilMs.delete(source);
    return false;
  }
}
