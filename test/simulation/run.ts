/**
 * One run of a simulated node: the shell that carries out every effect of the core as `src/actors/node` does, with
 * actors in memory whose messages take virtual time. Dies with the process, except for what is on the disk.
 */
import assert from 'node:assert/strict';
import type { Result } from 'neverthrow';
import type { AskedInput, Questions } from '../../src/chat/asked.js';
import { Core } from '../../src/chat/core.js';
import type { Effect, Input } from '../../src/chat/effects.js';
import type { NodeEvent } from '../../src/chat/events.js';
import { peerIdOf, safetyNumber } from '../../src/chat/people/identity.js';
import type { SessionEffect } from '../../src/chat/routes/effects.js';
import type { TransportEffect } from '../../src/chat/routes/route.js';
import type { CallerEffect, Fault, Given } from '../../src/chat/turn.js';
import { unreachable } from '../../src/exhaustive.js';
import { type ConnectionId, type SessionId } from '../../src/ids.js';
import { encodeBusy } from '../../src/dialects/native.js';
import { createSession } from '../../src/session/machine.js';
import { TicketBook } from '../../src/session/tickets.js';
import { ok } from 'neverthrow';
import { Lane } from './clock.js';
import { HistoryShell } from './history-shell.js';
import { AdmissionShell } from './admission-shell.js';
import { keyedBusy, KeyedSession } from './keyed-session.js';
import { listeningPort, type ConnectionEnd } from './network.js';
import type { SimulatedNode } from './node.js';
import { PresenceShell, type Datagram } from './presence-shell.js';
import { SessionShell, type SessionNode } from './session-shell.js';

type Answer = (result: Result<unknown, Fault>) => void;

interface OpenCall {
  readonly asked: AskedInput;
  readonly answer: Answer;
  /** A user's call is made again when the core has to start again. */
  readonly isCommand: boolean;
}

export class NodeRun {
  readonly #node: SimulatedNode;
  readonly #history: HistoryShell;
  #presence: PresenceShell;
  readonly #door: AdmissionShell;
  /** From transport and presence to the node. */
  readonly #inbound: Lane;
  readonly #connections = new Map<ConnectionId, ConnectionEnd>();
  /** Connections whose session is not started yet. */
  readonly #ports = new Map<ConnectionId, ConnectionEnd>();
  readonly #sessions = new Map<SessionId, SessionShell>();
  readonly #calls = new Map<number, OpenCall>();
  #core: Core;
  /** Counts the cores of this run: what belongs to an earlier one is not heard. */
  #epoch = 0;
  #called = 0;
  /** Events that readers got, or that were stored before this run. */
  #publishedSeq: number;
  #isOver = false;
  /** Timers of outboxes that have not fired yet. */
  outboxTimers = 0;

  constructor(node: SimulatedNode) {
    this.#node = node;
    const { clock, dice } = node.world;
    const delayMs = (): number => dice(1_000) / 2_000;
    this.#publishedSeq = node.disk.entries.length;
    this.#inbound = new Lane(clock, delayMs);
    const syncMs = (): number => dice(node.faults.syncMostMs);
    const { disk, faults } = node;
    this.#history = new HistoryShell({ clock, disk, faults, delayMs, syncMs });
    this.#presence = this.#newPresence();
    this.#door = this.#newDoor();
    this.#core = this.#newCore();
  }

  /** Memory that grows with peers: rows of the roster, and connections. */
  get sizes() {
    return { rows: this.#presence.rowCount, connections: this.#connections.size, calls: this.#calls.size };
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** Reads back what is stored, and listens. */
  open(): void {
    this.#restore();
    this.listen();
    this.#later({ type: 'listening', address: '0.0.0.0', port: listeningPort, others: [] });
    this.#later({ type: 'discoveryStarted' });
  }

  listen(): void {
    const { host, peerId, world } = this.#node;
    world.network.attach({ host, peerId, onCaller: (end) => this.#door.welcome(end) });
  }

  hear(datagram: Datagram): void {
    this.#presence.hear(datagram);
  }

  command(asked: AskedInput, answer: Answer): void {
    this.#ask(asked, answer, true);
  }

  /** The actor of the core crashes: its memory is lost; connections and presence start again after it. */
  crashCore(): void {
    this.#epoch += 1;
    this.endSessions(true);
    this.#presence.end(false);
    this.#history.abandon();
    this.#presence = this.#newPresence();
    this.outboxTimers = 0;
    this.#core = this.#newCore();
    const open = [...this.#calls.values()].filter(({ isCommand }) => isCommand);
    this.#calls.clear();
    this.open();
    for (const { asked, answer } of open) this.#ask(asked, answer, true);
  }

  crashHistory(isCommitted: boolean, downMs: number): void {
    this.#history.crash(isCommitted, downMs);
  }

  /** The actor of one session crashes; its node hears of it. */
  crashSession(choice: number): void {
    const [sessionId, session] = [...this.#sessions][choice % Math.max(1, this.#sessions.size)] ?? [];
    if (sessionId === undefined || session === undefined) return;
    session.die(true);
    this.#sessions.delete(sessionId);
    this.#later({ type: 'sessionDown', sessionId, end: { type: 'lost', reason: 'crash' } });
  }

  /** Another caller needs a slot. */
  wantSlot(choice: number): void {
    const ids = this.#door.inbound;
    const connectionId = ids[choice % Math.max(1, ids.length)];
    if (connectionId !== undefined) this.#later({ type: 'slotWanted', connectionId });
  }

  endSessions(isOrderly: boolean): void {
    for (const [sessionId, session] of this.#sessions) {
      if (isOrderly) session.stop();
      else {
        session.die(false);
        this.#later({ type: 'sessionDown', sessionId, end: { type: 'lost', reason: 'reset' } });
      }
    }
    this.#sessions.clear();
  }

  die(isHeard: boolean): void {
    this.#over();
    this.#presence.end(false);
    for (const session of this.#sessions.values()) session.die(isHeard);
    this.#door.closeAll(isHeard);
  }

  stop(): void {
    this.#presence.end(true);
    for (const session of this.#sessions.values()) session.stop();
    this.#door.closeAll(true);
    this.#over();
  }

  #over(): void {
    this.#isOver = true;
    this.#history.die();
    this.#node.world.network.detach(this.#node.host);
  }

  #newPresence(): PresenceShell {
    const node = this.#node;
    const { world } = node;
    return new PresenceShell({
      clock: world.clock,
      wallMs: node.wallMs,
      identity: () => node.identity,
      host: () => node.host,
      send: (bytes, to) => world.announce(node.host, bytes, to),
      tell: (rows) => this.#later({ type: 'presence', rows }),
      twin: (address) => this.#later({ type: 'twin', address }),
    });
  }

  #newCore(): Core {
    const { identity, key, name, world } = this.#node;
    const { peerId, idKey, bootIdHex } = identity;
    return new Core({
      own: { peerId, idKey, instance: bootIdHex, ...key },
      name,
      foreign: { enabled: new Set(), secureOnly: false, group: null, sendTimeoutMs: 20_000, greet: [] },
      tickets: new TicketBook(),
      beaconIntervalMs: 8_000,
      random: () => world.dice(2 ** 32) / 2 ** 32,
    });
  }

  #restore(): void {
    const { disk } = this.#node;
    const stored = {
      contacts: [...disk.contacts.values()],
      correspondents: disk.correspondents(),
      newestSeq: disk.entries.length,
      outboxSize: disk.outboxSize(),
      publishedSeq: this.#publishedSeq,
      unseen: disk.unseen(),
    };
    for (const effect of this.#core.restore(stored, this.#given())) this.#perform(effect);
  }

  #given(): Given {
    const node = this.#node;
    const { clock, dice } = node.world;
    return {
      now: { monotonicMs: clock.nowMs, wallMs: node.wallMs() },
      random: () => dice(2 ** 32) / 2 ** 32,
      newMessageId: () => node.newMessageId(),
      ownAddresses: () => [node.host],
    };
  }

  /** An input that is on its way to the core. */
  #later(input: Input): void {
    const epoch = this.#epoch;
    this.#inbound.send(() => this.#take(input, epoch));
  }

  #take(input: Input, epoch: number): void {
    if (this.#isOver || epoch !== this.#epoch) return;
    this.#node.world.trace(this.#node, '>', input);
    for (const effect of this.#core.handle(input, this.#given())) this.#perform(effect);
  }

  #ask(asked: AskedInput, answer: Answer, isCommand: boolean): void {
    const epoch = this.#epoch;
    this.#called += 1;
    const callId = this.#called;
    const call = { ...asked, call: { callId } };
    this.#calls.set(callId, { asked, answer, isCommand });
    this.#inbound.send(() => this.#take(call, epoch));
  }

  #perform(effect: Effect): void {
    const node = this.#node;
    node.world.trace(node, '<', effect);
    switch (effect.to) {
      case 'history': {
        const { token, ask } = effect;
        const epoch = this.#epoch;
        this.#history.ask(ask, (answered) => this.#take({ type: 'stored', token, answer: answered }, epoch));
        break;
      }
      case 'jobs': {
        const { token, ownIdKey, peerIdKey } = effect;
        this.#later({ type: 'computed', token, result: ok(safetyNumber(ownIdKey, peerIdKey)) });
        break;
      }
      case 'transport':
        this.#tellTransport(effect);
        break;
      case 'presence':
        if (effect.say === 'contacts') this.#presence.contacts(effect.peerIds);
        else if (effect.say === 'awaited') this.#presence.awaited(effect.peerIds);
        else if (effect.say === 'recall') this.#presence.recall(effect.rows);
        else if (effect.say === 'describe') this.#presence.describe(effect.name, effect.tcpPort);
        // Announcements to single hosts are left out: here broadcasts arrive.
        break;
      case 'identity':
        node.renewKey();
        this.#later({ type: 'keyRenewed', ...node.key });
        break;
      case 'session':
        this.#tellSession(effect);
        break;
      case 'feed': {
        const { event } = effect;
        this.#publish(event.type === 'ready' ? { ...event, pid: 1 } : event);
        break;
      }
      case 'own-status':
        break;
      case 'settings':
        if (effect.say === 'name') node.name = effect.name;
        break;
      case 'caller':
        this.#answer(effect);
        break;
      case 'self':
        this.#wake(effect);
        break;
      case 'transfers':
        if (effect.ask.type !== 'unsent') throw new Error('no scene transfers files');
        break;
      case 'foreign':
      case 'files':
        throw new Error('no foreign dialect is switched on');
      case 'log':
        break;
      default:
        unreachable(effect);
    }
  }

  #publish(event: NodeEvent): void {
    if (event.type === 'message' || event.type === 'timer') this.#publishedSeq = event.seq;
    this.#node.world.watch(this.#node, event);
  }

  #wake({ afterMs, due }: Extract<Effect, { to: 'self' }>): void {
    const epoch = this.#epoch;
    if (due.type === 'outbox') this.outboxTimers += 1;
    this.#node.world.clock.after(afterMs, () => {
      if (epoch !== this.#epoch) return;
      if (due.type === 'outbox') this.outboxTimers -= 1;
      this.#take({ type: 'due', due }, epoch);
    });
  }

  #answer({ callId, result }: CallerEffect): void {
    const call = this.#calls.get(callId);
    // 0: nobody waits for the answer.
    if (call === undefined && callId !== 0) throw new Error(`a call is answered twice: ${callId}`);
    this.#calls.delete(callId);
    call?.answer(result);
  }

  #newDoor(): AdmissionShell {
    const { clock, dice, isReal } = this.#node.world;
    return new AdmissionShell({
      clock,
      random: () => dice(2 ** 32) / 2 ** 32,
      busy: isReal ? encodeBusy : keyedBusy,
      slotWanted: (connectionId) => this.#later({ type: 'slotWanted', connectionId }),
      accepted: (connectionId, end) => {
        this.#connections.set(connectionId, end);
        this.#ports.set(connectionId, end);
        this.#later({ type: 'accepted', connectionId, dialect: 'native', address: end.remote });
      },
    });
  }

  #tellTransport(effect: TransportEffect): void {
    const { connectionId } = effect.say === 'known' ? { connectionId: null } : effect;
    switch (effect.say) {
      case 'dial':
        this.#dial(effect);
        break;
      case 'close':
      case 'discard':
        if (connectionId === null) break;
        this.#ports.delete(connectionId);
        if (!this.#door.close(connectionId, effect.say === 'close' ? effect.penaltyMs : 0))
          this.#connections.get(connectionId)?.finish();
        this.#connections.delete(connectionId);
        break;
      case 'authenticated':
        this.#door.authenticated(effect.connectionId, effect.isContact);
        break;
      case 'known':
        this.#door.know(effect.hosts, effect.ticketIds);
        break;
      default:
        unreachable(effect);
    }
  }

  #dial({ connectionId, address, deadlineMs }: Extract<TransportEffect, { say: 'dial' }>): void {
    const epoch = this.#epoch;
    const { host, peerId, world } = this.#node;
    world.network.connect({ host, peerId }, address, deadlineMs, (end) => {
      if (this.#isOver || epoch !== this.#epoch) {
        end?.finish();
        return;
      }
      if (end === null) {
        const { host: to, port } = address;
        const error = { code: 'transport/dial-failed', address: to, port, reason: 'unreachable' } as const;
        this.#later({ type: 'dialFailed', connectionId, error });
        return;
      }
      this.#connections.set(connectionId, end);
      this.#ports.set(connectionId, end);
      this.#later({ type: 'dialled', connectionId });
    });
  }

  #tellSession(effect: SessionEffect): void {
    const { sessionId } = effect;
    if (effect.say === 'start') {
      this.#startSession(effect);
      return;
    }
    const session = this.#sessions.get(sessionId);
    if (session === undefined)
      this.#later({ type: 'sessionDown', sessionId, end: { type: 'lost', reason: 'gone' } });
    else if (effect.say === 'utter') session.say(effect.utterances);
    else if (effect.say === 'ping') session.ping();
    else if (effect.say === 'narrow') session.narrow();
    else if (effect.say === 'close') session.close(effect.reason);
  }

  #startSession({ sessionId, connectionId, role }: Extract<SessionEffect, { say: 'start' }>): void {
    const end = this.#ports.get(connectionId);
    this.#ports.delete(connectionId);
    if (end === undefined) return;
    const { clock, dice } = this.#node.world;
    const { identity } = this.#node;
    const times = { nowMs: clock.nowMs, wallClockMs: this.#node.wallMs() };
    const { local } = identity;
    const random = (bytes: number): Uint8Array => Uint8Array.from({ length: bytes }, () => dice(256));
    const machine =
      local === null
        ? new KeyedSession({ role, ...times, identity, nonce: dice(2 ** 32).toString(36) })
        : createSession({ role, ...times, local, random });
    const { faults } = this.#node;
    const session = new SessionShell({
      clock,
      machine,
      end,
      node: this.#nodeOf(sessionId, connectionId, end),
      faults: { losesReceipt: () => dice(100) < faults.receiptLossPercent },
      delayMs: () => dice(1_000) / 2_000,
    });
    // It may have read BUSY within its first bytes.
    if (!session.isOver) this.#sessions.set(sessionId, session);
  }

  /** The messages between a session and the node. */
  #nodeOf(sessionId: SessionId, connectionId: ConnectionId, end: ConnectionEnd): SessionNode {
    const { clock, dice } = this.#node.world;
    const lane = new Lane(clock, () => dice(1_000) / 2_000);
    const epoch = this.#epoch;
    const tell = (input: Input): void => lane.send(() => this.#take(input, epoch));
    const ask = <N extends keyof Questions>(
      name: N,
      body: Questions[N]['body'],
      answer: (reply: Questions[N]['reply']) => void,
    ): void =>
      lane.send(() => {
        if (epoch !== this.#epoch) return;
        const asked = { type: 'asked', name, body } as unknown as AskedInput;
        this.#askNow(asked, (result) => answer(result._unsafeUnwrap() as Questions[N]['reply']));
      });
    return {
      findTicket: (ticketId, answer) => ask('findTicket', { ticketId }, answer),
      judgePeer: (peer, answer) => ask('judgePeer', { sessionId, peer }, answer),
      resumable: (resumption) => tell({ type: 'resumable', resumption }),
      up: (up) => {
        const proved = peerIdOf(up.peer.idKey);
        assert.equal(proved, end.owner, `${this.#node.label} has a session to a wrong key (B2)`);
        tell({ type: 'sessionUp', sessionId, ...up });
      },
      answered: () => tell({ type: 'sessionAnswered', sessionId }),
      said: (utterances, answer) =>
        ask('said', { sessionId, utterances }, ({ receipts }) => answer(receipts)),
      down: (end) => {
        this.#sessions.delete(sessionId);
        this.#connections.delete(connectionId);
        tell({ type: 'sessionDown', sessionId, end });
      },
    };
  }

  /** A question of an actor, which is here already. */
  #askNow(asked: AskedInput, answer: Answer): void {
    if (this.#isOver) return;
    this.#called += 1;
    const callId = this.#called;
    this.#calls.set(callId, { asked, answer, isCommand: false });
    this.#take({ ...asked, call: { callId } }, this.#epoch);
  }
}
