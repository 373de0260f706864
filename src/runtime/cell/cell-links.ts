/**
 * The links of one actor: what it handled is acknowledged to those who sent it, once everything that the handling
 * caused is safe; and the room of its mailbox is shared out among them.
 */
import type { Timer } from '../timers.js';
import { creditPerLink, type RuntimeLimits } from '../limits.js';
import type { CellHost } from './cell-host.js';
import type { Origin } from '../link/envelope.js';
import type { SenderOwner } from '../link/protocol.js';
import type { LinkSender } from '../link/sender.js';
import { openedName } from '../link/names.js';
import type { LinkReceiver } from '../link/receiver.js';
import type { DoneListener, Mailbox } from './mailbox.js';
import { Withheld } from './withheld.js';

/** Most actors have no links in one direction: they share these. */
const noSenders: ReadonlyMap<string, LinkSender> = new Map();
const noReceivers: ReadonlySet<LinkReceiver> = new Set();
const noEnds: LinkReceiver[] = [];

/** The links of one actor, by name and by number. */
export class CellLinks implements SenderOwner<LinkSender>, DoneListener<LinkReceiver | null> {
  #senders: Map<string, LinkSender> | null = null;
  #receivers: Set<LinkReceiver> | null = null;
  readonly #slot: number;
  readonly #limits: RuntimeLimits;
  readonly #host: CellHost;
  readonly #inHand: { readonly origin: Origin | null };
  #withheld: Withheld | null = null;
  /** Ends with envelopes that were handled since the last acknowledgement. */
  #touched: LinkReceiver[] = noEnds;
  /** Senders with envelopes that are not acknowledged. */
  #busy: Set<LinkSender> | null = null;
  #isHeld = false;
  /** Senders with something to post, in the order of their first envelope. */
  #unflushed: LinkSender[] = [];
  /** Messages of the actor to itself that are not handled. */
  #selfWaiting = 0;
  #unsafe = 0;

  constructor(
    slot: number,
    limits: RuntimeLimits,
    host: CellHost,
    inHand: { readonly origin: Origin | null },
  ) {
    this.#slot = slot;
    this.#limits = limits;
    this.#host = host;
    this.#inHand = inHand;
  }

  get origin(): Origin | null {
    return this.#inHand.origin;
  }

  get senders(): ReadonlyMap<string, LinkSender> {
    return this.#senders ?? noSenders;
  }

  get receivers(): ReadonlySet<LinkReceiver> {
    return this.#receivers ?? noReceivers;
  }

  /** Envelopes that each link into this actor may hold now. */
  get credit(): number {
    return creditPerLink(this.#limits.mailboxMax, this.receivers.size, this.#limits);
  }

  addSender(name: string, sender: LinkSender): void {
    this.#senders ??= new Map<string, LinkSender>();
    this.#senders.set(name, sender);
    sender.owner = this;
  }

  /** The sender to an address: opened once for all lives in this thread. */
  senderTo(to: string, open: () => LinkSender, ask: () => void): LinkSender {
    const name = openedName(to);
    const known = this.senders.get(name);
    if (known !== undefined) return known;
    const sender = open();
    this.addSender(name, sender);
    ask();
    return sender;
  }

  /** The one that was opened by this address, if any. */
  opened(to: string): LinkSender | null {
    return this.senders.get(openedName(to)) ?? null;
  }

  /** Forgets an opened sender whose receiver does not come back. A later ref opens another one. */
  forgetOpened(sender: LinkSender): void {
    const name = openedName(sender.link.to);
    if (this.senders.get(name) !== sender) return;
    this.#senders?.delete(name);
    this.#busy?.delete(sender);
  }

  receiver(linkId: number, epoch: number): LinkReceiver | null {
    for (const end of this.receivers) if (end.link.id === linkId && end.link.epoch === epoch) return end;
    return null;
  }

  addReceiver(end: LinkReceiver): void {
    const before = this.credit;
    this.#receivers ??= new Set<LinkReceiver>();
    this.#receivers.add(end);
    this.#tellCredit(before);
  }

  /** Ends of this link from before `epoch` have seen their sender for the last time. */
  endReceivers(linkId: number, epoch: number): void {
    for (const end of this.receivers) {
      if (end.link.id !== linkId || end.link.epoch >= epoch) continue;
      end.isLast = true;
      this.forgetDone(end);
    }
  }

  forgetDone(end: LinkReceiver): void {
    if (!end.isDone) return;
    const before = this.credit;
    this.#receivers?.delete(end);
    this.#tellCredit(before);
  }

  /** Room for one more message of the actor to itself; false when there is none. */
  takeSelf(): boolean {
    if (this.#selfWaiting >= this.#limits.mailboxMax) return false;
    this.#selfWaiting += 1;
    this.#noteUnsafe();
    return true;
  }

  /** From now on senders wait for `flushSenders`, so that what a drain sends leaves together. */
  holdSenders(): void {
    this.#isHeld = true;
  }

  willFlush(sender: LinkSender): boolean {
    if (this.#isHeld) this.#unflushed.push(sender);
    return this.#isHeld;
  }

  /** Has posted what was sent since `holdSenders`. */
  flushSenders(): void {
    this.#isHeld = false;
    if (this.#unflushed.length === 0) return;
    const senders = this.#unflushed;
    this.#unflushed = [];
    for (const sender of senders) sender.flushPlanned();
  }

  /**
   * Acknowledges everything before `place`. Messages that the handling sent leave first. Where this thread can die
   * alone, the acknowledgement waits until these are safe.
   */
  acknowledge(mailbox: Mailbox<LinkReceiver | null>, place: number): void {
    this.flushSenders();
    mailbox.discard(place, this);
    const touched = this.#touched;
    this.#touched = noEnds;
    const isWithheld = !this.#host.isLasting && this.#withhold(touched);
    for (const end of touched) {
      end.isTouched = false;
      if (isWithheld) end.flush();
      else {
        end.release(end.done);
        this.#released(end);
      }
    }
    this.#noteUnsafe();
  }

  /** An envelope in the mailbox is done. */
  onDone(end: LinkReceiver | null, seq: number): void {
    if (end === null) {
      this.#selfWaiting -= 1;
      return;
    }
    end.finish(seq);
    if (end.isTouched) return;
    end.isTouched = true;
    if (this.#touched === noEnds) this.#touched = [end];
    else this.#touched.push(end);
  }

  /** Sends messages, answers and acknowledgements that may leave. */
  flushAll(): void {
    this.flushSenders();
    for (const end of this.receivers) {
      end.flush();
      end.acknowledge();
    }
  }

  /** Closes all links, since the actor does not come back. */
  close(): void {
    for (const end of this.receivers) end.close();
    for (const sender of this.senders.values()) sender.abandon();
    this.#receivers = null;
    // The senders stay: a context whose links are used for the first time now still finds them, and they are gone.
    this.#busy = null;
  }

  /**
   * Resolves when everything that was sent on these links before the marker is here, or at the latest after a moment;
   * null when it is here.
   */
  allReached(marker: number, links: readonly number[]): Promise<void> | null {
    if (links.length === 0) return null;
    const ends = [...this.receivers].filter((end) => links.includes(end.link.id) && !end.hasReached(marker));
    return ends.length === 0 ? null : this.#untilReached(ends, marker);
  }

  async #untilReached(ends: readonly LinkReceiver[], marker: number): Promise<void> {
    let timer: Timer | undefined;
    const tooLate = new Promise<void>((resolve) => {
      timer = this.#host.loop.timer(this.#limits.stopMarkerMs, resolve);
    });
    await Promise.race([Promise.all(ends.map((end) => end.reached(marker))), tooLate]);
    timer?.cancel();
  }

  #released(end: LinkReceiver): void {
    end.flush();
    this.forgetDone(end);
  }

  onAcknowledged(sender: LinkSender): void {
    if (sender.head >= sender.next) this.#busy?.delete(sender);
    if (this.#withheld !== null && !this.#withheld.isEmpty)
      this.#withheld.release((end) => this.#released(end));
    this.#noteUnsafe();
  }

  onBusy(sender: LinkSender): void {
    this.#busy ??= new Set<LinkSender>();
    this.#busy.add(sender);
  }

  /** Returns false when nothing has to wait. */
  #withhold(ends: readonly LinkReceiver[]): boolean {
    if (this.#withheld === null) {
      if (this.#busy === null || this.#busy.size === 0) return false;
      this.#withheld = new Withheld(this.#limits.withheldMax);
    }
    return this.#withheld.add(this.#busy ?? [], ends);
  }

  #noteUnsafe(): void {
    if (this.#host.isLasting) return;
    let count = this.#selfWaiting;
    if (this.#busy !== null)
      for (const sender of this.#busy) if (sender.isCircular) count += sender.next - sender.head;
    if (count === this.#unsafe) return;
    this.#unsafe = count;
    this.#host.unsafe(this.#slot, count);
  }

  #tellCredit(before: number): void {
    if (this.credit !== before) for (const end of this.receivers) end.tellCredit();
  }
}
