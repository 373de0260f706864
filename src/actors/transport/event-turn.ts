/**
 * What becomes known in one turn of the event loop, handed on together and in order. The system tells in any order
 * which sockets can be read. A program that opens a connection for each message has ended the first before it opens
 * the second, so the first can be read whenever the second can: sorted by turn, nobody overtakes.
 */
export class EventTurn<Item> {
  readonly #rank: (item: Item) => number;
  readonly #handle: (item: Item) => void;
  #items: Item[] = [];

  /** `rank`: the lowest is handled first. */
  constructor(rank: (item: Item) => number, handle: (item: Item) => void) {
    this.#rank = rank;
    this.#handle = handle;
  }

  add(item: Item): void {
    // Behind every socket that is read in this turn.
    if (this.#items.push(item) === 1) setImmediate(() => this.#end());
  }

  #end(): void {
    const items = this.#items.toSorted((a, b) => this.#rank(a) - this.#rank(b));
    this.#items = [];
    for (const item of items) this.#handle(item);
  }
}
