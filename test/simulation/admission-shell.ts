/**
 * The accept pool of a simulated node: the real policy of `src/admission`, and around it what
 * `src/actors/transport/accept.ts` does with sockets, with connections in memory and virtual time. Only the native
 * dialect is served.
 */
import assert from 'node:assert/strict';
import { Admission, type Verdict } from '../../src/admission/admission.js';
import { readFirstBytes, type Hello } from '../../src/admission/first-bytes.js';
import { admission as limits } from '../../src/admission/limits.js';
import { patienceMs, pauseMs } from '../../src/admission/queues.js';
import { EagerSources, unseated } from '../../src/admission/spare-seats.js';
import { parseConnectionId, type ConnectionId } from '../../src/ids.js';
import type { VirtualClock } from './clock.js';
import type { ConnectionEnd, EndHandlers } from './network.js';

interface Caller {
  readonly id: ConnectionId;
  readonly address: string;
  readonly acceptedAtMs: number;
  readonly isEager: boolean;
  readonly end: ConnectionEnd;
  hello: Hello | null;
  stage: 'waiting' | 'heard' | 'joined';
  /** Bytes that came before a session listens. */
  early: Uint8Array[];
  endedBy: string | null;
  isRoundPlanned: boolean;
  session: EndHandlers | null;
}

export interface AdmissionShellOptions {
  readonly clock: VirtualClock;
  readonly random: () => number;
  readonly busy: (retryAfterMs: number) => Uint8Array;
  readonly accepted: (connectionId: ConnectionId, end: ConnectionEnd) => void;
  readonly slotWanted: (connectionId: ConnectionId) => void;
}

const nativeAlone = new Set(['native'] as const);

export class AdmissionShell {
  readonly #options: AdmissionShellOptions;
  readonly #admission: Admission;
  readonly #callers = new Map<ConnectionId, Caller>();
  readonly #eager = new EagerSources();
  #serial = 0;
  #isServePlanned = false;
  #dueAtMs = Number.POSITIVE_INFINITY;
  #isOver = false;

  constructor(options: AdmissionShellOptions) {
    this.#options = options;
    this.#admission = new Admission({
      connectionsMax: limits.connectionsMax,
      nowMs: options.clock.nowMs,
    });
  }

  get inbound(): readonly ConnectionId[] {
    return [...this.#callers.values()].filter(({ stage }) => stage === 'joined').map(({ id }) => id);
  }

  know(hosts: readonly string[], ticketIds: readonly string[]): void {
    this.#admission.know(hosts, ticketIds);
  }

  authenticated(id: ConnectionId, isContact: boolean): void {
    this.#admission.authenticated(id, isContact, 'session', this.#now);
    this.#planServe();
    this.#arm();
  }

  /** False: no accepted connection has this id. */
  close(id: ConnectionId, penaltyMs: number): boolean {
    const caller = this.#callers.get(id);
    if (caller === undefined) return false;
    this.#admission.penalise(caller.address, penaltyMs, this.#now);
    this.#drop(caller, 'closed');
    return true;
  }

  closeAll(isHeard: boolean): void {
    this.#isOver = true;
    for (const { end } of this.#callers.values()) {
      if (isHeard) end.finish();
      else end.vanish();
    }
    this.#callers.clear();
  }

  welcome(end: ConnectionEnd): void {
    this.#serial += 1;
    const address = end.remote.host;
    const nowMs = this.#now;
    const caller: Caller = {
      id: parseConnectionId(`in-${this.#serial}`)._unsafeUnwrap(),
      address,
      acceptedAtMs: nowMs,
      isEager: this.#eager.arrives(address, nowMs),
      end,
      hello: null,
      stage: 'waiting',
      early: [],
      endedBy: null,
      isRoundPlanned: false,
      session: null,
    };
    if (!this.#holds(caller)) return;
    this.#callers.set(caller.id, caller);
    end.listen({
      onBytes: (bytes) => this.#heard(caller, bytes),
      onEnd: (reason) => this.#ended(caller, reason),
    });
    this.#settle(caller, this.#request(caller));
    const held = this.#callers.size;
    assert.ok(
      this.#admission.taken <= limits.connectionsMax,
      `${this.#admission.taken} slots are taken (B1)`,
    );
    assert.ok(held <= limits.connectionsMax + 1, `${held} connections are held (B1)`);
  }

  get #now(): number {
    return this.#options.clock.nowMs;
  }

  #holds(caller: Caller): boolean {
    const heldMost = Math.max(limits.connectionsMax, this.#admission.taken + 1);
    if (this.#callers.size < heldMost) return true;
    const holders = [...this.#callers.values()].filter(({ stage }) => stage === 'waiting');
    const leaver = unseated(holders, caller, caller.acceptedAtMs);
    this.#drop(leaver, 'reset');
    return leaver !== caller;
  }

  #heard(caller: Caller, bytes: Uint8Array): void {
    this.#admission.active(caller.id, this.#now);
    if (caller.session !== null) return caller.session.onBytes(bytes);
    caller.early.push(bytes);
    if (caller.hello !== null || !this.#callers.has(caller.id)) return;
    const read = readFirstBytes(Buffer.concat(caller.early), nativeAlone);
    if (read.type === 'need-more') return;
    if (read.type === 'unknown') {
      this.#admission.madeNoSense(caller.address, this.#now);
      return this.#drop(caller, 'unknown');
    }
    caller.hello = read;
    if (caller.stage !== 'waiting') {
      const verdict = this.#admission.spoke(caller.id, read, this.#now);
      if (verdict.type !== 'wait') return this.#settle(caller, verdict);
      caller.stage = 'waiting';
      this.#planServe();
    }
    this.#settle(caller, this.#request(caller));
  }

  #ended(caller: Caller, reason: string): void {
    caller.endedBy = reason;
    this.#forget(caller);
    caller.session?.onEnd(reason);
  }

  #request(caller: Caller): Verdict {
    for (;;) {
      const verdict = this.#admission.request(caller, this.#now);
      if (verdict.type !== 'wait' || verdict.first === null) return verdict;
      const first = this.#callers.get(verdict.first);
      if (first === undefined) return verdict;
      this.#settle(first, this.#request(first));
      if (first.stage === 'waiting' && this.#callers.has(first.id)) return verdict;
    }
  }

  #settle(caller: Caller, verdict: Verdict): void {
    switch (verdict.type) {
      case 'serve':
        if (caller.stage === 'waiting') caller.stage = 'heard';
        if (verdict.evict !== null) this.#evict(verdict.evict);
        if (caller.hello !== null) this.#join(caller);
        this.#arm();
        return;
      case 'wait':
        if (verdict.slotWanted !== null) this.#options.slotWanted(verdict.slotWanted);
        this.#planRound(caller, pauseMs(caller, this.#now - caller.acceptedAtMs));
        return;
      case 'refuse':
        this.#refuse(caller);
    }
  }

  #planRound(caller: Caller, afterMs: number): void {
    if (caller.isRoundPlanned) return;
    caller.isRoundPlanned = true;
    this.#options.clock.after(afterMs, () => {
      caller.isRoundPlanned = false;
      if (caller.stage !== 'waiting' || !this.#callers.has(caller.id)) return;
      const nowMs = this.#now;
      const verdict = this.#request(caller);
      const isSlotComing = (): boolean => this.#admission.isSlotComing(caller, nowMs);
      const patience = patienceMs(caller, nativeAlone, isSlotComing);
      if (verdict.type === 'wait' && nowMs - caller.acceptedAtMs >= patience) this.#refuse(caller);
      else this.#settle(caller, verdict);
    });
  }

  #join(caller: Caller): void {
    caller.stage = 'joined';
    this.#admission.opened(caller.id, this.#now);
    let isAnswered = false;
    this.#options.accepted(caller.id, {
      ...caller.end,
      write: (bytes) => {
        if (!isAnswered) {
          isAnswered = true;
          this.#admission.answered(caller.id, this.#now);
          this.#planServe();
        }
        this.#admission.active(caller.id, this.#now);
        caller.end.write(bytes);
      },
      finish: () => {
        caller.end.finish();
        this.#forget(caller);
      },
      reset: () => {
        caller.end.reset();
        this.#forget(caller);
      },
      vanish: () => {
        caller.end.vanish();
        this.#forget(caller);
      },
      listen: (handlers) => {
        caller.session = handlers;
        for (const bytes of caller.early.splice(0)) handlers.onBytes(bytes);
        if (caller.endedBy !== null) handlers.onEnd(caller.endedBy);
      },
    });
  }

  #evict(id: ConnectionId): void {
    const caller = this.#callers.get(id);
    if (caller === undefined) return;
    if (caller.stage === 'joined') this.#drop(caller, 'evicted');
    else this.#refuse(caller);
  }

  #refuse(caller: Caller): void {
    const { busyRetryMinS, busyRetryMaxS } = limits;
    const seconds = busyRetryMinS + Math.floor(this.#options.random() * (busyRetryMaxS - busyRetryMinS + 1));
    caller.end.write(this.#options.busy(seconds * 1_000));
    this.#drop(caller, 'busy');
  }

  #drop(caller: Caller, reason: string): void {
    if (reason === 'reset') caller.end.reset();
    else caller.end.finish();
    caller.endedBy ??= reason;
    this.#forget(caller);
    caller.session?.onEnd(reason);
  }

  #forget(caller: Caller): void {
    if (!this.#callers.delete(caller.id)) return;
    this.#admission.left(caller.id, this.#now);
    const { taken } = this.#admission;
    assert.ok(taken <= this.#callers.size, `${taken} slots for ${this.#callers.size} connections (B1)`);
    if (caller.stage === 'waiting') return;
    this.#planServe();
    this.#arm();
  }

  #planServe(): void {
    if (this.#isServePlanned) return;
    this.#isServePlanned = true;
    this.#options.clock.after(0, () => {
      this.#isServePlanned = false;
      if (this.#isOver) return;
      for (const id of this.#admission.inTurn()) {
        if (this.#admission.taken >= limits.connectionsMax) return;
        const caller = this.#callers.get(id);
        if (caller?.stage === 'waiting') this.#settle(caller, this.#request(caller));
      }
    });
  }

  /** Plans the end of the connections whose time is over, unless an earlier look is planned. */
  #arm(): void {
    const atMs = this.#admission.nextDueMs();
    if (atMs === null || atMs >= this.#dueAtMs || this.#isOver) return;
    this.#dueAtMs = Math.max(atMs, this.#now + 1);
    const plannedMs = this.#dueAtMs;
    this.#options.clock.at(plannedMs, () => {
      if (plannedMs !== this.#dueAtMs || this.#isOver) return;
      this.#dueAtMs = Number.POSITIVE_INFINITY;
      for (const { id, reason } of this.#admission.due(this.#now)) {
        const caller = this.#callers.get(id);
        if (caller === undefined) continue;
        if (reason === 'deadline') this.#admission.madeNoSense(caller.address, this.#now);
        this.#drop(caller, reason);
      }
      this.#arm();
    });
  }
}
