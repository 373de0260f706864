/**
 * The accepted connections of all listeners. `admission/admission.ts` decides on slots; this file handles the sockets.
 * It reads the first bytes of a caller until its dialect is known, then hands it to the node or answers BUSY.
 */
import type { Socket } from 'node:net';
import { MessageChannel } from 'node:worker_threads';
import type { Carries, DialectName } from '../../dialects/dialect.js';
import { parseConnectionId, type ConnectionId } from '../../ids.js';
import { transport } from './limits.js';
import { admission as limits } from '../../admission/limits.js';
import { Admission, type Verdict } from '../../admission/admission.js';
import { EventTurn } from './event-turn.js';
import { LogTally } from '../../runtime/log-tally.js';
import { areWords, dialectOf, readFirstBytes } from '../../admission/first-bytes.js';
import type { Hello, Unheard, UnknownOpening } from '../../admission/first-bytes.js';
import { hostOf } from '../../wire/address-space.js';
import { Refusals } from './busy.js';
import { evict, Farewells } from './farewell.js';
import { newCounts, type AcceptedCaller, type AcceptEvents, type AcceptOptions } from './caller.js';
import { EagerSources, unseated } from '../../admission/spare-seats.js';
import { joinSocket } from './socket.js';
import { crowdedOut, mayBeOlderProgram, isPatienceOver, pauseMs } from '../../admission/queues.js';
import type { AcceptStats } from './protocol.js';

/** The pool of accepted sockets. */
export class AcceptPool {
  readonly #options: AcceptOptions;
  readonly #events: AcceptEvents;
  readonly #admission: Admission;
  readonly #callers = new Map<ConnectionId, AcceptedCaller>();
  readonly #counts = newCounts();
  readonly #unheard = new LogTally<Unheard>(transport.errorLogEveryMs);
  /** Callers whose first bytes became known in this turn of the event loop. */
  readonly #known = new EventTurn<readonly [AcceptedCaller, Hello]>(
    ([caller]) => caller.serial,
    ([caller, hello]) => this.#spoke(caller, hello),
  );
  readonly #isForeignSpoken: boolean;
  #isServePlanned = false;
  readonly #eager = new EagerSources();
  readonly #refusals = new Refusals();
  readonly #farewells = new Farewells();
  #dueTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: AcceptOptions, events: AcceptEvents) {
    this.#options = options;
    this.#events = events;
    this.#isForeignSpoken = options.enabled.size > 1;
    this.#admission = new Admission({ ...options, nowMs: options.now() });
  }

  stats(): AcceptStats {
    const { serial: _serial, ...counts } = this.#counts;
    return { ...counts, inboundNow: this.#admission.taken, unheard: this.#unheard.counts() };
  }

  know = (addresses: readonly string[], ticketIds: readonly string[]): void =>
    this.#admission.know(addresses, ticketIds);

  authenticated(id: ConnectionId, isContact: boolean, carries: Carries): void {
    this.#admission.authenticated(id, isContact, carries, this.#options.now());
    this.#planServe();
    this.#arm();
  }

  close(id: ConnectionId, reason: string, penaltyMs: number): void {
    const caller = this.#callers.get(id);
    if (!caller) return;
    this.#admission.penalise(caller.address, penaltyMs, this.#options.now());
    if (caller.joint) caller.joint.end(reason);
    else this.#drop(caller);
  }

  closeAll(reason: string): void {
    this.#isClosed = true;
    clearTimeout(this.#dueTimer);
    for (const caller of this.#callers.values()) {
      if (caller.joint) caller.joint.destroy(reason);
      else this.#drop(caller);
    }
  }

  /** Takes an accepted connection. `spoken`: the dialect of its port; `sniffed`: the first bytes decide. */
  welcome(socket: Socket, spoken: DialectName | 'sniffed'): void {
    // Before anything else: an `error` event without a listener would end the thread.
    socket.on('error', () => undefined);
    const address = hostOf(socket.remoteAddress ?? '');
    const serial = (this.#counts.serial += 1);
    const parsed = parseConnectionId(`in-${serial}`);
    const isRefused = address === '' || this.#isClosed || !this.#options.isWelcome(address);
    if (isRefused || parsed.isErr()) return void socket.destroy();
    const isForeign = spoken !== 'sniffed' && spoken !== 'native';
    const nowMs = this.#options.now();
    const caller: AcceptedCaller = {
      id: parsed.value,
      serial,
      address,
      remotePort: socket.remotePort ?? 0,
      acceptedAtMs: nowMs,
      isEager: this.#eager.arrives(address, nowMs),
      hello: isForeign ? { type: 'foreign', dialect: spoken } : null,
      socket,
      stage: 'waiting',
      first: new Uint8Array(0),
      joint: null,
      waitTimer: undefined,
      asks: 0,
      unhear: () => undefined,
    };
    if (!this.#holds(caller)) return;
    this.#callers.set(caller.id, caller);
    socket.on('close', () => {
      if (caller.stage === 'joined') return;
      this.#countUnheard(caller);
      this.#forget(caller);
    });
    // A caller of known dialect waits unread, so that no bytes pile up.
    if (caller.hello === null) this.#hear(caller);
    else socket.pause();
    this.#enter(caller);
  }

  /** Asks for a slot, and waits for one where the queue has room. */
  #enter(caller: AcceptedCaller): void {
    const verdict = this.#request(caller);
    if (verdict.type !== 'wait' || this.#makeRoom(caller)) this.#settle(caller, verdict);
  }

  /**
   * Whether one more connection may be held: one beyond the slots, callers that get BUSY included, and none while a
   * slot is free, since each newcomer is held until it is reset. Otherwise one is reset: the newcomer, or one with
   * less claim to stay. Where foreign programs may call, callers wait in queues: such a program loses its message
   * when it is reset.
   */
  #holds(caller: AcceptedCaller): boolean {
    if (this.#isForeignSpoken || this.#hasSeat()) return true;
    this.#refusals.cut();
    if (this.#hasSeat()) return true;
    const holders = [...this.#callers.values()].filter(({ stage }) => stage === 'waiting');
    const leaver = unseated(holders, caller, caller.acceptedAtMs);
    this.#counts.crowdedOut += 1;
    this.#reset(leaver);
    return leaver !== caller;
  }

  #hasSeat(): boolean {
    const heldMost = Math.max(this.#options.connectionsMax, this.#admission.taken + 1);
    return this.#callers.size + this.#refusals.count < heldMost;
  }

  /** Whether the caller may wait. A full queue drops it, or a caller of an address that has more of them. */
  #makeRoom(caller: AcceptedCaller): boolean {
    if (!this.#isForeignSpoken) return true;
    const others = [...this.#callers.values()].filter((each) => each !== caller && each.stage === 'waiting');
    const leaver = crowdedOut(others, caller);
    if (leaver === null) return true;
    this.#counts.crowdedOut += 1;
    this.#tellTurnedAway(leaver);
    this.#forget(leaver);
    this.#farewells.turnAway(leaver.socket, leaver.hello);
    return leaver !== caller;
  }

  /** Collects bytes until the dialect is known. */
  #hear(caller: AcceptedCaller): void {
    const { socket } = caller;
    const onData = (chunk: Buffer): void => {
      caller.first =
        caller.first.byteLength === 0 ? new Uint8Array(chunk) : Buffer.concat([caller.first, chunk]);
      const read = readFirstBytes(caller.first, this.#options.enabled);
      if (read.type === 'need-more') return;
      caller.unhear();
      socket.pause();
      if (read.type === 'unknown') this.#dropUnknown(caller, read);
      else this.#known.add([caller, read]);
    };
    // The caller ended before its dialect was known.
    const onEnd = (): void => void socket.destroy();
    socket.on('data', onData).on('end', onEnd);
    caller.unhear = () => socket.off('data', onData).off('end', onEnd);
  }

  #dropUnknown(caller: AcceptedCaller, { reason }: UnknownOpening): void {
    const { address: host, remotePort: port, first } = caller;
    const nowMs = this.#options.now();
    this.#admission.madeNoSense(host, nowMs);
    if (areWords(first)) this.#events.onWordsLost(host, reason === 'dialect-off');
    this.#unheard.note(reason, nowMs, (count) => this.#events.onUnknown({ host, port }, reason, count));
    this.#drop(caller);
  }

  /** Counts a caller that ended unheard, without a log line: port scans and peers that give up are common. */
  #countUnheard(caller: AcceptedCaller): void {
    if (caller.hello !== null || !this.#callers.has(caller.id)) return;
    this.#unheard.count(caller.first.byteLength === 0 ? 'silent' : 'cut');
    if (areWords(caller.first)) this.#events.onWordsLost(caller.address, false);
  }

  #spoke(caller: AcceptedCaller, hello: Hello): void {
    if (!this.#callers.has(caller.id)) return;
    caller.hello = hello;
    if (caller.stage !== 'waiting') {
      const verdict = this.#admission.spoke(caller.id, hello, this.#options.now());
      if (verdict.type !== 'wait') return this.#settle(caller, verdict);
      this.#sendBack(caller);
      this.#planServe();
    }
    // An older program moves to the other queue.
    if (hello.type === 'foreign') this.#enter(caller);
    else this.#ask(caller);
  }

  /** Puts a caller that lost its slot back into the queue. */
  #sendBack(caller: AcceptedCaller): void {
    caller.stage = 'waiting';
    clearTimeout(caller.waitTimer);
    caller.waitTimer = setTimeout(() => this.#askAgain(caller), limits.waitMs);
  }

  #ask = (caller: AcceptedCaller): void => this.#settle(caller, this.#request(caller));

  /** Asks admission. A caller whose turn comes first asks first. */
  #request(caller: AcceptedCaller): Verdict {
    for (;;) {
      const verdict = this.#admission.request(caller, this.#options.now());
      if (verdict.type !== 'wait' || verdict.first === null) return verdict;
      const first = this.#callers.get(verdict.first);
      if (first === undefined) return verdict;
      this.#ask(first);
      if (this.#isWaiting(first)) return verdict;
    }
  }

  #isWaiting = (caller: AcceptedCaller): boolean =>
    caller.stage === 'waiting' && this.#callers.has(caller.id);

  #settle(caller: AcceptedCaller, verdict: Verdict): void {
    switch (verdict.type) {
      case 'serve':
        this.#slot(caller);
        if (verdict.evict !== null) this.#evict(verdict.evict);
        if (caller.hello !== null) this.#join(caller, caller.hello);
        this.#arm();
        return;
      case 'wait':
        if (verdict.slotWanted !== null) this.#events.onSlotWanted(verdict.slotWanted);
        // A conversation that is asked to end has a deadline from now on.
        if (verdict.slotWanted !== null) this.#arm();
        caller.waitTimer ??= setTimeout(
          () => this.#askAgain(caller),
          pauseMs(caller, this.#options.now() - caller.acceptedAtMs),
        );
        return;
      case 'refuse':
        this.#refuse(caller);
    }
  }

  #askAgain(caller: AcceptedCaller): void {
    if (!this.#isWaiting(caller)) return;
    caller.waitTimer = undefined;
    caller.asks += 1;
    const nowMs = this.#options.now();
    const verdict = this.#request(caller);
    const isSlotComing = (): boolean => this.#admission.isSlotComing(caller, nowMs);
    const isOver = isPatienceOver(caller, this.#options.enabled, isSlotComing, nowMs);
    if (verdict.type === 'wait' && isOver) this.#refuse(caller);
    else this.#settle(caller, verdict);
  }

  /** Whether it may be an older program, which would take BUSY for text. */
  #mayBeForeign = (caller: AcceptedCaller): boolean => mayBeOlderProgram(caller, this.#options.enabled);

  #slot(caller: AcceptedCaller): void {
    clearTimeout(caller.waitTimer);
    if (caller.stage !== 'waiting') return;
    caller.stage = 'heard';
    this.#counts.accepted += 1;
    this.#counts.inboundMost = Math.max(this.#counts.inboundMost, this.#admission.taken);
  }

  #join(caller: AcceptedCaller, hello: Hello): void {
    const { socket } = caller;
    caller.stage = 'joined';
    const channel = new MessageChannel();
    caller.joint = joinSocket(socket, channel.port1, caller.first, {
      onOpened: () => this.#admission.opened(caller.id, this.#options.now()),
      onAnswered: () => {
        this.#admission.answered(caller.id, this.#options.now());
        this.#planServe();
      },
      onHeard: () => this.#admission.firstBytes(caller.id, 'unread', this.#options.now()),
      onRead: () => this.#admission.firstBytes(caller.id, 'read', this.#options.now()),
      onActive: () => this.#admission.active(caller.id, this.#options.now()),
      onOver: () => this.#forget(caller),
    });
    caller.first = new Uint8Array(0);
    const isTaken = this.#events.onAccepted({
      connectionId: caller.id,
      dialect: dialectOf(hello),
      remoteAddress: caller.address,
      remotePort: caller.remotePort,
      port: channel.port2,
    });
    if (!isTaken) caller.joint.destroy('refused');
  }

  /** Closes a connection whose slot another caller already has. */
  #evict(id: ConnectionId): void {
    const caller = this.#callers.get(id);
    if (!caller) return;
    this.#counts.evicted += 1;
    this.#events.onTrace('transport.evicted', { address: caller.address });
    if (caller.joint) evict(caller.socket, caller.joint, caller.hello);
    // A silent caller may be a slow older program, which could not come back.
    else if (caller.hello === null && this.#mayBeForeign(caller)) this.#sendBack(caller);
    else this.#refuse(caller);
  }

  /** Answers BUSY to a native caller. A caller that is refused while another one gets its BUSY is reset. */
  #refuse(caller: AcceptedCaller): void {
    const { socket } = caller;
    this.#counts.refusedBusy += 1;
    this.#tellTurnedAway(caller);
    caller.unhear();
    this.#forget(caller);
    if (this.#mayBeForeign(caller)) return this.#farewells.turnAway(socket, caller.hello);
    this.#refusals.cut();
    if (this.#refusals.count > 0) this.#reset(caller);
    else this.#refusals.refuse(socket, this.#options.random());
  }

  /** Resets the connection, so that its caller knows at once and nothing of the connection stays. */
  #reset(caller: AcceptedCaller): void {
    this.#counts.reset += 1;
    caller.socket.resetAndDestroy();
    this.#forget(caller);
  }

  #tellTurnedAway({ address: host, remotePort: port, hello }: AcceptedCaller): void {
    if (hello?.type === 'foreign') this.#events.onTurnedAway({ host, port }, hello.dialect);
  }

  #drop(caller: AcceptedCaller): void {
    caller.socket.destroy();
    this.#forget(caller);
  }

  #forget(caller: AcceptedCaller): void {
    clearTimeout(caller.waitTimer);
    if (!this.#callers.delete(caller.id)) return;
    this.#admission.left(caller.id, this.#options.now());
    // A waiting caller holds no slot.
    if (caller.stage === 'waiting') return;
    this.#planServe();
    this.#arm();
  }

  /** Plans a round of requests. Not at once: the present call may be giving the slot away. */
  #planServe(): void {
    if (this.#isServePlanned) return;
    this.#isServePlanned = true;
    queueMicrotask(() => this.#serveWaiting());
  }

  /** Lets waiting callers ask again. */
  #serveWaiting(): void {
    this.#isServePlanned = false;
    if (this.#isClosed) return;
    for (const id of this.#admission.inTurn()) {
      if (this.#admission.taken >= this.#options.connectionsMax) return;
      const caller = this.#callers.get(id);
      if (caller !== undefined && this.#isWaiting(caller)) this.#ask(caller);
    }
  }

  /** Sets the one timer of all deadlines. After a standstill the bytes that came in time are read before it acts. */
  #arm(): void {
    clearTimeout(this.#dueTimer);
    const dueMs = this.#admission.nextDueMs();
    if (dueMs === null || this.#isClosed) return;
    this.#dueTimer = setTimeout(() => setImmediate(this.#endDue), Math.max(1, dueMs - this.#options.now()));
  }

  #endDue = (): void => {
    const nowMs = this.#options.now();
    for (const { id, reason } of this.#admission.due(nowMs)) {
      const caller = this.#callers.get(id);
      if (!caller) continue;
      this.#events.onTrace('transport.due', { address: caller.address, reason });
      this.#countUnheard(caller);
      if (reason === 'deadline') this.#admission.madeNoSense(caller.address, nowMs);
      if (caller.joint) caller.joint.destroy(reason);
      else this.#drop(caller);
    }
    this.#arm();
  };
}
