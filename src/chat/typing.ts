/**
 * Typing notices between this user and peers. They matter at this moment alone: nothing is stored, nobody is dialled for
 * one, and a notice ends by itself where its sender falls silent.
 */
import { err, ok } from 'neverthrow';
import { directConversation, type PeerId } from '../ids.js';
import { feature } from '../wire/features.js';
import type { AskedInput } from './asked.js';
import type { TypingDue } from './effects.js';
import { typing as limits } from './limits.js';
import type { CoreTurn, Parts } from './parts.js';
import type { PeerNote } from './routes/live-session.js';
import type { RouteReport } from './routes/route.js';
import { answer } from './turn.js';

type Heard = Extract<PeerNote, { readonly type: 'typing' }>;
type TypingInput = Extract<AskedInput, { readonly name: 'typing' }>;

/** Sends and takes typing notices. */
export class TypingDesk {
  readonly #parts: Parts;
  /** Time of the last notice to each peer, and whether it said that the user types (monotonic, ms). */
  readonly #sent = new Map<PeerId, { readonly atMs: number; readonly isTyping: boolean }>();
  /** Peers whose user types, and the end of the last notice (monotonic, ms). */
  readonly #typing = new Map<PeerId, number>();
  /** Time of the last published beginning of each peer (monotonic, ms). */
  readonly #begunAtMs = new Map<PeerId, number>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The user types, or stopped. The peer learns it where a session is up and both sides want it. */
  command({ body, call }: TypingInput, turn: CoreTurn): void {
    const found = this.#parts.people.known(body.peer);
    if (found.isErr()) return turn.emit(answer(call, err(found.error)));
    this.#say(found.value, body.isTyping, turn);
    turn.emit(answer(call, ok(null)));
  }

  /** A peer tells that its user types, or stopped. */
  heard({ peerId, seconds }: Heard, turn: CoreTurn): void {
    if (!this.#parts.privacy.shares('typing', peerId)) return;
    if (seconds === 0) return this.#end(peerId, turn);
    const nowMs = turn.now.monotonicMs;
    const afterMs = Math.min(seconds, limits.secondsMax) * 1_000;
    const isKnown = this.#typing.has(peerId);
    if (!isKnown && nowMs - (this.#begunAtMs.get(peerId) ?? Number.NEGATIVE_INFINITY) < limits.beginEveryMs)
      return;
    this.#typing.set(peerId, nowMs + afterMs);
    if (isKnown) return;
    this.#begunAtMs.set(peerId, nowMs);
    this.#publish(peerId, true, turn);
    turn.emit({ to: 'self', afterMs, due: { type: 'typing-end', peerId } });
  }

  /** A message, or the end of the session, ends the notice of a peer. */
  reported(reports: readonly RouteReport[], turn: CoreTurn): void {
    if (this.#typing.size + this.#begunAtMs.size === 0) return;
    for (const report of reports) {
      if (report.type === 'heard' && report.repeatedBy !== null) this.#end(report.repeatedBy.peerId, turn);
      if (report.type !== 'down') continue;
      this.#end(report.peerId, turn);
      this.#begunAtMs.delete(report.peerId);
    }
  }

  due({ peerId }: TypingDue, turn: CoreTurn): void {
    const endsAtMs = this.#typing.get(peerId);
    if (endsAtMs === undefined) return;
    const afterMs = endsAtMs - turn.now.monotonicMs;
    if (afterMs <= 0) this.#end(peerId, turn);
    else turn.emit({ to: 'self', afterMs, due: { type: 'typing-end', peerId } });
  }

  #say(peerId: PeerId, isTyping: boolean, turn: CoreTurn): void {
    const { people, native, privacy } = this.#parts;
    const last = this.#sent.get(peerId);
    if (isTyping ? last?.isTyping === true && this.#isTooSoon(last.atMs, turn) : last?.isTyping !== true)
      return;
    if (native.statuses.isInvisible || !privacy.shares('typing', peerId)) return;
    if (((people.contact(peerId)?.features ?? 0) & feature.ephemeral) === 0) return;
    const seconds = isTyping ? limits.secondsMax : 0;
    if (!native.asides.say(peerId, { type: 'typing', seconds }, turn)) return;
    this.#sent.set(peerId, { atMs: turn.now.monotonicMs, isTyping });
    for (const [oldest] of this.#sent) {
      if (this.#sent.size <= limits.peersMax) break;
      this.#sent.delete(oldest);
    }
  }

  #isTooSoon = (atMs: number, turn: CoreTurn): boolean => turn.now.monotonicMs - atMs < limits.sayEveryMs;

  #end(peerId: PeerId, turn: CoreTurn): void {
    if (this.#typing.delete(peerId)) this.#publish(peerId, false, turn);
  }

  #publish(peerId: PeerId, on: boolean, turn: CoreTurn): void {
    const peer = this.#parts.people.name(peerId);
    const conversation = directConversation(peerId);
    turn.emit({ to: 'feed', event: { type: 'typing', peer, peerId, conversation, on } });
  }
}
