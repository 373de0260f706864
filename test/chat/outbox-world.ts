/**
 * A small world around an outbox: a sender with a history that survives crashes, connections that may be cut at any
 * time and deliver their tail late or never, and a receiver that commits each id once. Driven step by step.
 */
import type { Entry } from '../../src/chat/delivery/entry.js';
import { createOutbox, type Outbox, type OutboxOutput } from '../../src/chat/delivery/outbox.js';
import type { MessageId } from '../../src/ids.js';

interface Connection {
  readonly toReceiver: Entry[];
  readonly toSender: MessageId[][];
}

export class OutboxWorld {
  readonly history: { readonly entry: Entry; isDelivered: boolean }[] = [];
  readonly shown: Entry[] = [];
  readonly #shownIds = new Set<MessageId>();
  readonly #makeEntry: (seq: number) => Entry;
  readonly #chance: () => number;
  readonly receiptLoss: number;
  nowMs = 0;
  saidEntries = 0;
  readonly saidAgainAtMs: number[] = [];
  readonly dialsAtMs: number[] = [];
  #outbox: Outbox;
  #current: Connection | null = null;
  /** Cut by the sender's view, but some of it may still arrive. */
  readonly #old: Connection[] = [];
  readonly #pages: {
    readonly output: OutboxOutput & { type: 'need-more' };
    readonly entries: readonly Entry[];
  }[] = [];
  #isDialling = false;
  /** Committed entries that the outbox does not know of yet. */
  #untold: Entry[] = [];

  constructor(makeEntry: (seq: number) => Entry, chance: () => number, receiptLoss: number) {
    this.#makeEntry = makeEntry;
    this.#chance = chance;
    this.receiptLoss = receiptLoss;
    this.#outbox = this.#newOutbox(false);
  }

  send(count: number): void {
    for (let n = 0; n < count; n += 1) {
      const entry = this.#makeEntry(this.history.length + 1);
      this.history.push({ entry, isDelivered: false });
      this.#untold.push(entry);
    }
  }

  tellCommitted(): void {
    const entries = this.#untold;
    this.#untold = [];
    this.#do(this.#outbox.queued(entries, this.nowMs));
  }

  answerDial(isReachable: boolean): void {
    if (!this.#isDialling) return;
    this.#isDialling = false;
    if (isReachable) this.#connect();
    else this.#do(this.#outbox.dialFailed(this.nowMs));
  }

  /** A session the other side opened. */
  accept(): void {
    if (this.#current === null) this.#connect();
  }

  cut(): void {
    if (this.#current === null) return;
    this.#old.push(this.#current);
    this.#current = null;
    this.#do(this.#outbox.sessionDown(this.nowMs));
  }

  answerPage(): void {
    const page = this.#pages.shift();
    if (page === undefined) return;
    const isLast = page.entries.length < page.output.entriesMax;
    this.#do(this.#outbox.loaded(page.output.request, page.entries, isLast, this.nowMs));
  }

  failPage(): void {
    const page = this.#pages.shift();
    if (page) this.#do(this.#outbox.loadFailed(page.output.request, this.nowMs));
  }

  /** The receiver reads up to `count` entries: of the live connection, or of what an old one still holds. */
  receive(count: number, isOld: boolean): void {
    const connection = isOld ? this.#old.find((old) => old.toReceiver.length > 0) : this.#current;
    const entries = connection?.toReceiver.splice(0, count) ?? [];
    for (const entry of entries) {
      if (this.#shownIds.has(entry.id)) continue;
      this.#shownIds.add(entry.id);
      this.shown.push(entry);
    }
    if (entries.length > 0 && connection === this.#current) {
      connection?.toSender.push(entries.map(({ id }) => id));
    }
  }

  /** Receipts arrive, each kept back with the world's loss. */
  receipts(count: number): void {
    for (const ids of this.#current?.toSender.splice(0, count) ?? []) {
      const kept = ids.filter(() => this.#chance() >= this.receiptLoss);
      this.#do(this.#outbox.confirmed(kept, this.nowMs));
    }
  }

  loseOld(): void {
    this.#old.shift();
  }

  /** kill -9 of the sender: all but the history is gone. */
  crash(): void {
    if (this.#current) this.#old.push(this.#current);
    this.#current = null;
    this.#isDialling = false;
    this.#pages.length = 0;
    this.#untold = [];
    this.#outbox = this.#newOutbox(this.history.some(({ isDelivered }) => !isDelivered));
  }

  advance(ms: number): void {
    this.nowMs += ms;
    this.#do(this.#outbox.tick(this.nowMs));
  }

  present(): void {
    this.#do(this.#outbox.present(this.nowMs));
  }

  /** Everything works from now on; true when all is delivered within `roundsMax`. */
  heal(roundsMax: number): boolean {
    for (let round = 0; round < roundsMax; round += 1) {
      if (this.history.every(({ isDelivered }) => isDelivered)) return true;
      this.tellCommitted();
      this.answerDial(true);
      this.answerPage();
      this.receive(4_096, false);
      this.receipts(4_096);
      const idleMs = (this.#outbox.dueAtMs() ?? this.nowMs) - this.nowMs;
      this.advance(Math.max(1, round % 8 === 7 ? idleMs : 1));
    }
    return false;
  }

  #newOutbox(hasUndelivered: boolean): Outbox {
    return createOutbox({ hasUndelivered, random: this.#chance });
  }

  #connect(): void {
    this.#current = { toReceiver: [], toSender: [] };
    this.#do(this.#outbox.sessionUp(this.nowMs));
  }

  #do(outputs: readonly OutboxOutput[]): void {
    for (const output of outputs) this.#doOne(output);
  }

  #doOne(output: OutboxOutput): void {
    switch (output.type) {
      case 'dial':
        this.#isDialling = true;
        this.dialsAtMs.push(this.nowMs);
        return;
      case 'say':
        if (this.#current === null) throw new Error('says without a session');
        this.#current.toReceiver.push(...output.entries);
        this.saidEntries += output.entries.length;
        if (output.isAgain) this.saidAgainAtMs.push(this.nowMs);
        return;
      case 'need-more': {
        // Read now, answered later: what is committed in between is not on the page.
        const waiting = this.history.filter(
          ({ entry, isDelivered }) => !isDelivered && entry.seq > output.afterSeq,
        );
        this.#pages.push({ output, entries: waiting.slice(0, output.entriesMax).map(({ entry }) => entry) });
        return;
      }
      case 'delivered':
        for (const id of output.ids) {
          const entry = this.history.find(({ entry }) => entry.id === id);
          if (entry) entry.isDelivered = true;
        }
        return;
      case 'hang-up':
        this.cut();
    }
  }
}
