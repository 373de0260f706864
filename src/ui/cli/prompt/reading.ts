/**
 * Unread messages at the prompt: their counts, the ones to show when a conversation is opened, and the marks of shown
 * messages. The node keeps the marks on disk; the counts here follow them.
 */
import { catalogue } from '../../text/catalogue.js';
import type { MessageEvent, NodeHandle, PeerEvent } from '../../../index.js';
import { unreadLine } from '../commands/unread.js';
import { cli } from '../limits.js';
import { peerName, taggedWord } from '../screen/present.js';
import type { Attention } from './user/attention.js';
import type { Open } from './layout.js';

/** The unread messages of a conversation that is opened. */
export interface UnreadPart {
  /** Oldest first; the newest `cli.promptUnreadLines`. */
  readonly messages: readonly MessageEvent[];
  /** Number of unread messages before these. */
  readonly earlier: number;
}

/** Unread counts by peer, and the marks of the open conversation. */
export class Reading {
  readonly #node: Pick<NodeHandle, 'history' | 'markRead' | 'unread'>;
  readonly #counts = new Map<string, number>();
  /** Messages up to this `seq` were in the count at the start, by peer. */
  readonly #counted = new Map<string, number>();
  /** The messages that were printed as they arrived, by peer: the first and the last `seq`. */
  readonly #printed = new Map<string, { readonly first: number; readonly last: number }>();
  /** Newest `seq` that opening a conversation showed: its event may still be on the way. */
  readonly #opened = new Map<string, number>();
  /** Peers whose conversation is being opened. */
  readonly #opening = new Set<string>();
  /** Newest `seq` that was shown, by peer, where the node does not know of it yet. */
  readonly #shown = new Map<string, number>();
  readonly #attention: Attention | null;
  #isMarking = false;

  /** `attention`: null where whatever is shown counts as read. */
  constructor(node: Pick<NodeHandle, 'history' | 'markRead' | 'unread'>, attention: Attention | null = null) {
    this.#node = node;
    this.#attention = attention;
    attention?.onLook(() => this.#markShown());
  }

  /** Number of unread messages by peer. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** Reads the counts of the node. Returns them as a line; null: nothing is unread. */
  async begin(): Promise<string | null> {
    const conversations = (await this.#node.unread()).unwrapOr([]);
    for (const { peer, unread, countedSeq } of conversations) {
      this.#counts.set(peer.id, unread);
      this.#counted.set(peer.id, countedSeq);
    }
    return unreadLine(conversations);
  }

  /** Whether the conversation showed this message when it was opened, before its event came. */
  wasShown = ({ peerId, seq }: MessageEvent): boolean => seq <= (this.#opened.get(peerId) ?? 0);

  /** Counts a printed message outside the open conversation. Returns the unread number of its peer. */
  arrived(message: MessageEvent): number {
    this.#notePrinted(message.peerId, message.seq);
    return this.#count(message);
  }

  /** Counts a message that is not printed: opening its conversation shows all that is unread. */
  passed(message: MessageEvent): void {
    this.#printed.delete(message.peerId);
    this.#count(message);
  }

  /** Takes the unread number of a peer, which another reader of the home may have changed. */
  changed({ id, unread }: PeerEvent): void {
    // A message that is not read is counted when it arrives, which may be after the row.
    const count = Math.min(unread, this.#counts.get(id) ?? 0);
    if (count === 0) this.#counts.delete(id);
    else this.#counts.set(id, count);
  }

  /** Opens a conversation, whose messages count as read. Returns those that were not printed yet. */
  async open(peerId: string): Promise<UnreadPart> {
    this.#counts.delete(peerId);
    this.#opening.add(peerId);
    const conversations = (await this.#node.unread()).unwrapOr([]);
    const conversation = conversations.find(({ peer }) => peer.id === peerId);
    const page = await this.#node.history({ peer: peerId, direction: 'in', limit: cli.promptUnreadLines });
    // Messages that arrived meanwhile are printed by now.
    this.#opening.delete(peerId);
    const printed = this.#printed.get(peerId);
    this.#printed.delete(peerId);
    if (conversation === undefined) return { messages: [], earlier: 0 };
    const { unread, readSeq } = conversation;
    const messages = page.unwrapOr([]).filter(({ seq }) => seq > readSeq);
    const newest = messages.at(-1)?.seq ?? 0;
    this.#opened.set(peerId, newest);
    const last = Math.max(newest, printed?.last ?? 0);
    if (last > 0) this.showed(peerId, last);
    const isPrinted = ({ seq }: MessageEvent): boolean =>
      printed !== undefined && seq >= printed.first && seq <= printed.last;
    return {
      messages: messages.filter((message) => !isPrinted(message)),
      earlier: Math.max(0, unread - messages.length),
    };
  }

  /** Notes that the messages of a peer up to this `seq` were shown. They are read once the user looks. */
  showed(peerId: string, seq: number): void {
    if (this.#opening.has(peerId)) this.#notePrinted(peerId, seq);
    this.#shown.set(peerId, Math.max(seq, this.#shown.get(peerId) ?? 0));
    this.#markShown();
  }

  /** Marks what was shown, if the user looks. One mark is sent at a time. */
  #markShown(): void {
    if (this.#isMarking || this.#shown.size === 0 || this.#attention?.isLooking === false) return;
    this.#isMarking = true;
    this.#mark().then(undefined, () => undefined);
  }

  #notePrinted(peerId: string, seq: number): void {
    this.#printed.set(peerId, { first: this.#printed.get(peerId)?.first ?? seq, last: seq });
  }

  #count({ peerId, seq }: MessageEvent): number {
    const isCounted = seq <= (this.#counted.get(peerId) ?? 0);
    const count = (this.#counts.get(peerId) ?? 0) + (isCounted ? 0 : 1);
    this.#counts.set(peerId, count);
    return count;
  }

  async #mark(): Promise<void> {
    for (const [peerId, seq] of this.#shown) {
      this.#shown.delete(peerId);
      // A mark that fails leaves the messages unread: they are shown again.
      await this.#node.markRead(peerId, seq);
    }
    this.#isMarking = false;
  }
}

/** Whether messages of a peer are counted and not printed: it is muted, or a stranger while another talk is open. */
export const isApart = (row: PeerEvent | undefined, open: Open | null): row is PeerEvent =>
  row?.muted === true || (row?.request === true && open !== null);

/** Returns the remark about the first message of a stranger, which is not printed amid a talk. */
export const strangerNote = (row: PeerEvent): string =>
  catalogue().prompt.strangerWrote(peerName(row), taggedWord(row));
