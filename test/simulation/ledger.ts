/**
 * All that users of a simulated network did and saw, held against the invariants after every event:
 *
 * I1 each id for which send answered *queued* is shown at the receiver once everything works again. Messages to an
 *    address wait while nobody is there. Those to the address of the sender itself fail.
 * I2 it is shown once.
 * I3 *delivered* is said only of what is synced at the receiver.
 * I4 messages of one sender are shown in the order in which they were queued for this receiver.
 * I5 nothing is shown that nobody sent.
 *
 * Where texts disappear, I1 and I2 hold for those whose time was not over on the way, and besides:
 *
 * I6 nothing is shown or kept whose time is over.
 * I7 both sides of a conversation have the same timer.
 *
 * Source: the invariants of delivery and storage in SECURITY.md and README.md.
 */
import assert from 'node:assert/strict';
import { wordsOf } from '../../src/chat/delivery/entry.js';
import type { NodeEvent } from '../../src/chat/events.js';
import type { MessageId, PeerId } from '../../src/ids.js';
import { isGone, type Disk } from './store.js';

interface Sent {
  readonly from: string;
  /** Null: the user named no identity. */
  readonly to: PeerId | null;
  readonly text: string;
  isDelivered: boolean;
}

/** One node as the ledger knows it. */
export interface Witness {
  readonly label: string;
  readonly peerId: PeerId;
  readonly disk: Disk;
}

export class Ledger {
  readonly #witnesses = new Map<string, Witness>();
  /** The node of each identity, and the copies of its home. */
  readonly #byPeer = new Map<PeerId, readonly Witness[]>();
  readonly #sent = new Map<MessageId, Sent>();
  /** Those that are queued, and not known to be shown and delivered. */
  readonly #open = new Map<MessageId, Sent>();
  /** Messages shown, by receiver. */
  readonly #shown = new Map<string, Set<MessageId>>();
  /** `seq` that a receiver's line has at its sender, newest shown, by receiver and sender. */
  readonly #newestShown = new Map<string, number>();
  /** The event that each reader saw last. */
  readonly #readSeq = new Map<string, number>();
  /** Messages that a sender knows to have failed, since it answers at their address itself. */
  readonly #toOneself = new Set<string>();
  delivered = 0;

  get shownCount(): number {
    return [...this.#shown.values()].reduce((sum, { size }) => sum + size, 0);
  }

  enter(witness: Witness): void {
    this.#witnesses.set(witness.label, witness);
    this.#byPeer.set(witness.peerId, [...this.#copies(witness.peerId), witness]);
    this.#shown.set(witness.label, new Set());
    this.#readSeq.set(witness.label, 0);
  }

  asked(from: string, to: PeerId | null, id: MessageId, text: string): void {
    this.#sent.set(id, { from, to, text, isDelivered: false });
  }

  /** The caller learned that this is queued. */
  queued(id: MessageId): void {
    const sent = this.#sent.get(id);
    assert.ok(sent !== undefined, `queued ${id}, which nobody sent`);
    this.#open.set(id, sent);
    const line = this.#witness(sent.from).disk.outgoing(id);
    assert.ok(line !== undefined, `${sent.from} was told that ${id} is queued, and it is not on disk`);
  }

  /** Readers of a node that started read on from what they saw last. */
  resume(label: string): void {
    const { disk } = this.#witness(label);
    for (const line of disk.entries.slice(this.#readSeq.get(label) ?? 0)) {
      this.#readSeq.set(label, line.seq);
      if (line.direction === 'in' && line.content.type === 'text' && !isGone(line))
        this.#show(label, line.peerId, line.id, wordsOf(line.content) ?? '');
    }
  }

  saw(label: string, event: NodeEvent): void {
    if (event.type === 'message' || event.type === 'timer') {
      const before = this.#readSeq.get(label) ?? 0;
      const { entries } = this.#witness(label).disk;
      const isNext = event.seq > before && entries.slice(before, event.seq - 1).every(isGone);
      assert.ok(isNext, `${label} is shown message ${event.seq} after ${before}`);
      this.#readSeq.set(label, event.seq);
      const line = entries[event.seq - 1];
      assert.equal(line?.id, event.id, `${label} is shown what is not on its disk`);
      assert.ok(!isGone(line), `${label} is shown a text that has disappeared (I6)`);
      if (event.type === 'message' && event.direction === 'in')
        this.#show(label, line.peerId, line.id, event.text);
    }
    if (event.type === 'status' && event.state === 'failed' && event.reason === 'chat/own-address')
      this.#toOneself.add(event.id);
    if (event.type === 'status' && event.state === 'delivered')
      this.#deliveredSaid(label, event.id as MessageId);
  }

  /** I1, once everything works: null, or what is missing. `isVacant`: whether the id is an address where nobody is. */
  missing(isVacant: (peerId: PeerId) => boolean): string | null {
    for (const [id, { from, to, isDelivered, text }] of this.#open) {
      const line = this.#witness(from).disk.outgoing(id);
      if (line?.state === 'queued' && isVacant(line.peerId)) continue;
      if (line !== undefined && isGone(line) && line.state !== 'queued' && line.state !== 'sent') {
        // Its time was over on the way, or after its end.
        this.#open.delete(id);
        continue;
      }
      if (line?.state === 'failed' && to === null && this.#toOneself.has(id)) continue;
      const receivers = this.#copies(to ?? line?.peerId ?? ('' as PeerId));
      if (receivers.length === 0) return `${text} of ${from} went to nobody`;
      const isShown = receivers.some(({ label, disk }) => {
        const received = disk.find(this.#witness(from).peerId, 'in', id);
        return this.#shown.get(label)?.has(id) === true || (received !== undefined && isGone(received));
      });
      if (!isShown) return `${text} of ${from} was queued, and ${receivers[0]?.label} was never shown it`;
      if (line?.state !== 'delivered' && !isDelivered) return `${text} of ${from} is still ${line?.state}`;
      // Neither is ever taken back.
      this.#open.delete(id);
    }
    for (const { label, disk } of this.#witnesses.values())
      if (disk.hasOpenTimer) return `a timer of ${label} is not delivered`;
    return null;
  }

  #show(label: string, from: PeerId, id: MessageId, text: string): void {
    const shown = this.#shown.get(label);
    assert.ok(shown?.has(id) === false, `${label} is shown ${text} twice (I2)`);
    shown.add(id);
    const sent = this.#sent.get(id);
    assert.ok(sent !== undefined, `${label} is shown ${text}, which nobody sent (I5)`);
    assert.equal(sent.text, text, 'another text is shown than was sent (I5)');
    const sender = this.#copies(from).find((witness) => witness.label === sent.from);
    assert.ok(sender !== undefined, `${text} is shown as somebody else's (I5)`);
    const line = sender.disk.find(this.#witness(label).peerId, 'out', id);
    assert.ok(line !== undefined, `${label} is shown ${text}, which its sender did not queue for it (I5)`);
    // It was queued for an address, and keeps that place in its sender's history.
    if (sender.disk.readdressed.has(id)) return;
    const pair = `${sent.from}>${label}`;
    const newest = this.#newestShown.get(pair) ?? 0;
    assert.ok(line.seq > newest, `${label} is shown ${text} after a later one of ${sent.from} (I4)`);
    this.#newestShown.set(pair, line.seq);
  }

  #deliveredSaid(label: string, id: MessageId): void {
    const sent = this.#sent.get(id);
    if (this.#witness(label).disk.outgoing(id)?.content.type === 'timer') return;
    assert.ok(sent?.from === label, `${label} is told that ${id} of somebody else is delivered`);
    const line = this.#witness(label).disk.outgoing(id);
    const own = this.#witness(label).peerId;
    const receivers = line === undefined ? [] : this.#copies(line.peerId);
    assert.ok(
      receivers.some(({ disk }) => disk.find(own, 'in', id) !== undefined),
      `${label} is told that ${sent.text} is delivered, and it is not on disk (I3)`,
    );
    assert.ok(!sent.isDelivered, `${label} is told twice that ${sent.text} is delivered`);
    sent.isDelivered = true;
    this.delivered += 1;
  }

  #copies = (peerId: PeerId): readonly Witness[] => this.#byPeer.get(peerId) ?? [];

  #witness(label: string): Witness {
    const witness = this.#witnesses.get(label);
    if (witness === undefined) throw new Error(`no node is called ${label}`);
    return witness;
  }
}
