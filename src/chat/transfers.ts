/**
 * Transfers, as the core sees them: offers are messages, so they go through delivery and its outbox; everything else is
 * the business of the actor of files, which this desk asks, and for which it keeps peers within reach.
 *
 *   out   offer ─► transfers.offer … prepared ─► delivery.send ─► outbox          in   heard ─► transfers.offered … kept ─► delivery
 */
import { err, ok } from 'neverthrow';
import type { FileOffer } from '../dialects/files.js';
import type { PeerId } from '../ids.js';
import { feature } from '../wire/features.js';
import type { AskedInput, CallOf, Commands } from './asked.js';
import type { Effect, Input } from './effects.js';
import type { TransferAction } from './contract.js';
import type { TransferEvent } from './events.js';
import type { TransferAnswer, TransferAsk, TransfersDue } from './files/effects.js';
import type { TransferRow } from './files/record.js';
import { WantedPeers } from './files/wanted-peers.js';
import type { CoreTurn, Parts } from './parts.js';
import { abilityOf } from './people/capabilities.js';
import { isNativeId } from './people/identity.js';
import type { NativeOutcome } from './routes/live-session.js';
import type { Heard, RouteReport } from './routes/route.js';
import { answer, logLine, type CallerEffect, type Token } from './turn.js';

type FilesInput = Extract<
  Input,
  { readonly type: 'filesStarted' | 'transferChanged' | 'filesWanted' | 'transfersAnswered' }
>;

/** A request whose answer is awaited. */
type Waiting =
  | {
      readonly type: 'offer';
      readonly call: CallOf<'offerFiles'>;
      readonly peerId: PeerId;
      readonly body: Commands['offerFiles']['body'];
    }
  | { readonly type: 'list'; readonly call: CallOf<'transfers'> }
  | { readonly type: 'act'; readonly call: CallOf<'actOnTransfer'>; readonly action: TransferAction }
  | { readonly type: 'heard'; readonly report: Heard; open: number; isFailed: boolean };

/** The desk for transfers. */
export class TransferDesk {
  readonly #parts: Parts;
  readonly #waiting = new Map<Token, Waiting>();
  readonly #wanted = new WantedPeers();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Offers files to a peer. */
  offer(
    peerId: PeerId,
    body: Commands['offerFiles']['body'],
    call: CallOf<'offerFiles'>,
    turn: CoreTurn,
  ): void {
    const { people } = this.#parts;
    const peer = people.name(peerId);
    const ability = abilityOf(peerId, people.contact(peerId), feature.files);
    if (!isNativeId(peerId) || ability === 'cannot')
      return turn.emit(answer(call, err({ code: 'files/unsupported', peer })));
    if (people.isBlocked(peerId)) return turn.emit(answer(call, err({ code: 'chat/blocked', peer })));
    const { id, paths, comment, spool, wishes } = body;
    const token = this.#wait({ type: 'offer', call, peerId, body }, turn);
    turn.emit({ to: 'transfers', token, ask: { type: 'offer', id, peerId, paths, comment, spool, wishes } });
  }

  /** Runs a command about transfers that exist. */
  command(
    command: Extract<AskedInput, { readonly name: 'transfers' | 'actOnTransfer' }>,
    turn: CoreTurn,
  ): readonly RouteReport[] {
    const isList = command.name === 'transfers';
    const ask: TransferAsk = isList ? { type: 'list' } : { type: 'act', ...command.body };
    const waiting: Waiting = isList
      ? { type: 'list', call: command.call }
      : { type: 'act', call: command.call, action: command.body.action };
    turn.emit({ to: 'transfers', token: this.#wait(waiting, turn), ask });
    return [];
  }

  /** Takes a report or an answer of the actor of files. Returns the reports that waited for it. */
  input(input: FilesInput, turn: CoreTurn): readonly RouteReport[] {
    switch (input.type) {
      case 'filesStarted':
        this.#parts.native.attachFiles(turn);
        return [];
      case 'transferChanged':
        turn.emit({ to: 'feed', event: this.#eventOf(input.row) });
        return [];
      case 'filesWanted':
        this.#setWanted(input.peerIds, turn);
        return [];
      case 'transfersAnswered':
        this.#parts.delivery.apply(this.#answered(input.token, input.answer, turn), turn);
        return [];
      default:
        return input satisfies never;
    }
  }

  /**
   * Passes reports of routes on to delivery. Offers are kept by the actor of files first: once delivery has confirmed
   * one, its sender never repeats it.
   */
  pass(reports: readonly RouteReport[], turn: CoreTurn): void {
    if (reports.length === 0) return;
    const ready = reports.filter((report) => {
      if (report.type === 'present' && this.#wanted.present(report.peerId, turn))
        this.#dial(report.peerId, turn);
      return report.type !== 'heard' || !this.#holds(report, turn);
    });
    if (ready.length > 0) this.#parts.delivery.apply(ready, turn);
  }

  /** Returns the reports that waited for the answer. */
  #answered(token: Token, given: TransferAnswer, turn: CoreTurn): readonly RouteReport[] {
    const waiting = this.#waiting.get(token);
    this.#waiting.delete(token);
    if (waiting === undefined) return [];
    switch (given.type) {
      case 'offer':
        if (waiting.type === 'offer') this.#prepared(waiting, given, turn);
        return [];
      case 'list':
        if (waiting.type === 'list')
          turn.emit(
            answer(
              waiting.call,
              given.result.map((rows) => rows.map((row) => this.#eventOf(row))),
            ),
          );
        return [];
      case 'act':
        if (waiting.type === 'act') this.#acted(waiting, given, turn);
        return [];
      case 'offered':
        return waiting.type === 'heard' ? this.#kept(waiting, given, turn) : [];
      default:
        return given satisfies never;
    }
  }

  /** An offer that the user cancels is taken out of the outbox, where it waits still. */
  #acted(
    { call, action }: Extract<Waiting, { readonly type: 'act' }>,
    { result }: Extract<TransferAnswer, { readonly type: 'offered' | 'act' }>,
    turn: CoreTurn,
  ): void {
    turn.emit(
      answer(
        call,
        result.map((row) => this.#eventOf(row)),
      ),
    );
    if (result.isErr() || action !== 'cancel' || result.value.direction === 'in') return;
    const { peerId, id } = result.value;
    this.#parts.delivery.withdraw(peerId, [id], null, turn);
  }

  /** Reads the statuses that a turn publishes: a message that failed may be an offer, whose transfer ends with it. */
  after(effects: readonly Effect[], turn: CoreTurn): void {
    const ids = effects.flatMap((effect) =>
      effect.to === 'feed' && effect.event.type === 'status' && effect.event.state === 'failed'
        ? [effect.event.id]
        : [],
    );
    if (ids.length > 0) turn.emit({ to: 'transfers', token: turn.newToken(), ask: { type: 'unsent', ids } });
  }

  due({ peerId, nth }: TransfersDue, turn: CoreTurn): void {
    if (this.#wanted.due(peerId, nth, turn)) this.#dial(peerId, turn);
  }

  /** Forgets a session that ended. One that was parked leaves its slot to others for a moment. */
  sessionDown(
    { sessionId, end }: Extract<Input, { readonly type: 'sessionDown' }>,
    turn: CoreTurn,
  ): NativeOutcome {
    const outcome = this.#parts.native.sessionDown(sessionId, end, turn);
    if (end.type === 'closed' && end.reason === 'park')
      for (const report of outcome.reports)
        if (report.type === 'down') this.#wanted.parked(report.peerId, turn);
    return outcome;
  }

  #setWanted(peerIds: readonly PeerId[], turn: CoreTurn): void {
    const { people } = this.#parts;
    const reachable = peerIds.filter((peerId) => !people.isBlocked(peerId));
    for (const peerId of this.#wanted.set(reachable, turn)) this.#dial(peerId, turn);
  }

  #eventOf(row: TransferRow): TransferEvent {
    const { peerId, etaSeconds, reason, comment, places, notes, ...fields } = row;
    return {
      type: 'transfer',
      ...fields,
      peer: this.#parts.people.name(peerId),
      peerId,
      ...(etaSeconds === null ? {} : { etaSeconds }),
      ...(reason === null ? {} : { reason }),
      ...(comment === '' ? {} : { comment }),
      ...(places.length === 0 ? {} : { places }),
      ...(notes.length === 0 ? {} : { notes }),
    };
  }

  #wait(waiting: Waiting, turn: CoreTurn): Token {
    const token = turn.newToken();
    this.#waiting.set(token, waiting);
    return token;
  }

  #dial(peerId: PeerId, turn: CoreTurn): void {
    const { people, native, delivery } = this.#parts;
    if (people.isLive(peerId) || people.isBlocked(peerId)) return;
    delivery.apply(native.carry({ type: 'open', peerId }, turn), turn);
  }

  #prepared(
    { call, peerId, body }: Extract<Waiting, { readonly type: 'offer' }>,
    { result }: Extract<TransferAnswer, { readonly type: 'offer' }>,
    turn: CoreTurn,
  ): void {
    if (result.isErr()) return turn.emit(answer(call, err(result.error)));
    const { people, native, delivery } = this.#parts;
    const { row, offer } = result.value;
    const messages = [{ id: body.id, text: offer.name, offer }];
    turn.emit({ to: 'feed', event: this.#eventOf(row) });
    const queued = delivery.send({ peerId, messages, via: null, call }, turn);
    if (queued.isErr()) turn.emit(answer(call, err(queued.error)));
    else if (people.trust(peerId, turn)) native.known.announce(turn);
  }

  #holds(report: Heard, turn: CoreTurn): boolean {
    const from = report.repeatedBy;
    if (from === null) return false;
    const offers = report.entries.flatMap(({ id, content }) =>
      content.type === 'file-offer' ? [{ id, offer: content satisfies FileOffer }] : [],
    );
    if (offers.length === 0) return false;
    const { people } = this.#parts;
    const { peerId } = from;
    const waiting: Waiting = { type: 'heard', report, open: offers.length, isFailed: false };
    const of = { peerId, isTrusted: people.isTrusted(peerId), isVerified: people.isVerified(peerId) };
    for (const { id, offer } of offers) {
      const token = this.#wait(waiting, turn);
      turn.emit({ to: 'transfers', token, ask: { type: 'offered', id, offer, ...of } });
    }
    return true;
  }

  #kept(
    waiting: Extract<Waiting, { readonly type: 'heard' }>,
    { result }: Extract<TransferAnswer, { readonly type: 'offered' | 'act' }>,
    turn: CoreTurn,
  ): readonly RouteReport[] {
    waiting.open -= 1;
    if (result.isErr()) {
      waiting.isFailed = true;
      turn.emit(logLine('error', 'offer-not-kept', { code: result.error.code }));
    }
    if (waiting.open > 0) return [];
    if (!waiting.isFailed) return [waiting.report];
    // Without a receipt the peer repeats the offer.
    const { call, repeatedBy } = waiting.report;
    const nothingKept: CallerEffect = answer(call, ok({ receipts: [] }));
    turn.emit(nothingKept);
    if (repeatedBy !== null)
      this.#parts.delivery.apply(this.#parts.native.carry({ type: 'refuse', ...repeatedBy }, turn), turn);
    return [];
  }
}
