/**
 * Delivery: from the text of a user to the receipt of the peer, and from a peer's message to the readers of events.
 * It uses routes by orders and reports alone, and the history by requests and answers.
 *
 *   out   send ─► append … stored ─► queued ─► outbox ─► route.utter … confirmed ─► mark … marked ─► delivered
 *   in    heard ─► append … stored ─► published ─► receipts
 */
import { err, ok, type Result } from 'neverthrow';
import { unreachable } from '../../exhaustive.js';
import type { ChatError, IdTaken } from '../errors.js';
import type { DialectError } from '../../dialects/errors.js';
import type { MessageId, PeerId } from '../../ids.js';
import type { People, PeopleTurn } from '../people/people.js';
import type { Heard, Route, RouteOrder, RouteReport } from '../routes/route.js';
import { answer, type Token, type Turn } from '../turn.js';
import type { DeliveryDue, DeliveryEffect, EntryAnswer, PeopleAnswer, StoreFailure } from './effects.js';
import { type DeliveryState, type Duplicate, type Entry, type Expired, type Rewritten } from './entry.js';
import { Expiry } from './expiry/expiry.js';
import { Incoming } from './incoming.js';
import { Marks } from './marks.js';
import { withoutMark, type OutboxOutput } from './outbox.js';
import { Outboxes } from './outboxes.js';
import { forRoute, outgoing } from './outgoing.js';
import type { Append, DeliveryStored, Sending, Words } from './sending.js';
import { Readdressing } from './readdressing.js';
import { Shown } from './shown.js';
import { status } from './transcript.js';
import { PublishedStates } from './published-states.js';
import { Withdrawals, withdrawn, type Withdrawal } from './withdrawals.js';

/** A turn of this part. */
export type DeliveryTurn = Turn<DeliveryEffect> & PeopleTurn;

/** The messages of a node on their way, in both directions. */
export class Delivery<T extends DeliveryTurn> {
  readonly #people: People;
  readonly #routeOf: (peerId: PeerId) => Route<T>;
  readonly #outboxes: Outboxes;
  /** Texts that disappear. */
  readonly expiry = new Expiry();
  readonly #incoming = new Incoming(this.expiry);
  readonly #shown: Shown;
  readonly #appends = new Map<Token, Append>();
  readonly #marks = new Marks();
  readonly #withdrawals = new Withdrawals();
  readonly #published = new PublishedStates();
  readonly #readdressing = new Readdressing();
  /** The greatest `seq` handed to a session of each peer, so that an entry is published as `sent` once. */
  readonly #sentSeq = new Map<PeerId, number>();

  constructor(people: People, routeOf: (peerId: PeerId) => Route<T>, random: () => number) {
    this.#people = people;
    this.#routeOf = routeOf;
    this.#shown = new Shown(people);
    this.#outboxes = new Outboxes(random);
  }

  /** Restores the stored state. */
  restore(stored: DeliveryStored, turn: T): void {
    for (const { peerId, isWaiting } of stored.correspondents)
      if (isWaiting && !this.#people.isBlocked(peerId)) this.#outboxes.open(peerId, true);
    this.#outboxes.sized(stored.outboxSize);
    this.expiry.restore(stored.unseen, turn);
    this.#shown.restore(stored.publishedSeq, stored.newestSeq, turn);
    this.wake(turn);
  }

  /**
   * Writes texts to the outbox on disk, in this order. The call is answered after the sync, for a stored id with the
   * state reached so far. Errors, at once: `chat/blocked`, `chat/outbox-full`, and those of the route's `admit`.
   */
  send({ peerId, messages, via, call }: Sending, turn: T): Result<void, ChatError | DialectError> {
    const name = this.#people.name(peerId);
    if (this.#people.isBlocked(peerId)) return err({ code: 'chat/blocked', peer: name });
    const bytes = messages.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
    const refusal = this.#outboxes.refusal(messages.length, bytes);
    if (refusal !== null) return err(refusal);
    const route = this.#routeOf(peerId);
    const texts = messages.map(({ text }) => text);
    return route.admit(peerId, texts, via, turn).map((carriage) => {
      const isUnsaid = this.#outboxes.peek(peerId)?.isUp() !== true;
      const entryOf = (words: Words) =>
        outgoing(this.#people, words, peerId, { ...carriage, isUnsaid }, turn.now);
      const entries = messages.map((words) => this.expiry.stamped(entryOf(words), turn.now));
      this.#outboxes.committing(entries.length, bytes);
      const token = turn.newToken();
      this.#appends.set(token, { call, peerId, entries, carriage, bytes });
      turn.emit({ to: 'history', token, ask: { type: 'append', entries } });
    });
  }

  /** Takes reports of routes, and carries out their consequences. */
  apply(reports: readonly RouteReport[], turn: T): void {
    const waiting = [...reports];
    for (let report = waiting.shift(); report !== undefined; report = waiting.shift())
      waiting.push(...this.#take(report, turn));
    this.#outboxes.plan(turn);
  }

  /** Takes an answer of the history. False: the request belongs to another part. */
  answered(token: Token, { type, result }: SentAnswer, turn: T): boolean {
    switch (type) {
      case 'append':
        return this.#appended(token, result, turn);
      case 'mark':
        return this.#marked(token, result, turn);
      case 'outbox': {
        const loaded = this.#outboxes.loaded(token, result, turn);
        if (loaded === null) return this.#withdrawals.looked(token, result, (peerId) => this.#idle(peerId));
        this.#follow(loaded.peerId, loaded.outputs, turn);
        return true;
      }
      case 'page':
        return this.#shown.pageRead(token, result, turn);
      case 'expire':
        this.#expired(this.expiry.answered(token, result, turn), turn);
        return true;
      case 'readdress':
        for (const to of this.#readdressing.answered(token, result, this.#outboxes, turn))
          if (!this.#people.isBlocked(to))
            this.#follow(to, this.#outboxes.restart(to, turn.now.monotonicMs), turn);
        return true;
      default:
        return unreachable(type);
    }
  }

  due(due: DeliveryDue, turn: T): void {
    switch (due.type) {
      case 'outbox':
        this.#outboxes.woken(due.atMs);
        this.wake(turn);
        break;
      case 'marks':
        this.#marks.again(turn);
        break;
      case 'expiry':
        this.expiry.due(due.atMs, turn);
        break;
      default:
        unreachable(due);
    }
  }

  /** Works on every outbox that is due. */
  wake(turn: T): void {
    const nowMs = turn.now.monotonicMs;
    for (const [peerId, outbox] of this.#outboxes.due(nowMs))
      this.apply(this.#carryOut(peerId, outbox.tick(nowMs), turn), turn);
    this.#outboxes.plan(turn);
  }

  /** Holds or releases the messages to a peer. Those to a blocked peer stay on disk until it is unblocked. */
  hold(peerId: PeerId, isHeld: boolean, turn: T): void {
    if (isHeld) this.#outboxes.close(peerId);
    else this.#follow(peerId, this.#outboxes.open(peerId, true).tick(turn.now.monotonicMs), turn);
  }

  /**
   * Takes messages out of the outbox. The call, if there is one, is answered once the disk knows, with those that were
   * still in it.
   */
  withdraw(peerId: PeerId, ids: readonly MessageId[], call: Withdrawal | null, turn: T): void {
    const mark = { peerId, ids, state: 'failed', reason: withdrawn } as const;
    const token = this.#marks.write(mark, turn);
    this.#withdrawals.asked(token, { peerId, peer: this.#people.name(peerId), call });
    const outbox = this.#outboxes.peek(peerId);
    if (outbox === undefined) return;
    this.#follow(peerId, withoutMark(outbox.confirmed(ids, turn.now.monotonicMs)), turn);
  }

  /** Whether no session can have had an own entry: it can be changed in place. */
  isUnsaid = ({ peerId, isUnsaid }: Entry): boolean =>
    isUnsaid === true && !this.#outboxes.isLoading(peerId) && this.#outboxes.peek(peerId)?.isUp() !== true;

  /** Takes a change in place: what was cancelled is not sent any more. */
  rewritten(peerId: PeerId, { cancelled, outbox }: Rewritten, turn: T): void {
    this.#outboxes.sized(outbox);
    this.#cancelled(peerId, cancelled, turn);
  }

  #expired(expired: Expired | null, turn: T): void {
    if (expired === null) return;
    this.#outboxes.sized(expired.outbox);
    for (const { peerId, ids } of expired.cancelled) this.#cancelled(peerId, ids, turn, 'expired');
  }

  #cancelled(peerId: PeerId, ids: readonly MessageId[], turn: T, reason: string = withdrawn): void {
    const name = this.#people.name(peerId);
    for (const id of ids) turn.emit({ to: 'feed', event: { ...status(id, name, 'failed'), reason } });
    const outbox = ids.length === 0 ? undefined : this.#outboxes.peek(peerId);
    if (outbox === undefined) return;
    this.#follow(peerId, withoutMark(outbox.confirmed(ids, turn.now.monotonicMs)), turn);
  }

  /** Dials a peer, or (null) every peer for which something waits, at once. Returns the number of peers. */
  retry(peerId: PeerId | null, turn: T): number {
    const waiting = this.#outboxes.waiting().filter(([other]) => peerId === null || other === peerId);
    for (const [other, outbox] of waiting) this.#follow(other, outbox.hurry(turn.now.monotonicMs), turn);
    return waiting.length;
  }

  /** Looks at the disk for messages to a peer that wait unnoticed, since an earlier core queued them and crashed. */
  look(peerId: PeerId, turn: T): void {
    if (this.#people.isBlocked(peerId)) return;
    this.#follow(peerId, this.#outboxes.of(peerId).mayHaveMore(turn.now.monotonicMs), turn);
  }

  /** Repeats the awaited peers for a discovery that starts again. */
  announceAwaited = (turn: T): void => this.#outboxes.announceAwaited(turn);

  /** Whether messages wait for the peer, as far as is known. */
  hasWork = (peerId: PeerId): boolean => this.#outboxes.hasWork(peerId);

  #take(report: RouteReport, turn: T): readonly RouteReport[] {
    if (report.type === 'heard') return this.#heard(report, turn);
    const { peerId } = report;
    const nowMs = turn.now.monotonicMs;
    // A sign of life matters only where messages wait.
    if (report.type === 'present' && this.#outboxes.peek(peerId) === undefined) return [];
    const outbox = this.#outboxes.of(peerId);
    switch (report.type) {
      case 'up':
        return this.#carryOut(peerId, outbox.sessionUp(nowMs), turn);
      case 'down': {
        // Unconfirmed messages are sent again over the next route.
        const further = this.#carryOut(peerId, outbox.sessionDown(nowMs), turn);
        if (outbox.isEmpty()) this.#outboxes.close(peerId);
        return further;
      }
      case 'way-failed':
        return this.#carryOut(peerId, outbox.wayFailed(nowMs), turn);
      case 'unreached':
        return this.#carryOut(peerId, outbox.dialFailed(nowMs, report.retryAfterMs), turn);
      case 'present':
        return this.#carryOut(peerId, outbox.present(nowMs), turn);
      case 'forgotten':
        this.#outboxes.close(peerId);
        this.#sentSeq.delete(peerId);
        return [];
      case 'found':
        this.#readdressing.found(report, this.#people, turn);
        return [];
      case 'taken':
        this.#taken(peerId, report.entries, turn);
        return [];
      case 'confirmed':
        return this.#carryOut(peerId, outbox.confirmed(report.ids, nowMs), turn, report.as);
      case 'refused': {
        if (report.ids.length === 0) return [];
        this.#marks.write({ peerId, ids: report.ids, state: 'failed', reason: report.reason }, turn);
        return this.#carryOut(peerId, withoutMark(outbox.confirmed(report.ids, nowMs)), turn);
      }
      default:
        return unreachable(report);
    }
  }

  #heard(heard: Heard, turn: T): readonly RouteReport[] {
    const refusal = this.#incoming.refusal(heard, this.#people, turn);
    if (refusal !== null) return this.#order(refusal, turn);
    this.#incoming.heard(heard, turn);
    return [];
  }

  /** Carries out the decisions of an outbox. Returns the immediate reports of routes. */
  #carryOut(
    peerId: PeerId,
    outputs: readonly OutboxOutput[],
    turn: T,
    as: 'sent' | 'delivered' = 'delivered',
  ): readonly RouteReport[] {
    return outputs.flatMap((output): readonly RouteReport[] => {
      switch (output.type) {
        case 'dial':
          return this.#order({ type: 'open', peerId }, turn);
        case 'say':
          return this.#order(
            { type: 'utter', peerId, entries: forRoute(peerId, output.entries), isAgain: output.isAgain },
            turn,
          );
        case 'need-more':
          this.#outboxes.load(peerId, output, turn);
          return [];
        case 'delivered':
          this.#marks.confirmed(peerId, output.ids, as, turn);
          return [];
        case 'hang-up':
          return this.#order({ type: 'close', peerId }, turn);
        default:
          return unreachable(output);
      }
    });
  }

  #follow(peerId: PeerId, outputs: readonly OutboxOutput[], turn: T): void {
    this.apply(this.#carryOut(peerId, outputs, turn), turn);
  }

  #order(order: RouteOrder, turn: T): readonly RouteReport[] {
    return this.#routeOf(order.peerId).carry(order, turn);
  }

  #appended(token: Token, result: AppendResult, turn: T): boolean {
    const entries = this.#appends.get(token)?.entries ?? this.#incoming.entriesOf(token);
    if (entries === null) return false;
    const committed = result.map(({ seqs, duplicates, outbox, isAltered = false, cancelled = [] }) => {
      this.#outboxes.sized(outbox);
      const all = entries.map((entry, at): Entry => ({ ...entry, seq: seqs[at] ?? 0 }));
      this.expiry.committed(all, turn);
      this.#shown.show(all, turn, isAltered);
      if (all[0] !== undefined) this.#cancelled(all[0].peerId, cancelled, turn);
      return { entries: all, duplicates };
    });
    if (result.isErr() && result.error.code.startsWith('runtime/')) this.expiry.look(turn);
    const append = this.#appends.get(token);
    if (append === undefined) {
      const orders =
        this.#incoming.stored(
          token,
          committed.map(() => null),
          turn,
        ) ?? [];
      this.apply(
        orders.flatMap((order) => this.#order(order, turn)),
        turn,
      );
    } else {
      this.#appends.delete(token);
      this.#queued(append, committed, turn);
    }
    return true;
  }

  #queued({ call, peerId, entries, carriage, bytes }: Append, committed: Committed, turn: T): void {
    this.#outboxes.committing(-entries.length, -bytes);
    if (committed.isErr()) {
      turn.emit(answer(call, err(committed.error)));
      // The history is unreachable, so the entries may be on disk, and later ones must not overtake them.
      const isUnknown = committed.error.code.startsWith('runtime/') && !this.#people.isBlocked(peerId);
      if (isUnknown) this.#follow(peerId, this.#outboxes.of(peerId).mayHaveMore(turn.now.monotonicMs), turn);
      return;
    }
    const known = new Map(committed.value.duplicates.map(({ at, state }) => [at, state]));
    const fresh = committed.value.entries.filter((_, at) => !known.has(at));
    const name = entries[0]?.peer ?? this.#people.name(peerId);
    for (const { id } of fresh) turn.emit({ to: 'feed', event: status(id, name, 'queued') });
    const statuses = entries.map(({ id }, at) => status(id, name, known.get(at) ?? 'queued'));
    turn.emit(answer(call, ok(statuses)));
    const freshIds = fresh.map(({ id }) => id);
    this.#routeOf(peerId).queued(peerId, freshIds, carriage);
    // Those to a peer that was blocked meanwhile wait on disk.
    if (this.#people.isBlocked(peerId)) return;
    // A duplicate may repeat a request over which this node crashed, whose entries wait unnoticed.
    const waiting = committed.value.entries.filter((_, at) => isOwed(known.get(at) ?? 'queued'));
    this.#follow(peerId, this.#outboxes.of(peerId).queued(waiting, turn.now.monotonicMs), turn);
  }

  #taken(peerId: PeerId, entries: readonly Entry[], turn: T): void {
    const name = this.#people.name(peerId);
    const sentSeq = this.#sentSeq.get(peerId) ?? 0;
    for (const { id, seq } of entries)
      if (seq > sentSeq) turn.emit({ to: 'feed', event: status(id, name, 'sent') });
    this.#sentSeq.set(peerId, Math.max(sentSeq, entries.at(-1)?.seq ?? 0));
  }

  /** Publishes a state once, however often a receipt comes. */
  #marked(token: Token, result: MarkResult, turn: T): boolean {
    if (!this.#marks.isAsked(token)) return false;
    this.#withdrawals.marked(token, result, turn);
    const settled = this.#marks.answered(token, result, turn);
    if (settled === null) return true;
    const { peerId, ids, state, reason } = settled.mark;
    if (settled.marked !== null) {
      this.#outboxes.sized(settled.marked.outbox);
      const name = this.#people.name(peerId);
      for (const id of this.#published.unpublished(settled.mark, settled.marked.reached)) {
        const event = { ...status(id, name, state), ...(reason === null ? {} : { reason }) };
        turn.emit({ to: 'feed', event });
      }
    }
    this.apply(this.#order({ type: 'settled', peerId, ids }, turn), turn);
    return true;
  }

  /** Stops dialling a peer for which nothing waits any longer. */
  #idle(peerId: PeerId): void {
    if (!this.#people.isLive(peerId)) this.#outboxes.close(peerId);
  }
}

/** Answers about entries; `unseen.ts` takes those about marks of readers. */
export type SentAnswer = Exclude<EntryAnswer, PeopleAnswer | { readonly type: 'find' | 'rewrite' }>;
type AppendResult = Extract<EntryAnswer, { readonly type: 'append' }>['result'];
type MarkResult = Extract<EntryAnswer, { readonly type: 'mark' }>['result'];
type Stored = { readonly entries: readonly Entry[]; readonly duplicates: readonly Duplicate[] };
type Committed = Result<Stored, StoreFailure | IdTaken>;

const isOwed = (state: DeliveryState): boolean => state === 'queued' || state === 'sent';
