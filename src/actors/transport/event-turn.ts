/**
 * Collects the items of one turn of the event loop and handles them together, in order of rank. The system reports
 * readable sockets in any order. A program that opens a connection for each message ends the first one before it
 * opens the second, so the first is readable whenever the second is: sorted within a turn, no message overtakes
 * another.
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
    // Runs after every socket that is readable in this turn.
    if (this.#items.push(item) === 1) setImmediate(() => this.#end());
  }

  #end(): void {
    const items = this.#items.toSorted((a, b) => this.#rank(a) - this.#rank(b));
    this.#items = [];
    for (const item of items) this.#handle(item);
  }
}
