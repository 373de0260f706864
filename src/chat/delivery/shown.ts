/**
 * Entries on their way from the disk to readers of events. They are published in the order of their `seq`, each once
 * and none left out, so that a reader that remembers the last `seq` has seen everything before it.
 */
import type { Result } from 'neverthrow';
import type { People, PeopleTurn } from '../people/people.js';
import { logLine, type Token, type Turn } from '../turn.js';
import type { DeliveryEffect, StoreFailure } from './effects.js';
import { bytesOf, type Entry } from './entry.js';
import { shown as limits } from './limits.js';
import { eventOf } from './transcript.js';

type ShownTurn = Turn<DeliveryEffect> & PeopleTurn;

/** The publication of committed entries. */
export class Shown {
  readonly #people: Pick<People, 'arrived'>;
  /** Greatest published `seq`. */
  #seq = 0;
  /** Entries up to this `seq` are committed and unpublished; they are being read back. */
  #heldUntilSeq = 0;
  /** The request of the page that is being read; null: no entry is missing. */
  #reading: Token | null = null;

  constructor(people: Pick<People, 'arrived'>) {
    this.#people = people;
  }

  /** Starts after the published entries. Those between `publishedSeq` and the committed `newestSeq` are read back. */
  restore(publishedSeq: number, newestSeq: number, turn: ShownTurn): void {
    this.#seq = publishedSeq;
    this.#heldUntilSeq = newestSeq;
    if (newestSeq > publishedSeq) this.#read(turn);
  }

  /**
   * Publishes committed entries, duplicates included: after a crash between commit and reply the history knows
   * entries that no reader has seen. `seq` has no gaps, so a gap means that a reply was lost, and the missing entries
   * are read back before later ones are published. `isAltered`: the history changed some of these entries as it took
   * them, so they are read back, too.
   */
  show(entries: readonly Entry[], turn: ShownTurn, isAltered = false): void {
    for (const entry of entries) {
      if (entry.seq <= this.#seq) continue;
      if (!isAltered && this.#reading === null && entry.seq === this.#seq + 1) this.#publish(entry, turn);
      else {
        // One commit may hold a gap, too: an entry that was known before, and one after the missing ones.
        this.#heldUntilSeq = Math.max(this.#heldUntilSeq, entry.seq);
        if (this.#reading === null) this.#read(turn);
      }
    }
  }

  /** Takes the page of missing entries. False: the token belongs to another request. */
  pageRead(token: Token, page: Result<readonly Entry[], StoreFailure>, turn: ShownTurn): boolean {
    if (token !== this.#reading) return false;
    this.#reading = null;
    if (page.isErr()) {
      // The next commit notices the gap again.
      turn.emit(logLine('error', 'lines-not-shown', { code: page.error.code }));
      return true;
    }
    for (const entry of page.value) this.#publish(entry, turn);
    // Numbers may have a hole where a damaged file was set aside. A short page does not show one, since its bytes are
    // bounded.
    if (page.value.length === 0) this.#seq = Math.max(this.#seq, this.#heldUntilSeq);
    if (this.#seq < this.#heldUntilSeq) this.#read(turn);
    return true;
  }

  #read(turn: ShownTurn): void {
    this.#reading = turn.newToken();
    const query = { afterSeq: this.#seq, limit: limits.resumePageEntries };
    turn.emit({ to: 'history', token: this.#reading, ask: { type: 'page', query } });
  }

  #publish(entry: Entry, turn: ShownTurn): void {
    if (entry.seq <= this.#seq) return;
    this.#seq = entry.seq;
    const event = eventOf(entry);
    if (event === null) return;
    if (entry.direction === 'in') {
      const { peerId, peer, seq, content } = entry;
      this.#people.arrived(
        { peerId, name: peer, seq, bytes: bytesOf(content), isMessage: event.type === 'message' },
        turn,
      );
    }
    turn.emit({ to: 'feed', event });
  }
}
