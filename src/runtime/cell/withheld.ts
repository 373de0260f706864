/**
 * Acknowledgements that an actor withholds: what it handled caused messages, and these lie in the memory of its thread
 * until their receivers have acknowledged them. If the thread dies before, the senders of the causes send them again.
 */
import type { LinkReceiver } from '../link/receiver.js';
import type { LinkSender } from '../link/sender.js';

/** One drain: once each sender has acknowledgements up to its mark, each receiver may acknowledge up to its own. */
interface Entry {
  marks: readonly (readonly [sender: LinkSender, next: number])[];
  readonly ends: Map<LinkReceiver, number>;
}

/** The withheld acknowledgements of one actor, oldest first. */
export class Withheld {
  readonly #entriesMax: number;
  #entries: Entry[] = [];

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** Takes in a drain. Returns false when nothing has to wait: neither this drain nor an earlier one. */
  add(senders: Iterable<LinkSender>, ends: Iterable<LinkReceiver>): boolean {
    const marks: (readonly [LinkSender, number])[] = [];
    for (const sender of senders)
      if (!sender.isCircular && sender.head < sender.next) marks.push([sender, sender.next]);
    if (marks.length === 0 && this.isEmpty) return false;
    const last = this.#entries.at(-1);
    // A further entry costs memory, a later mark in the last one only time.
    if (last !== undefined && this.#entries.length >= this.#entriesMax) {
      last.marks = marks;
      for (const end of ends) last.ends.set(end, end.done);
    } else this.#entries.push({ marks, ends: new Map([...ends].map((end) => [end, end.done])) });
    return true;
  }

  /** Releases every drain whose messages are safe, oldest first. */
  release(onReleased: (end: LinkReceiver) => void): void {
    for (let entry = this.#entries[0]; entry !== undefined; entry = this.#entries[0]) {
      if (!entry.marks.every(([sender, next]) => sender.isGone || sender.head >= next)) return;
      this.#entries.shift();
      for (const [end, seq] of entry.ends) {
        end.release(seq);
        onReleased(end);
      }
    }
  }
}
