/** The messages of an actor after a crash: delivered again, set aside as poison, or lost by contract. */
import type { CellParts } from './cell-host.js';
import { lost, poison, unknownName } from '../link/faults.js';
import type { DeadLetter } from '../link/protocol.js';
import type { LinkReceiver } from '../link/receiver.js';
import { isOnce, isCall, nameShift, takenOut } from '../link/envelope.js';
import type { Mailbox } from './mailbox.js';

/** The ends of the links into an actor. */
interface Receiving {
  readonly receivers: ReadonlySet<LinkReceiver>;
}

/** The envelopes of one actor that a crash concerns. */
export class Redelivery {
  readonly #id: string;
  readonly #names: readonly string[];
  readonly #mailbox: Mailbox<LinkReceiver | null>;
  readonly #links: Receiving;
  readonly #triesMax: number;
  readonly #events: { deadLetter(letter: DeadLetter): void };
  /** Messages that their actor has put aside, oldest first. */
  #stashed: {
    readonly end: LinkReceiver;
    readonly seq: number;
    readonly code: number;
    readonly body: unknown;
  }[] = [];
  /** At the end of this batch they wait again. */
  isUnstashAsked = false;
  #last: { end: LinkReceiver | null; seq: number; tries: number } = { end: null, seq: 0, tries: 0 };

  constructor(
    parts: CellParts,
    names: readonly string[],
    mailbox: Mailbox<LinkReceiver | null>,
    links: Receiving,
    events: { deadLetter(letter: DeadLetter): void },
  ) {
    this.#id = parts.id;
    this.#names = names;
    this.#mailbox = mailbox;
    this.#links = links;
    this.#triesMax = parts.limits.poisonTriesMax;
    this.#events = events;
  }

  /** Puts the message in hand aside: it is not acknowledged until it is handled. Returns false for one to itself. */
  stash(place: number): boolean {
    const end = this.#mailbox.endAt(place) ?? null;
    if (end === null) return false;
    const [seq, code] = [this.#mailbox.seqAt(place), this.#mailbox.codeAt(place)];
    if (!end.isAside(seq)) this.#stashed.push({ end, seq, code, body: this.#mailbox.bodyAt(place) });
    end.hold(seq);
    this.#mailbox.takeOut(place);
    return true;
  }

  /** Call only between two drains. */
  unstash(): void {
    if (!this.isUnstashAsked) return;
    this.isUnstashAsked = false;
    const stashed = this.#stashed;
    this.#stashed = [];
    for (const { end, seq, code, body } of stashed.toReversed()) {
      end.requeue(seq);
      this.#mailbox.unshift(end, seq, code, body);
    }
  }

  /** Id of the envelope at `place`; null for one of the actor to itself. */
  idAt(place: number): string | null {
    return this.#mailbox.endAt(place)?.messageId(this.#mailbox.seqAt(place)) ?? null;
  }

  /** Name of the message at `place`; null where it was stashed. */
  nameAt(place: number): string | null {
    return this.#names[this.#mailbox.codeAt(place) >> nameShift] ?? null;
  }

  /** `place`: of the envelope at which the actor crashed; null: it crashed at none. */
  afterCrash(place: number | null): void {
    this.#rewind();
    if (place !== null) this.#suspect(place);
    for (const end of this.#links.receivers) end.flush();
    // An envelope that was given up is done, even where the next batch crashes as well.
    this.#mailbox.skipTakenOut();
  }

  /** A message that the actor has no handler for. It takes a place in the mailbox, so that it is acknowledged in turn. */
  refuse(from: LinkReceiver, seq: number, code: number, name: string, body: unknown): void {
    const actor = this.#id;
    this.#events.deadLetter({ actor, from: from.link.from, name, reason: 'unknown-name', body });
    if ((code & isCall) !== 0) from.answer(seq, false, unknownName(actor, name));
    this.#mailbox.push(from, seq, takenOut, undefined);
  }

  /** Makes everything that is not done wait again, calls without an answer first. */
  #rewind(): void {
    const mailbox = this.#mailbox;
    // Answers of a batch that is handled again must not leave; before any other answer is added below.
    for (const end of this.#links.receivers) end.dropAnswersAfter(end.done);
    for (let place = mailbox.base; place < mailbox.head; place += 1) {
      const end = mailbox.endAt(place) ?? null;
      if (end !== null && (mailbox.codeAt(place) & isOnce) !== 0) this.#lose(place, end);
    }
    // A message to itself belongs to the incarnation that sent it.
    for (let place = mailbox.base; place < mailbox.tail; place += 1)
      if ((mailbox.endAt(place) ?? null) === null) {
        if (mailbox.codeAt(place) !== takenOut) this.#bury(place, 'crashed');
        mailbox.takeOut(place);
      }
    mailbox.rewind();
    for (const end of this.#links.receivers)
      for (const { seq, code, body } of end.takeDeferred().toReversed())
        if ((code & isOnce) === 0) mailbox.unshift(end, seq, code, body);
        else end.answer(seq, false, lost(this.#id, this.#nameOf(code)));
    this.isUnstashAsked = true;
    this.unstash();
  }

  /** Notes a crash at this envelope. An envelope at which several crashes happened is poison. Call after `#rewind`. */
  #suspect(place: number): void {
    const end = this.#mailbox.endAt(place) ?? null;
    const code = this.#mailbox.codeAt(place);
    if (end === null || place < this.#mailbox.base || code === takenOut) return;
    const seq = this.#mailbox.seqAt(place);
    const isSame = this.#last.end === end && this.#last.seq === seq;
    this.#last = { end, seq, tries: isSame ? this.#last.tries + 1 : 1 };
    if (this.#last.tries < this.#triesMax) return;
    this.#last = { end: null, seq: 0, tries: 0 };
    this.#bury(place, 'poison');
    if ((code & isCall) !== 0) end.answer(seq, false, poison(this.#id, this.#nameOf(code)));
    this.#mailbox.takeOut(place);
  }

  /** Buries messages of senders that are gone: the actor has ended for good, and living senders bury theirs. */
  buryOrphans(): void {
    const mailbox = this.#mailbox;
    for (let place = mailbox.head; place < mailbox.tail; place += 1) {
      const code = mailbox.codeAt(place);
      if (code === takenOut || (code & isCall) !== 0) continue;
      const end = mailbox.endAt(place) ?? null;
      if (end === null || end.isOrphan) this.#bury(place, 'stopped');
    }
  }

  #lose(place: number, end: LinkReceiver): void {
    const code = this.#mailbox.codeAt(place);
    if (code === takenOut) return;
    this.#bury(place, 'lost-transfer');
    if ((code & isCall) !== 0)
      end.answer(this.#mailbox.seqAt(place), false, lost(this.#id, this.#nameOf(code)));
    this.#mailbox.takeOut(place);
  }

  #bury(place: number, reason: DeadLetter['reason']): void {
    const code = this.#mailbox.codeAt(place);
    this.#events.deadLetter({
      actor: this.#id,
      from: this.#mailbox.endAt(place)?.link.from ?? this.#id,
      name: this.#nameOf(code),
      reason,
      body: (code & isOnce) === 0 ? this.#mailbox.bodyAt(place) : undefined,
    });
  }

  #nameOf(code: number): string {
    return this.#names[code >> nameShift] ?? '';
  }
}
