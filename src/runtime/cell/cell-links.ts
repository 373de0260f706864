/**
 * The links of one actor: what it handled is acknowledged to those who sent it, once everything that the handling
 * caused is safe; and the room of its mailbox is shared out among them.
 */
import type { Timer } from '../timers.js';
import { creditPerLink, type RuntimeLimits } from '../limits.js';
import type { CellHost } from './cell-host.js';
import type { LinkSender } from '../link/sender.js';
import { openedName } from '../link/names.js';
import type { LinkReceiver } from '../link/receiver.js';
import type { Mailbox } from './mailbox.js';
import { Withheld } from './withheld.js';

/** The links of one actor, by name and by number. */
export class CellLinks {
  readonly senders = new Map<string, LinkSender>();
  readonly receivers = new Set<LinkReceiver>();
  readonly #slot: number;
  readonly #limits: RuntimeLimits;
  readonly #host: CellHost;
  readonly #withheld: Withheld;
  readonly #touched = new Set<LinkReceiver>();
  /** Senders with envelopes that are not acknowledged. */
  readonly #busy = new Set<LinkSender>();
  /** Messages of the actor to itself that are not handled. */
  #selfWaiting = 0;
  #unsafe = 0;

  constructor(slot: number, limits: RuntimeLimits, host: CellHost) {
    this.#slot = slot;
    this.#limits = limits;
    this.#host = host;
    this.#withheld = new Withheld(limits.withheldMax);
  }

  /** Envelopes that each link into this actor may hold now. */
  get credit(): number {
    return creditPerLink(this.#limits.mailboxMax, this.receivers.size, this.#limits);
  }

  addSender(name: string, sender: LinkSender): void {
    this.senders.set(name, sender);
    sender.onAcknowledged = this.#onAcknowledged;
    sender.onBusy = this.#onBusy;
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

  /** Its receiver is gone for good: a later ref opens another. */
  forgetOpened(sender: LinkSender): void {
    const name = openedName(sender.link.to);
    if (this.senders.get(name) !== sender) return;
    this.senders.delete(name);
    this.#busy.delete(sender);
  }

  receiver(linkId: number, epoch: number): LinkReceiver | null {
    for (const end of this.receivers) if (end.link.id === linkId && end.link.epoch === epoch) return end;
    return null;
  }

  addReceiver(end: LinkReceiver): void {
    const before = this.credit;
    this.receivers.add(end);
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
    this.receivers.delete(end);
    this.#tellCredit(before);
  }

  /** Room for one more message of the actor to itself; false when there is none. */
  takeSelf(): boolean {
    if (this.#selfWaiting >= this.#limits.mailboxMax) return false;
    this.#selfWaiting += 1;
    this.#noteUnsafe();
    return true;
  }

  flushSenders(): void {
    for (const sender of this.#busy) sender.flush();
  }

  /**
   * Acknowledges everything before `place`. Messages that the handling sent leave first. Where this thread can die
   * alone, the acknowledgement waits until these are safe.
   */
  acknowledge(mailbox: Mailbox<LinkReceiver | null>, place: number): void {
    this.flushSenders();
    mailbox.discard(place, this.#onDone);
    if (this.#host.isLasting || !this.#withheld.add(this.#busy, this.#touched))
      for (const end of this.#touched) {
        end.release(end.done);
        this.#released(end);
      }
    else for (const end of this.#touched) end.flush();
    this.#touched.clear();
    this.#noteUnsafe();
  }

  /** Sends answers and acknowledgements that may leave. */
  flushReceivers(): void {
    for (const end of this.receivers) {
      end.flush();
      end.acknowledge();
    }
  }

  /** The actor is gone for good. */
  close(): void {
    for (const end of this.receivers) end.close();
    for (const sender of this.senders.values()) sender.abandon();
    this.receivers.clear();
    this.senders.clear();
    this.#busy.clear();
  }

  /** Resolves when everything that was sent on these links before the marker is here, or at the latest after a moment. */
  async allReached(marker: number, links: readonly number[]): Promise<void> {
    const ends = [...this.receivers].filter((end) => links.includes(end.link.id) && !end.hasReached(marker));
    if (ends.length === 0) return;
    let timer: Timer | undefined;
    const tooLate = new Promise<void>((resolve) => {
      timer = this.#host.loop.timer(this.#limits.stopMarkerMs, resolve);
    });
    await Promise.race([Promise.all(ends.map((end) => end.reached(marker))), tooLate]);
    timer?.cancel();
  }

  readonly #released = (end: LinkReceiver): void => {
    end.flush();
    this.forgetDone(end);
  };

  readonly #onAcknowledged = (sender: LinkSender): void => {
    if (sender.head >= sender.next) this.#busy.delete(sender);
    if (!this.#withheld.isEmpty) this.#withheld.release(this.#released);
    this.#noteUnsafe();
  };

  readonly #onBusy = (sender: LinkSender): void => {
    this.#busy.add(sender);
  };

  readonly #onDone = (end: LinkReceiver | null, seq: number): void => {
    if (end === null) {
      this.#selfWaiting -= 1;
      return;
    }
    end.finish(seq);
    this.#touched.add(end);
  };

  #noteUnsafe(): void {
    if (this.#host.isLasting) return;
    let count = this.#selfWaiting;
    for (const sender of this.#busy) if (sender.isCircular) count += sender.next - sender.head;
    if (count === this.#unsafe) return;
    this.#unsafe = count;
    this.#host.unsafe(this.#slot, count);
  }

  #tellCredit(before: number): void {
    if (this.credit !== before) for (const end of this.receivers) end.tellCredit();
  }
}
