/**
 * The accepted connections of all listeners. Who gets a place is decided by `admission.ts`; here are the sockets: a
 * caller is heard until its first bytes tell what it speaks, then it is handed to the node, or it is told BUSY.
 */
import type { Socket } from 'node:net';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { DialectName } from '../../dialects/dialect.js';
import { parseConnectionId, type ConnectionId } from '../../ids.js';
import { transport } from './limits.js';
import { admission as limits } from '../../admission/limits.js';
import { Admission, type Caller, type Verdict } from '../../admission/admission.js';
import type { Carries } from '../../admission/slots.js';
import type { Address } from '../../wire/address.js';
import { EventTurn } from './event-turn.js';
import { FaultTally } from '../../runtime/log-tally.js';
import {
  dialectOf,
  readFirstBytes,
  type Hello,
  type Unheard,
  type UnknownOpening,
} from '../../admission/first-bytes.js';
import { plainAddress } from '../../wire/address-space.js';
import { sayBusy } from './busy.js';
import { joinSocket, type Joint } from './socket.js';
import { crowdedOut, mayBeOlderProgram, patienceMs, pauseMs } from '../../admission/queues.js';
import type { AcceptStats } from './protocol.js';

export interface AcceptedConnection {
  readonly connectionId: ConnectionId;
  readonly dialect: DialectName;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** The session's end of the stream; to be transferred. */
  readonly port: MessagePort;
}

export interface AcceptEvents {
  /** Returns false when nobody can take the connection. */
  onAccepted(connection: AcceptedConnection): boolean;
  onSlotWanted(connectionId: ConnectionId): void;
  onTrace(event: string, fields: Readonly<Record<string, unknown>>): void;
  /** First bytes that nobody here answers; `count`: how many there were so far for this reason. Told now and then. */
  onUnknown(caller: Address, reason: UnknownOpening['reason'], count: number): void;
}

export interface AcceptOptions {
  readonly connectionsMax: number;
  readonly enabled: ReadonlySet<DialectName>;
  readonly isWelcome: (address: string) => boolean;
  /** Monotonic ms. */
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
}

interface Line extends Caller {
  /** In the order in which they were accepted. */
  readonly serial: number;
  hello: Hello | null;
  readonly socket: Socket;
  readonly remotePort: number;
  /** `waiting`: no place yet. `heard`: has a place, its first bytes are awaited. `joined`: handed to the node. */
  stage: 'waiting' | 'heard' | 'joined';
  first: Uint8Array;
  joint: Joint | null;
  waitTimer: NodeJS.Timeout | undefined;
  /** Stops listening for first bytes. */
  unhear: () => void;
}

export class AcceptPool {
  readonly #options: AcceptOptions;
  readonly #events: AcceptEvents;
  readonly #admission: Admission;
  readonly #lines = new Map<ConnectionId, Line>();
  readonly #counts = { accepted: 0, refusedBusy: 0, evicted: 0, inboundMost: 0, crowdedOut: 0, serial: 0 };
  readonly #unheard = new FaultTally<Unheard>(transport.errorLogEveryMs);
  /** Whose first bytes became known. */
  readonly #known = new EventTurn<readonly [Line, Hello]>(
    ([line]) => line.serial,
    ([line, hello]) => this.#spoke(line, hello),
  );
  #isServePlanned = false;
  #refusalsLingering = 0;
  #dueTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: AcceptOptions, events: AcceptEvents) {
    this.#options = options;
    this.#events = events;
    this.#admission = new Admission({ connectionsMax: options.connectionsMax, nowMs: options.now() });
  }

  stats(): AcceptStats {
    const { serial: _serial, ...counts } = this.#counts;
    return { ...counts, inboundNow: this.#admission.taken, unheard: this.#unheard.counts() };
  }

  know(addresses: readonly string[], ticketIds: readonly string[]): void {
    this.#admission.know(addresses, ticketIds);
  }

  authenticated(id: ConnectionId, isContact: boolean, carries: Carries): void {
    this.#admission.authenticated(id, isContact, carries, this.#options.now());
    this.#planServe();
    this.#arm();
  }

  close(id: ConnectionId, reason: string, penaltyMs: number): void {
    const line = this.#lines.get(id);
    if (!line) return;
    this.#admission.penalise(line.address, penaltyMs, this.#options.now());
    if (line.joint) line.joint.end(reason);
    else this.#drop(line);
  }

  closeAll(reason: string): void {
    this.#isClosed = true;
    clearTimeout(this.#dueTimer);
    for (const line of this.#lines.values()) {
      if (line.joint) line.joint.destroy(reason);
      else this.#drop(line);
    }
  }

  /** A connection that a listener accepted. `spoken`: what that port speaks, or that the first bytes tell. */
  welcome(socket: Socket, spoken: DialectName | 'sniffed'): void {
    // Before anything else: an `error` without a listener would end the thread.
    socket.on('error', () => undefined);
    const address = plainAddress(socket.remoteAddress ?? '');
    const serial = (this.#counts.serial += 1);
    const parsed = parseConnectionId(`in-${serial}`);
    const isRefused = address === '' || this.#isClosed || !this.#options.isWelcome(address);
    const isLegacy = spoken !== 'sniffed' && spoken !== 'native';
    if (isRefused || parsed.isErr()) return void socket.destroy();
    const line: Line = {
      id: parsed.value,
      serial,
      address,
      remotePort: socket.remotePort ?? 0,
      acceptedAtMs: this.#options.now(),
      hello: isLegacy ? { type: 'legacy', dialect: spoken } : null,
      socket,
      stage: 'waiting',
      first: new Uint8Array(0),
      joint: null,
      waitTimer: undefined,
      unhear: () => undefined,
    };
    this.#lines.set(line.id, line);
    socket.on('close', () => {
      if (line.stage === 'joined') return;
      this.#countUnheard(line);
      this.#forget(line);
    });
    // Whose words are known waits unread, so that nothing piles up; others are heard.
    if (line.hello === null) this.#hear(line);
    else socket.pause();
    this.#enter(line);
  }

  /** Asks for a place, and waits for one where there is room to. */
  #enter(line: Line): void {
    const verdict = this.#request(line);
    if (verdict.type !== 'wait' || this.#makeRoom(line)) this.#settle(line, verdict);
  }

  /** Whether it may wait. Where too many do, somebody is closed: the newcomer, or who holds more than it. */
  #makeRoom(line: Line): boolean {
    const others = [...this.#lines.values()].filter((other) => other !== line && other.stage === 'waiting');
    const leaver = crowdedOut(others, line);
    if (leaver === null) return true;
    this.#counts.crowdedOut += 1;
    this.#drop(leaver);
    return leaver !== line;
  }

  /** Collects bytes until they tell what is spoken. */
  #hear(line: Line): void {
    const { socket } = line;
    const onData = (chunk: Buffer): void => {
      line.first = line.first.byteLength === 0 ? new Uint8Array(chunk) : Buffer.concat([line.first, chunk]);
      const read = readFirstBytes(line.first, this.#options.enabled);
      if (read.type === 'need-more') return;
      line.unhear();
      socket.pause();
      if (read.type === 'unknown') this.#dropUnknown(line, read);
      else this.#known.add([line, read]);
    };
    // It ended without a word that anybody could answer.
    const onEnd = (): void => {
      this.#countUnheard(line);
      this.#drop(line);
    };
    socket.on('data', onData).on('end', onEnd);
    line.unhear = () => socket.off('data', onData).off('end', onEnd);
  }

  #dropUnknown(line: Line, { reason }: UnknownOpening): void {
    const { address: host, remotePort: port } = line;
    const nowMs = this.#options.now();
    this.#admission.penalise(host, transport.penaltyNoAuthenticationMs, nowMs);
    this.#unheard.note(reason, nowMs, (count) => this.#events.onUnknown({ host, port }, reason, count));
    this.#drop(line);
  }

  /** Only counted: it may be a port scan, a peer that gave up, or our own refusal. */
  #countUnheard(line: Line): void {
    if (line.hello !== null || !this.#lines.has(line.id)) return;
    this.#unheard.count(line.first.byteLength === 0 ? 'silent' : 'cut');
  }

  #spoke(line: Line, hello: Hello): void {
    if (!this.#lines.has(line.id)) return;
    line.hello = hello;
    if (line.stage !== 'waiting') {
      const verdict = this.#admission.spoke(line.id, hello, this.#options.now());
      if (verdict.type !== 'wait') return this.#settle(line, verdict);
      this.#sendBack(line);
      this.#planServe();
    }
    // An older program goes over into a room of its own.
    if (hello.type === 'legacy') this.#enter(line);
    else this.#ask(line);
  }

  /** It has lost its place, and waits for another. */
  #sendBack(line: Line): void {
    line.stage = 'waiting';
    clearTimeout(line.waitTimer);
    line.waitTimer = setTimeout(() => this.#askAgain(line), limits.waitMs);
  }

  #ask(line: Line): void {
    this.#settle(line, this.#request(line));
  }

  /** Whose turn it is asks before. */
  #request(line: Line): Verdict {
    for (;;) {
      const verdict = this.#admission.request(line, this.#options.now());
      if (verdict.type !== 'wait' || verdict.first === null) return verdict;
      const first = this.#lines.get(verdict.first);
      if (first === undefined) return verdict;
      this.#ask(first);
      if (this.#isWaiting(first)) return verdict;
    }
  }

  #isWaiting = (line: Line): boolean => line.stage === 'waiting' && this.#lines.has(line.id);

  #settle(line: Line, verdict: Verdict): void {
    switch (verdict.type) {
      case 'serve':
        this.#place(line);
        if (verdict.evict !== null) this.#evict(verdict.evict);
        if (line.hello !== null) this.#join(line, line.hello);
        this.#arm();
        return;
      case 'wait':
        if (verdict.slotWanted !== null) this.#events.onSlotWanted(verdict.slotWanted);
        line.waitTimer ??= setTimeout(
          () => this.#askAgain(line),
          pauseMs(line, this.#options.now() - line.acceptedAtMs),
        );
        return;
      case 'refuse':
        this.#refuse(line);
    }
  }

  #askAgain(line: Line): void {
    if (!this.#isWaiting(line)) return;
    line.waitTimer = undefined;
    const nowMs = this.#options.now();
    const verdict = this.#request(line);
    const isPlaceComing = (): boolean => this.#admission.isPlaceComing(line, nowMs);
    const patience = patienceMs(line, this.#options.enabled, isPlaceComing);
    if (verdict.type === 'wait' && nowMs - line.acceptedAtMs >= patience) this.#refuse(line);
    else this.#settle(line, verdict);
  }

  /** An older program that is turned away loses its words, and would take BUSY for words of ours. */
  #mayBeLegacy = (line: Line): boolean => mayBeOlderProgram(line, this.#options.enabled);

  #place(line: Line): void {
    clearTimeout(line.waitTimer);
    if (line.stage !== 'waiting') return;
    line.stage = 'heard';
    this.#counts.accepted += 1;
    this.#counts.inboundMost = Math.max(this.#counts.inboundMost, this.#admission.taken);
  }

  #join(line: Line, hello: Hello): void {
    const { socket } = line;
    line.stage = 'joined';
    const channel = new MessageChannel();
    line.joint = joinSocket(socket, channel.port1, line.first, {
      onActive: () => this.#admission.active(line.id, this.#options.now()),
      onOver: () => this.#forget(line),
    });
    line.first = new Uint8Array(0);
    const isTaken = this.#events.onAccepted({
      connectionId: line.id,
      dialect: dialectOf(hello),
      remoteAddress: line.address,
      remotePort: line.remotePort,
      port: channel.port2,
    });
    if (!isTaken) line.joint.destroy('refused');
  }

  /** The place is given to another already. */
  #evict(id: ConnectionId): void {
    const line = this.#lines.get(id);
    if (!line) return;
    this.#counts.evicted += 1;
    this.#events.onTrace('transport.evicted', { address: line.address });
    if (line.joint) line.joint.destroy('evicted');
    // Slow to begin, not silent by intent, perhaps: an older program could not come back.
    else if (line.hello === null && this.#mayBeLegacy(line)) this.#sendBack(line);
    else this.#refuse(line);
  }

  /** Tells BUSY to who speaks our protocol, and closes so that BUSY arrives. */
  #refuse(line: Line): void {
    const { socket } = line;
    this.#counts.refusedBusy += 1;
    line.unhear();
    this.#forget(line);
    if (this.#mayBeLegacy(line) || this.#refusalsLingering >= transport.refusalsLingeringMax) {
      socket.destroy();
      return;
    }
    this.#refusalsLingering += 1;
    sayBusy(socket, this.#options.random(), () => (this.#refusalsLingering -= 1));
  }

  #drop(line: Line): void {
    line.socket.destroy();
    this.#forget(line);
  }

  #forget(line: Line): void {
    clearTimeout(line.waitTimer);
    if (!this.#lines.delete(line.id)) return;
    this.#admission.left(line.id, this.#options.now());
    // Who waited leaves no place behind.
    if (line.stage === 'waiting') return;
    this.#planServe();
    this.#arm();
  }

  /** Not at once: a place may have got free in the midst of giving it to somebody. */
  #planServe(): void {
    if (this.#isServePlanned) return;
    this.#isServePlanned = true;
    queueMicrotask(() => this.#serveWaiting());
  }

  /** A place got free: who waits asks again. */
  #serveWaiting(): void {
    this.#isServePlanned = false;
    if (this.#isClosed) return;
    for (const id of this.#admission.inTurn()) {
      if (this.#admission.taken >= this.#options.connectionsMax) return;
      const line = this.#lines.get(id);
      if (line !== undefined && this.#isWaiting(line)) this.#ask(line);
    }
  }

  /** One timer for all deadlines. */
  #arm(): void {
    clearTimeout(this.#dueTimer);
    const dueMs = this.#admission.nextDueMs();
    if (dueMs === null || this.#isClosed) return;
    this.#dueTimer = setTimeout(() => this.#endDue(), Math.max(1, dueMs - this.#options.now()));
  }

  #endDue(): void {
    const nowMs = this.#options.now();
    for (const { id, reason } of this.#admission.due(nowMs)) {
      const line = this.#lines.get(id);
      if (!line) continue;
      this.#events.onTrace('transport.due', { address: line.address, reason });
      this.#countUnheard(line);
      if (reason === 'deadline')
        this.#admission.penalise(line.address, transport.penaltyNoAuthenticationMs, nowMs);
      if (line.joint) line.joint.destroy(reason);
      else this.#drop(line);
    }
    this.#arm();
  }
}
