/**
 * Native sessions as routes: when to dial, which callers are welcome, which of two sessions is used, the tickets by
 * which peers resume, and the way from a peer's utterances to entries of the history.
 *
 *   open ─► transport.dial ─► dialled ─► session.start … sessionUp ─► up ─► utter ─► taken … said(receipt) ─► confirmed
 */
import { err, ok, type Result } from 'neverthrow';
import type { DialectError } from '../../dialects/errors.js';
import type { RuntimeError } from '../../runtime/errors.js';
import type { SessionError } from '../../session/errors.js';
import type { DialError } from '../errors.js';
import type { ConnectionId, PeerId, SessionId } from '../../ids.js';
import type { PeerProof } from '../../session/contract.js';
import type { TicketBook } from '../../session/tickets.js';
import type { Address } from '../../wire/address.js';
import { fromHex } from '../../wire/bytes.js';
import { peerIdOf } from '../people/identity.js';
import type { People } from '../people/people.js';
import { answer, logLine, type Turn } from '../turn.js';
import { Dials } from './dials.js';
import type { NativeDue, NativeEffect, SessionEffect } from './effects.js';
import { Failures } from './failures.js';
import { Asides } from './asides.js';
import { Instances } from './instances.js';
import { KnownCallers } from './known.js';
import { dialing as limits } from './limits.js';
import type {
  AddressAnswer,
  LiveSession,
  NativeOutcome,
  OwnSide,
  SessionEnd,
  SessionUp,
} from './live-session.js';
import { noteConfirmed, NarrowPaths } from './narrow-paths.js';
import { addressAtOtherEnd, contactOf, isNextChanged } from './pinning.js';
import type { SendViaOptions } from '../contract.js';
import { Renames } from './renames.js';
import type { Carriage, HeardCall, Route, RouteOrder, RouteReport } from './route.js';
import { StaticKeys } from './static-keys.js';
import { SessionTable } from './session-table.js';
import { Statuses } from './statuses.js';
import { isCallersFault, reasonOf, refusalOf } from './verdicts.js';
import { attachFiles, closeAll, tellSession } from './tell-session.js';
import { understand, type Said } from './utterances.js';

/** A turn of this part. */
export type NativeTurn = Turn<NativeEffect>;

/** The native routes of a node. */
export class NativeRoutes implements Route<NativeTurn> {
  readonly #own: OwnSide;
  readonly #people: People;
  readonly #tickets: TicketBook;
  readonly #sessions = new SessionTable();
  readonly #dials = new Dials(() => this.#sessions.outgoing());
  readonly keys: StaticKeys;
  readonly known: KnownCallers;
  readonly statuses: Statuses;
  readonly #instances: Instances;
  readonly #renames: Renames;
  readonly #failures: Failures;
  readonly asides = new Asides(this.#sessions);
  readonly #narrow = new NarrowPaths();
  /** Utterances of unknown kinds, by kind: at most 256 numbers. */
  readonly #unknownKinds = new Map<number, number>();
  #name: string;

  constructor(own: OwnSide, name: string, people: People, tickets: TicketBook) {
    this.#own = own;
    this.#name = name;
    this.#people = people;
    this.#tickets = tickets;
    this.keys = new StaticKeys(own, people, tickets);
    this.known = new KnownCallers(people, tickets);
    this.statuses = new Statuses(people, this.#sessions);
    this.#instances = new Instances(own, people, this.#sessions);
    this.#renames = new Renames(people);
    this.#failures = new Failures(people);
  }

  /** Admits texts. Errors: `dialect/unsupported` (an option that only a foreign dialect has). */
  admit(
    _peerId: PeerId,
    _texts: readonly string[],
    via: SendViaOptions | null,
  ): Result<Carriage, DialectError> {
    if (via === null) return ok({ dialect: 'native', encryption: 'noise', privateNumber: null });
    const what = 'a choice between plain and secure, or a private number';
    return err({ code: 'dialect/unsupported', dialect: 'native', what });
  }

  queued(): void {
    // A session needs no more than the entries themselves.
  }

  carry(order: RouteOrder, turn: NativeTurn): readonly RouteReport[] {
    switch (order.type) {
      case 'open': {
        const { peerId } = order;
        const addresses = this.#people.isBlocked(peerId) ? [] : this.#people.addresses(peerId);
        const isDialled = this.#dials.race(peerId, addresses, turn);
        return isDialled ? [] : [{ type: 'unreached', peerId, retryAfterMs: 0 }];
      }
      case 'utter':
        return this.#instances.utter(order.peerId, order.entries, turn);
      case 'close': {
        const live = this.#sessions.with(order.peerId);
        if (live !== undefined) tellSession(live, { say: 'close', reason: 'shutdown' }, turn);
        return [];
      }
      case 'refuse': {
        const live = this.#sessions.get(order.sessionId);
        if (live === undefined) return [];
        live.isRefused = true;
        tellSession(live, { say: 'close', reason: 'park' }, turn);
        return [];
      }
      case 'settled':
        return [];
      default:
        return order satisfies never;
    }
  }

  /** Dials an address to learn which peer is there; the answer comes in the outcome of a later input. */
  ask = (address: Address, turn: NativeTurn): void => this.#dials.ask(address, turn);

  /**
   * A beacon names another instance of a connected peer: the old one crashed, or its home was copied. It is dialled
   * beside the old session where messages wait, and else once, to learn whether it runs.
   */
  instanceSeen(peerId: PeerId, bootIdHex: string, isWaiting: boolean, turn: NativeTurn): void {
    if (this.#instances.isNews(peerId, bootIdHex, isWaiting, turn))
      this.#dials.race(peerId, this.#addresses(peerId), turn);
  }

  /** Adds the announced addresses of a peer to the attempts to reach it, and asks whether it left an earlier one. */
  heard(peerId: PeerId, turn: NativeTurn): void {
    this.#dials.addAddresses(peerId, this.#addresses(peerId), turn);
    const [first] = this.#people.heardAddresses(peerId);
    if (first !== undefined) this.#instances.heardAt(peerId, first.host, turn);
  }

  /** Takes a connection that the transport admitted. Its caller speaks first. */
  accepted(connectionId: ConnectionId, address: Address, turn: NativeTurn): void {
    const role = { type: 'responder' } as const;
    this.#start({ connectionId, direction: 'in', address, expected: null }, role, turn);
  }

  /** Takes a connection that we opened. Our session speaks first. False: it was not dialled here. */
  dialled(connectionId: ConnectionId, turn: NativeTurn): boolean {
    const dial = this.#dials.opened(connectionId, turn);
    if (dial === null) return false;
    const { expected, address } = dial;
    const idKeyHex = expected === null ? '' : (this.#people.contact(expected)?.idKeyHex ?? '');
    const expectedIdKey = idKeyHex === '' ? null : fromHex(idKeyHex);
    const resumption = expectedIdKey === null ? null : this.#tickets.dial(expectedIdKey, turn.now.wallMs);
    const role = { type: 'initiator', expectedIdKey, resumption } as const;
    this.#start({ connectionId, direction: 'out', address, expected }, role, turn);
    return true;
  }

  /** Takes the failure of a dial. Null: it was not dialled here. */
  dialFailed(
    connectionId: ConnectionId,
    error: DialError | RuntimeError,
    turn: NativeTurn,
  ): NativeOutcome | null {
    const dial = this.#dials.notOpened(connectionId);
    if (dial === null) return null;
    const { expected, address } = dial;
    const answers = this.#dials.answersAt(address, error);
    return { answers, reports: this.#dials.failed(expected, connectionId, error, turn) };
  }

  /** Judges a peer with a valid certificate. Null: it is welcome. */
  judge(sessionId: SessionId, peer: PeerProof): SessionError | null {
    const live = this.#sessions.get(sessionId);
    const refusal = refusalOf(live, peer, this.#own.peerId, this.#people);
    if (refusal === null && live !== undefined) live.welcomed = peerIdOf(peer.idKey);
    return refusal;
  }

  /** Pins the peer of a finished handshake, and decides which session is used from now on. */
  sessionUp({ sessionId, peer, isResumed, resumption }: SessionUp, turn: NativeTurn): NativeOutcome {
    const live = this.#sessions.get(sessionId);
    if (live === undefined) return nothing;
    const peerId = peerIdOf(peer.idKey);
    const isBlocked = this.#people.isBlocked(peerId);
    const isUnwanted = isBlocked || (live.direction === 'in' && this.statuses.isInvisible);
    if (isUnwanted || (isResumed && this.#tickets.isOutdated(resumption))) {
      // Since the call the peer was blocked, this side became invisible or a key was replaced.
      tellSession(live, { say: 'close', reason: isUnwanted ? 'shutdown' : 'rekey' }, turn);
      return nothing;
    }
    live.peerId = peerId;
    live.bootIdHex = peer.bootIdHex;
    live.isUp = true;
    live.heardAtMs = turn.now.monotonicMs;
    this.#tickets.keep(resumption);
    if (isNextChanged(this.#people.contact(peerId), peer))
      turn.emit(logLine('warn', 'next-identity-changed', { peer: peerId }));
    this.#people.pin(contactOf(this.#people, live, peer, peerId, turn.now.wallMs), turn);
    this.#people.seen(peerId, turn.now.wallMs, turn);
    this.known.announce(turn);
    turn.emit(logLine('debug', 'session-up', { peer: peerId, direction: live.direction, isResumed }));
    if (live.direction === 'in') this.#authenticated(live, peerId, turn);
    this.#endAttempts(live, peerId, turn);
    if (!this.#instances.takesOver(live, peer.idKey, turn))
      return { answers: this.#dials.answersAt(live.address, peerId), reports: [] };
    this.#people.connected(peerId, addressAtOtherEnd(this.#people, live, peerId));
    if (this.#narrow.up(live, peerId, turn)) this.#failures.reportNarrow(peerId, turn);
    const utterances = [this.#profile(), ...this.statuses.utterancesFor(peerId)];
    tellSession(live, { say: 'utter', utterances }, turn);
    // Its name comes with its first utterances, and a peer should not be published without a name.
    const isNamed = this.#people.saidName(peerId) !== '';
    const answers = isNamed ? this.#introduce(live, turn) : [];
    if (!isNamed) turn.emit({ to: 'self', afterMs: limits.nameWaitMs, due: { type: 'name', sessionId } });
    return { answers, reports: [{ type: 'up', peerId }] };
  }

  /** Takes utterances of a peer. `call` is answered once they are committed, and names the messages to confirm. */
  said({ sessionId, utterances }: Said, call: HeardCall, turn: NativeTurn): NativeOutcome {
    const live = this.#sessions.get(sessionId);
    const peerId = live?.peerId ?? null;
    if (live === undefined || peerId === null || live.isRefused || this.#people.isBlocked(peerId)) {
      turn.emit(answer(call, ok({ receipts: [] })));
      return nothing;
    }
    const understood = understand(this.#people, peerId, utterances, turn.now.wallMs);
    const { entries, confirmed, names, statuses, unknownKinds } = understood;
    for (const kind of unknownKinds) this.#unknownKinds.set(kind, (this.#unknownKinds.get(kind) ?? 0) + 1);
    // A receipt comes by itself, so it does not show which instance the user of the peer uses.
    if (entries.length > 0 || names.length > 0) live.heardAtMs = turn.now.monotonicMs;
    for (const each of this.#sessions.allWith(peerId)) noteConfirmed(each, confirmed, turn.now.monotonicMs);
    this.#people.seen(peerId, turn.now.wallMs, turn);
    this.statuses.receive(sessionId, statuses, turn);
    const answers = names.flatMap((name) => this.#heardName(live, name, turn));
    const reports: RouteReport[] = [];
    // A peer that we never wrote to has nothing to confirm.
    if (confirmed.length > 0 && this.#people.isTrusted(peerId))
      reports.push({ type: 'confirmed', peerId, ids: confirmed, as: 'delivered' });
    if (entries.length > 0) reports.push({ type: 'heard', entries, call, repeatedBy: { peerId, sessionId } });
    else turn.emit({ ...answer(call, ok({ receipts: [] })), afterCredit: true });
    const { host } = live.address;
    const inquiries = understood.inquiries.map((inquiry) => ({ peerId, host, inquiry }));
    return { reports, answers, inquiries, notes: understood.notes };
  }

  /** Forgets a session that ended. */
  sessionDown(sessionId: SessionId, end: SessionEnd, turn: NativeTurn): NativeOutcome {
    const live = this.#sessions.get(sessionId);
    if (live === undefined) return nothing;
    const wasCurrent = this.#sessions.end(live);
    if (wasCurrent) this.#narrow.ended(live, turn.now.monotonicMs);
    const { connectionId } = live;
    // A crashed session leaves its stream and its socket open, since its thread lives on.
    if (live.direction === 'in' || end.type === 'lost') {
      const penaltyMs = isCallersFault(end) && !live.isUp ? limits.failurePenaltyMs : 0;
      turn.emit({ to: 'transport', say: 'close', connectionId, reason: end.type, penaltyMs });
    }
    const answers = this.#dials.answersAt(live.address, this.#sessions.foundBy(live, end) ?? reasonOf(end));
    if (end.type === 'failed') this.#failures.report(live, end.error, turn);
    if (live.peerId !== null && end.type === 'closed' && end.by === 'peer')
      this.#people.seen(live.peerId, turn.now.wallMs, turn);
    const { peerId } = live;
    if (peerId === null || !wasCurrent) {
      return {
        answers,
        reports: live.isUp ? [] : this.#dials.failed(live.expected, connectionId, end, turn),
      };
    }
    // Unconfirmed messages of the ended session go out again to the other instance.
    const isUp = this.#instances.goesOn(peerId, turn);
    return { answers, reports: [{ type: isUp ? 'up' : 'down', peerId }] };
  }

  /** Takes a sign of life on a session, which may be the answer to a PING. */
  signOfLife(sessionId: SessionId, isAnswer: boolean, turn: NativeTurn): void {
    const peerId = this.#sessions.get(sessionId)?.peerId ?? null;
    if (peerId !== null) this.#people.seen(peerId, turn.now.wallMs, turn);
    if (isAnswer) this.#instances.answered(sessionId, turn);
  }

  /** Returns how many utterances of each unknown kind arrived. */
  unknownKinds = (): Readonly<Record<string, number>> => Object.fromEntries(this.#unknownKinds);

  /** Parks an idle session whose slot another caller needs. The next message resumes it. */
  slotWanted(connectionId: ConnectionId, turn: NativeTurn): void {
    const live = this.#sessions.upOn(connectionId);
    if (live !== undefined) tellSession(live, { say: 'close', reason: 'park' }, turn);
  }

  attachFiles = (turn: NativeTurn): void => attachFiles(this.#sessions.usable(), turn);

  /** Ends every session with a peer. */
  end = (peerId: PeerId, turn: NativeTurn): void =>
    closeAll(this.#sessions.allWith(peerId), 'shutdown', turn);

  /** Forgets the tickets of a blocked peer, so that it has to show its certificate. */
  blocked(peerId: PeerId, turn: NativeTurn): void {
    this.known.forget(peerId);
    this.end(peerId, turn);
  }

  /** Sends the new name of this side to all peers. */
  renamed(name: string, turn: NativeTurn): void {
    this.#name = name;
    for (const live of this.#sessions.usable())
      tellSession(live, { say: 'utter', utterances: [this.#profile()] }, turn);
  }

  due(due: NativeDue, turn: NativeTurn): readonly AddressAnswer[] {
    switch (due.type) {
      case 'attempt':
        this.#dials.due(due.peerId, turn);
        return [];
      case 'tickets':
        this.expireTickets(turn);
        return [];
      case 'name': {
        const live = this.#sessions.get(due.sessionId);
        return live !== undefined && this.#renames.due(live, turn) ? this.#introduce(live, turn) : [];
      }
      case 'ping':
        this.#instances.due(due, turn);
        return [];
      case 'status-heard':
        this.statuses.due(due.sessionId, turn);
        return [];
      default:
        return due satisfies never;
    }
  }

  /** Takes over a new static key of this side: no earlier ticket is of use. */
  keyRenewed(key: Parameters<StaticKeys['renewed']>[0], turn: NativeTurn): void {
    this.keys.renewed(key, turn);
    this.known.announce(turn);
  }

  expireTickets(turn: NativeTurn): void {
    this.#tickets.expire(turn.now.wallMs);
    this.keys.check(turn);
    this.known.announce(turn);
    turn.emit({ to: 'self', afterMs: limits.expireEveryMs, due: { type: 'tickets' } });
  }

  /** Returns the addresses to dial. Beside a session only those of another instance count, which are announced. */
  #addresses(peerId: PeerId): readonly Address[] {
    const isBeside = this.#sessions.usableWith(peerId).length > 0;
    return isBeside ? this.#people.heardAddresses(peerId) : this.#people.addresses(peerId);
  }

  #start(
    opening: Pick<LiveSession, 'connectionId' | 'direction' | 'address' | 'expected'>,
    role: SessionRole,
    turn: NativeTurn,
  ): void {
    const { sessionId, connectionId } = this.#sessions.start(opening);
    turn.emit({ to: 'session', say: 'start', sessionId, connectionId, role });
  }

  /** Of several attempts the first session that is up is the one to speak on. */
  #endAttempts({ direction, connectionId }: LiveSession, peerId: PeerId, turn: NativeTurn): void {
    if (direction === 'in') {
      this.#dials.wasCalledBy(peerId);
      return;
    }
    for (const other of this.#dials.won(peerId, connectionId, turn)) {
      const live = this.#sessions.on(other);
      if (live !== undefined && !live.isUp) tellSession(live, { say: 'close', reason: 'dup' }, turn);
    }
  }

  #authenticated({ connectionId }: LiveSession, peerId: PeerId, turn: NativeTurn): void {
    const isContact = this.#people.isTrusted(peerId);
    turn.emit({ to: 'transport', say: 'authenticated', connectionId, isContact, carries: 'session' });
  }

  /** Publishes the peer, and answers the questions about its address. Idempotent. */
  #introduce(live: LiveSession, turn: NativeTurn): readonly AddressAnswer[] {
    if (live.peerId === null) return [];
    this.#people.publish(live.peerId, turn);
    return this.#dials.answersAt(live.address, live.peerId);
  }

  #heardName(live: LiveSession, raw: string, turn: NativeTurn): readonly AddressAnswer[] {
    return this.#renames.heard(live, raw, turn) ? this.#introduce(live, turn) : [];
  }

  #profile() {
    return { type: 'profile', name: this.#name, instance: this.#own.instance } as const;
  }
}

type SessionRole = Extract<SessionEffect, { readonly say: 'start' }>['role'];

const nothing: NativeOutcome = { reports: [], answers: [] };
