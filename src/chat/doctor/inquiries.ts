/**
 * Questions about the network, on both sides. Our question: dial the peer, send it an announcement, ask it what it
 * heard. Its question: send it an announcement, try to connect to it, tell it what was heard. Pure.
 *
 *   ask ─► dial … found ─► question ─► answer ─► report of discovery ─► caller
 *   question ─► announcement, connection back ─► report of discovery ─► answer
 */
import { ok, err } from 'neverthrow';
import type { DialBack, Inquiry } from '../../dialects/inquiry.js';
import { parseConnectionId, type ConnectionId, type PeerId } from '../../ids.js';
import { formatAddress, type Address } from '../../wire/address.js';
import type { CallOf } from '../asked.js';
import type { ProbeInfo } from '../contract.js';
import { isNativeId } from '../people/identity.js';
import type { People } from '../people/people.js';
import type { HeardReport } from '../presence/heard-log.js';
import { beaconGate } from '../presence/limits.js';
import type { AddressAnswer, HeardInquiry } from '../routes/live-session.js';
import type { NativeRoutes, NativeTurn } from '../routes/native.js';
import { answer, type Token, type Turn } from '../turn.js';
import type { InquiryDue, InquiryEffect } from './effects.js';
import { heardPeerOf } from './heard.js';
import { inquiry as limits } from './limits.js';

/** A turn of this part. */
export type InquiryTurn = Turn<InquiryEffect> & NativeTurn;

/** A question of a user that waits for the answer of a peer. */
interface AskedByUser {
  readonly askedBy: 'user';
  readonly call: CallOf<'probe'>;
  peerId: PeerId | null;
  /** The id of the question that the peer was asked; null: none was sent yet. */
  questionId: string | null;
  /** Addresses that are not tried yet. */
  waiting: readonly Address[];
  readonly tried: ProbeInfo['tried'][number][];
  readonly hosts: readonly string[];
  answer: ProbeInfo['answer'];
  /** Whether nothing more is to come from the peer. */
  isSettled: boolean;
  isCollected: boolean;
}

/** A question of a peer that waits for our answer. */
interface AskedByPeer {
  readonly askedBy: 'peer';
  readonly peerId: PeerId;
  readonly id: string;
  readonly host: string;
  dialBack: DialBack;
  dialProblem: string;
  isSettled: boolean;
  isCollected: boolean;
}

/** All questions that wait. */
export class Inquiries {
  readonly #people: People;
  readonly #native: NativeRoutes;
  readonly #tcpPort: () => number;
  /** Age up to which an announcement counts, ms. */
  readonly #recentMs: number;
  readonly #waiting = new Map<number, AskedByUser | AskedByPeer>();
  readonly #reports = new Map<Token, number>();
  readonly #dials = new Map<ConnectionId, number>();
  /** Time of the last answer to each peer (monotonic, ms). */
  readonly #answered = new Map<PeerId, number>();
  #keys = 0;

  /** `intervalMs`: the pause between two announcements. */
  constructor(people: People, native: NativeRoutes, tcpPort: () => number, intervalMs: number) {
    this.#people = people;
    this.#native = native;
    this.#tcpPort = tcpPort;
    this.#recentMs = limits.recentIntervals * intervalMs;
  }

  /** Takes the command of a user. */
  ask(word: string, call: CallOf<'probe'>, turn: InquiryTurn): void {
    const meant = this.#people.meantBy(word);
    if (meant.isErr()) return turn.emit(answer(call, err(meant.error)));
    const found = meant.value;
    if (typeof found === 'string' && !isNativeId(found)) {
      const what = 'a question about the network';
      return turn.emit(answer(call, err({ code: 'dialect/unsupported', dialect: 'native', what })));
    }
    const peerId = typeof found === 'string' ? found : this.#peerAt(found);
    const addresses = typeof found === 'string' ? this.#people.addresses(found) : [found];
    const waiting = addresses.slice(0, limits.addressesMax);
    const own: AskedByUser = {
      askedBy: 'user',
      call,
      peerId,
      questionId: null,
      waiting,
      tried: [],
      hosts: [...new Set(waiting.map(({ host }) => host))],
      answer: null,
      isSettled: false,
      isCollected: false,
    };
    const key = this.#keep(own);
    turn.emit({ to: 'presence', say: 'query', hosts: own.hosts });
    turn.emit({ to: 'self', afterMs: limits.collectMs, due: { type: 'inquiry', key, stage: 'collected' } });
    this.#advance(key, own, turn);
  }

  /** Takes the peers that answered at dialled addresses, or the failures there. */
  answered(answers: readonly AddressAnswer[], turn: InquiryTurn): void {
    for (const { address, found } of answers) {
      for (const [key, own] of this.#waiting) {
        if (own.askedBy !== 'user' || own.isSettled) continue;
        const [next, ...rest] = own.waiting;
        if (next === undefined || formatAddress(next) !== formatAddress(address)) continue;
        own.waiting = rest;
        // Of two connections at once one is closed; the peer is reached all the same.
        const isLive = own.peerId !== null && this.#people.isLive(own.peerId);
        const problem = typeof found === 'string' || isLive ? null : problemOf(found);
        own.tried.push({ ...next, problem });
        if (typeof found === 'string') own.peerId ??= found;
        if (problem === null) own.waiting = [];
        this.#advance(key, own, turn);
      }
    }
  }

  /** Takes questions and answers of peers. */
  takeInquiries(inquiries: readonly HeardInquiry[], turn: InquiryTurn): void {
    for (const { peerId, host, inquiry } of inquiries) {
      if (inquiry.kind === 'question') this.#takeQuestion(peerId, host, inquiry, turn);
      else this.#takeAnswer(peerId, inquiry, turn);
    }
  }

  /** Notes that a connection back to an asker opened, which nothing uses. */
  dialled = (connectionId: ConnectionId, turn: InquiryTurn): void =>
    this.#dialEnded(connectionId, 'reached', '', turn);

  /** Notes that a connection back failed. False: it was not dialled here. */
  dialFailed(connectionId: ConnectionId, error: DialFailure, turn: InquiryTurn): boolean {
    const isOurs = this.#dials.has(connectionId);
    this.#dialEnded(connectionId, 'failed', problemOf(error), turn);
    return isOurs;
  }

  due({ key, stage }: InquiryDue, turn: InquiryTurn): void {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return;
    if (stage === 'collected') waiting.isCollected = true;
    else waiting.isSettled = true;
    this.#finish(key, waiting, turn);
  }

  /** Takes what discovery heard, and answers the question that waits for it. */
  takeReport(token: Token, report: HeardReport, turn: InquiryTurn): void {
    const key = this.#reports.get(token);
    const waiting = key === undefined ? undefined : this.#waiting.get(key);
    this.#reports.delete(token);
    if (key === undefined || waiting === undefined) return;
    this.#waiting.delete(key);
    if (waiting.askedBy === 'user') this.#answerCaller(waiting, report, turn);
    else this.#answerPeer(waiting, report, turn);
  }

  #keep(waiting: AskedByUser | AskedByPeer): number {
    this.#keys += 1;
    this.#waiting.set(this.#keys, waiting);
    return this.#keys;
  }

  #peerAt(address: Address): PeerId | null {
    const typed = formatAddress(address);
    return this.#people.peerAt((live) => formatAddress(live) === typed);
  }

  /** Dials the next address, asks the peer that was found, or settles. */
  #advance(key: number, own: AskedByUser, turn: InquiryTurn): void {
    const { peerId } = own;
    const [next] = own.waiting;
    const isLive = peerId !== null && this.#people.isLive(peerId);
    if (isLive && own.tried.length === 0 && next !== undefined) {
      own.tried.push({ ...next, problem: null });
      own.waiting = [];
    } else if (next !== undefined) {
      this.#native.ask(next, turn);
      return;
    }
    const isReached = own.tried.some(({ problem }) => problem === null);
    if (isReached && peerId !== null) {
      const id = this.#openQuestionTo(peerId) ?? idOf(turn);
      const question = { kind: 'question', id, tcpPort: this.#tcpPort() } as const;
      if (this.#native.asides.say(peerId, { type: 'inquiry', inquiry: question }, turn)) {
        own.questionId = id;
        turn.emit({ to: 'self', afterMs: limits.answerMs, due: { type: 'inquiry', key, stage: 'overdue' } });
        return;
      }
    }
    own.isSettled = true;
    this.#finish(key, own, turn);
  }

  /** Returns the id of a question that the peer has not answered yet. It answers one of several at once. */
  #openQuestionTo(peerId: PeerId): string | null {
    for (const own of this.#waiting.values())
      if (own.askedBy === 'user' && own.peerId === peerId && !own.isSettled && own.questionId !== null)
        return own.questionId;
    return null;
  }

  #takeAnswer(peerId: PeerId, inquiry: Extract<Inquiry, { kind: 'answer' }>, turn: InquiryTurn): void {
    for (const [key, own] of this.#waiting) {
      if (own.askedBy !== 'user' || own.peerId !== peerId || own.isSettled) continue;
      // A late answer to an earlier question tells of an earlier time.
      if (own.questionId !== inquiry.id) continue;
      const { seenAt, dialBack, dialProblem, arrived } = inquiry;
      const clockMs = inquiry.clockMs - turn.now.wallMs;
      own.answer = { seenAt, dialBack, dialProblem, clockMs, heard: arrived.map((each) => ({ ...each })) };
      own.isSettled = true;
      this.#finish(key, own, turn);
    }
  }

  /** Takes the question of a peer, unless it asks too often. A stranger gets no connection back. */
  #takeQuestion(
    peerId: PeerId,
    host: string,
    { id, tcpPort }: Extract<Inquiry, { kind: 'question' }>,
    turn: InquiryTurn,
  ): void {
    const nowMs = turn.now.monotonicMs;
    const others = [...this.#waiting.values()].filter(({ askedBy }) => askedBy === 'peer');
    const lastMs = this.#answered.get(peerId) ?? Number.NEGATIVE_INFINITY;
    if (nowMs - lastMs < limits.perPeerEveryMs || others.length >= limits.answeringMax) return;
    this.#answered.delete(peerId);
    this.#answered.set(peerId, nowMs);
    const [oldest] = this.#answered.keys();
    if (this.#answered.size > limits.rememberedMax && oldest !== undefined) this.#answered.delete(oldest);
    const isDialled = this.#people.isTrusted(peerId) && tcpPort >= beaconGate.tcpPortMin;
    const theirs: AskedByPeer = {
      askedBy: 'peer',
      peerId,
      id,
      host,
      dialBack: 'untried',
      dialProblem: '',
      isSettled: !isDialled,
      isCollected: false,
    };
    const key = this.#keep(theirs);
    turn.emit({ to: 'presence', say: 'query', hosts: [host] });
    turn.emit({ to: 'self', afterMs: limits.collectMs, due: { type: 'inquiry', key, stage: 'collected' } });
    if (!isDialled) return;
    // The shape of the id is ours: a failure here is a bug.
    const connectionId = parseConnectionId(`q-${key}`)._unsafeUnwrap();
    this.#dials.set(connectionId, key);
    const address = { host, port: tcpPort };
    turn.emit({ to: 'transport', say: 'dial', connectionId, address, deadlineMs: limits.dialBackMs });
  }

  #dialEnded(connectionId: ConnectionId, dialBack: DialBack, problem: string, turn: InquiryTurn): void {
    const key = this.#dials.get(connectionId);
    const theirs = key === undefined ? undefined : this.#waiting.get(key);
    this.#dials.delete(connectionId);
    if (key === undefined || theirs?.askedBy !== 'peer') return;
    theirs.dialBack = dialBack;
    theirs.dialProblem = problem;
    theirs.isSettled = true;
    this.#finish(key, theirs, turn);
  }

  /** Asks discovery what it heard, once nothing else is waited for. */
  #finish(key: number, { isSettled, isCollected }: AskedByUser | AskedByPeer, turn: InquiryTurn): void {
    if (!isSettled || !isCollected || [...this.#reports.values()].includes(key)) return;
    const token = turn.newToken();
    this.#reports.set(token, key);
    turn.emit({ to: 'presence', say: 'report', token });
  }

  #answerCaller(own: AskedByUser, { peers }: HeardReport, turn: InquiryTurn): void {
    const { call, peerId, tried, hosts } = own;
    const nowMs = turn.now.wallMs;
    const heard = peers.filter(
      (each) =>
        nowMs - each.atMs <= this.#recentMs &&
        (peerId === null ? hosts.includes(each.address) : each.peerId === peerId),
    );
    const name = peerId === null ? (heard[0]?.name ?? null) : this.#people.name(peerId);
    turn.emit(answer(call, ok({ name, tried, heard: heard.map(heardPeerOf), answer: own.answer })));
  }

  #answerPeer(
    { peerId, id, host, dialBack, dialProblem }: AskedByPeer,
    { peers }: HeardReport,
    turn: InquiryTurn,
  ): void {
    const nowMs = turn.now.wallMs;
    const arrived = peers
      .filter((each) => each.peerId === peerId && nowMs - each.atMs <= this.#recentMs)
      .map(({ address, via, atMs }) => ({ address, via, ageMs: Math.max(0, nowMs - atMs) }));
    const words = {
      kind: 'answer',
      id,
      clockMs: nowMs,
      seenAt: host,
      dialBack,
      dialProblem,
      arrived,
    } as const;
    this.#native.asides.say(peerId, { type: 'inquiry', inquiry: words }, turn);
  }
}

type DialFailure = Exclude<AddressAnswer['found'], PeerId>;

/** Returns the error code of the system where a failure has one, else its own code. */
function problemOf(failure: DialFailure): string {
  if (failure.code !== 'transport/dial-failed') return failure.code;
  if (failure.reason === 'no answer in time') return 'ETIMEDOUT';
  return /\(([A-Z]+)\)$/.exec(failure.reason)?.[1] ?? failure.reason;
}

function idOf(turn: InquiryTurn): string {
  const part = (): string =>
    Math.floor(turn.random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return part() + part();
}
