/**
 * Commands about people and about what waits for them: contacts and the decisions about their keys, unread messages,
 * the outbox. A peer is found among those that are known; nobody is dialled.
 */
import { err, ok, type Result } from 'neverthrow';
import { unreachable } from '../exhaustive.js';
import type { PeerId } from '../ids.js';
import type { AskedInput, AskedName, CallOf, Commands } from './asked.js';
import type { ContactInfo, UnreadInfo } from './contract.js';
import type { EntryAnswer, PeopleAnswer } from './delivery/effects.js';
import type { Unseen } from './delivery/entry.js';
import { outbox as limits } from './delivery/limits.js';
import { ReaderMarks } from './delivery/unseen.js';
import type { Effect, StoredAnswer } from './effects.js';
import type { ChatError } from './errors.js';
import { knownOrAwaited, setBlocked, type CoreTurn, type Parts } from './parts.js';
import { noChoice, sharesOf } from './people/contact.js';
import type { Privacy } from './people/privacy/privacy.js';
import { ReceiptDesk } from './receipts.js';
import type { PeerNote } from './routes/live-session.js';
import type { RouteReport } from './routes/route.js';
import { answer, type Token } from './turn.js';
import { TypingDesk } from './typing.js';

const commandNames = [
  'peers',
  'find',
  'unread',
  'read',
  'emitted',
  'privacy',
  'setPrivacy',
  'typing',
  'contacts',
  'contact',
  'choose',
  'accept',
  'reject',
  'forget',
  'outbox',
  'withdraw',
  'retry',
] as const satisfies readonly AskedName[];

/** Commands of this desk. */
export type PeopleCommand = Extract<AskedInput, { readonly name: (typeof commandNames)[number] }>;

/** Whether a call is a command of this desk. */
export const isPeopleCommand = (input: AskedInput): input is PeopleCommand =>
  commandNames.some((name) => name === input.name);

/** Whether an answer of the history is for this desk. */
export const isPeopleAnswer = (stored: StoredAnswer): stored is PeopleAnswer =>
  stored.type === 'read' ||
  stored.type === 'emitted' ||
  stored.type === 'told' ||
  stored.type === 'peer-read';

type Named<N extends keyof Commands> = Extract<PeopleCommand, { readonly name: N }>;

/** Runs these commands, and keeps those that wait for the history. */
export class PeopleDesk {
  readonly unseen: ReaderMarks;
  readonly receipts: ReceiptDesk;
  readonly typing: TypingDesk;
  readonly #parts: Parts;
  readonly #outboxes = new Map<Token, CallOf<'outbox'>>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.unseen = new ReaderMarks(parts.people);
    this.receipts = new ReceiptDesk(parts);
    this.typing = new TypingDesk(parts);
  }

  /** Restores the marks of readers, and the privacy. */
  restore(unseen: Unseen, privacy: Privacy | undefined): void {
    this.unseen.restore(unseen.emittedSeq);
    this.receipts.restore(unseen.owed ?? []);
    if (privacy !== undefined) this.#parts.privacy.choose(privacy);
  }

  /** Carries out a command. */
  command(input: PeopleCommand, turn: CoreTurn): void {
    const { people, delivery } = this.#parts;
    switch (input.name) {
      case 'peers':
        turn.emit(answer(input.call, ok(people.rows())));
        return;
      case 'find':
        turn.emit(answer(input.call, knownOrAwaited(this.#parts, input.body.peer).map(people.row)));
        return;
      case 'unread':
        turn.emit(answer(input.call, ok(this.#unread())));
        return;
      case 'read':
        this.#withKnown(input, turn, (peerId) => {
          const isTold = !this.#parts.privacy.shares('receipts', peerId);
          this.unseen.read(peerId, input.body.upToSeq, isTold, input.call, turn);
        });
        return;
      case 'emitted':
        this.unseen.emitted(input.body.seq, input.call, turn);
        return;
      case 'privacy':
        turn.emit(answer(input.call, ok(this.#parts.privacy.chosen)));
        return;
      case 'typing':
        this.typing.command(input, turn);
        return;
      case 'setPrivacy':
        this.#setPrivacy(input, turn);
        return;
      case 'contacts':
        turn.emit(answer(input.call, ok(people.contacts().map(({ peerId }) => this.#info(peerId)))));
        return;
      case 'contact':
        turn.emit(answer(input.call, people.known(input.body.peer).map(this.#info)));
        return;
      case 'choose':
        this.#withKnown(input, turn, (peerId) => {
          people.choose(peerId, input.body.choice, turn);
          turn.emit(answer(input.call, ok(this.#info(peerId))));
        });
        return;
      case 'accept':
        this.#accept(input, turn);
        return;
      case 'reject':
        this.#reject(input, turn);
        return;
      case 'forget':
        this.#withKnown(input, turn, (peerId) => this.#forget(peerId, input, turn));
        return;
      case 'outbox':
        this.#outbox(input, turn);
        return;
      case 'withdraw':
        this.#withKnown(input, turn, (peerId) => delivery.withdraw(peerId, input.body.ids, input.call, turn));
        return;
      case 'retry':
        this.#retry(input, turn);
        return;
      default:
        unreachable(input);
    }
  }

  /** Takes an utterance of a peer that no outbox keeps. */
  heard(note: PeerNote, turn: CoreTurn): void {
    if (note.type === 'read') this.receipts.heard(note, turn);
    else this.typing.heard(note, turn);
  }

  /** Notes reports of routes. */
  reported(reports: readonly RouteReport[], turn: CoreTurn): void {
    this.receipts.reported(reports, turn);
    this.typing.reported(reports, turn);
  }

  /** Takes an answer of the history about marks. */
  answered(token: Token, stored: PeopleAnswer, turn: CoreTurn): void {
    if (stored.type === 'told' || stored.type === 'peer-read')
      return this.receipts.answered(token, stored, turn);
    const read = this.unseen.answered(token, stored, turn);
    if (read !== null) this.receipts.owe(read.peerId, read.mark, turn);
  }

  /** Reads the events that a turn publishes: an unread message that is gone is counted no more. */
  after(effects: readonly Effect[], turn: CoreTurn): void {
    const losers = new Set<string>();
    for (const effect of effects)
      if (effect.to === 'feed' && effect.event.type === 'delete' && effect.event.direction === 'in')
        losers.add(effect.event.peerId);
    if (losers.size === 0) return;
    for (const { peerId } of this.#parts.people.unread())
      if (losers.has(peerId)) this.unseen.recount(peerId, turn);
  }

  #setPrivacy({ body, call }: Named<'setPrivacy'>, turn: CoreTurn): void {
    const { privacy } = this.#parts;
    privacy.choose({ ...privacy.chosen, ...body });
    turn.emit({ to: 'settings', say: 'privacy', privacy: privacy.chosen });
    turn.emit(answer(call, ok(privacy.chosen)));
  }

  /** The history answered the request for a page of the outbox. */
  outboxRead(token: Token, result: Extract<EntryAnswer, { type: 'outbox' }>['result'], turn: CoreTurn): void {
    const call = this.#outboxes.get(token);
    this.#outboxes.delete(token);
    if (call !== undefined) turn.emit(answer(call, result));
  }

  #withKnown(
    input: Named<'read' | 'choose' | 'forget' | 'withdraw'>,
    turn: CoreTurn,
    carryOut: (peerId: PeerId) => void,
  ): void {
    const isAboutMessages = input.name === 'withdraw';
    const { people } = this.#parts;
    const found = isAboutMessages
      ? knownOrAwaited(this.#parts, input.body.peer)
      : people.known(input.body.peer);
    found.match(carryOut, (error) => turn.emit(answer<never, ChatError>(input.call, err(error))));
  }

  #unread(): readonly UnreadInfo[] {
    const { people } = this.#parts;
    return people.unread().map(({ peerId, unread, readSeq, countedSeq }) => ({
      peer: people.row(peerId),
      unread,
      readSeq,
      countedSeq,
    }));
  }

  readonly #info = (peerId: PeerId): ContactInfo => {
    const { people } = this.#parts;
    const contact = people.contact(peerId);
    const { alias, note, muted, standing, receipts, typing } = contact ?? noChoice;
    return {
      ...sharesOf({ receipts, typing }),
      peer: people.row(peerId),
      alias,
      note,
      muted,
      readMarks: this.receipts.knownOf(peerId),
      standing: people.isTrusted(peerId) ? 'accepted' : standing,
      firstSeen: new Date(contact?.firstSeenMs ?? 0).toISOString(),
      hasKey: contact !== undefined && contact.idKeyHex !== '',
    };
  };

  /** Accepts a request or a changed key: contacts that bore its name and are gone lose their claim to it. */
  #accept({ body, call }: Named<'accept'>, turn: CoreTurn): void {
    const { people, native } = this.#parts;
    const found = people.undecided(body.peer);
    if (found.isErr()) {
      turn.emit(answer(call, err(found.error)));
      return;
    }
    const peerId = found.value;
    const released = people.holders(peerId).filter((holder) => people.state(holder) === 'offline');
    for (const holder of released) people.release(holder, turn);
    setBlocked(this.#parts, peerId, false, turn);
    people.choose(peerId, { standing: 'accepted' }, turn);
    people.trust(peerId, turn);
    native.known.announce(turn);
    const replaced = released.map((holder) => people.row(holder));
    turn.emit(answer(call, ok({ contact: this.#info(peerId), replaced })));
  }

  #reject({ body, call }: Named<'reject'>, turn: CoreTurn): void {
    const { people } = this.#parts;
    const found = people.undecided(body.peer);
    if (found.isOk()) {
      setBlocked(this.#parts, found.value, true, turn);
      people.choose(found.value, { standing: 'rejected' }, turn);
    }
    turn.emit(answer(call, found.map(this.#info)));
  }

  #forget(peerId: PeerId, { call }: Named<'forget'>, turn: CoreTurn): void {
    const { people, native } = this.#parts;
    const before = people.row(peerId);
    setBlocked(this.#parts, peerId, false, turn);
    native.blocked(peerId, turn);
    people.forgetContact(peerId, turn);
    native.known.announce(turn);
    turn.emit(answer(call, ok(before)));
  }

  #outbox({ body: { peer, afterSeq }, call }: Named<'outbox'>, turn: CoreTurn): void {
    const found: Result<PeerId | null, ChatError> =
      peer === null ? ok(null) : knownOrAwaited(this.#parts, peer);
    if (found.isErr()) {
      turn.emit(answer(call, err(found.error)));
      return;
    }
    const token = turn.newToken();
    this.#outboxes.set(token, call);
    const { entriesMax, bytesMax } = limits.list;
    turn.emit({
      to: 'history',
      token,
      ask: { type: 'outbox', peerId: found.value, afterSeq, entriesMax, bytesMax },
    });
  }

  #retry({ body: { peer }, call }: Named<'retry'>, turn: CoreTurn): void {
    const { delivery } = this.#parts;
    const found: Result<PeerId | null, ChatError> =
      peer === null ? ok(null) : knownOrAwaited(this.#parts, peer);
    turn.emit(
      answer(
        call,
        found.map((peerId) => ({ peers: delivery.retry(peerId, turn) })),
      ),
    );
  }
}
