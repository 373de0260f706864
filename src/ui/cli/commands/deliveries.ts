/**
 * Deliveries: the states of sent messages, from before their sending up to the wanted state. The sender gives their
 * ids, so a status is recognised whether the event or the answer of the node brings it first.
 */
import {
  deliveryRanks,
  type ErrorEvent,
  type NodeHandle,
  type ReadEvent,
  type StatusEvent,
} from '../../../index.js';
import { controlApi } from '../../api/limits.js';
import type { CliError } from '../errors.js';
import { until } from '../run.js';
import type { SendWait } from './sending/read-marks.js';

/** Arguments of `Deliveries`. */
export interface DeliveriesOptions {
  readonly node: Pick<NodeHandle, 'events' | 'history'>;
  readonly wait: SendWait;
  /** Callback for each status of the followed messages, once and in order per message. */
  readonly onStatus: (status: StatusEvent) => Promise<void>;
  /** Callback for each read mark that names a followed message. */
  readonly onRead?: (read: ReadEvent) => Promise<void>;
  /** Aborted when no further status is awaited. */
  readonly signal: AbortSignal;
}

/** The reason why no further status is awaited. */
export type End =
  | { readonly type: 'all' }
  /** A message failed finally. */
  | { readonly type: 'failed'; readonly status: StatusEvent }
  /** A message was deleted, or disappeared, before it was read. */
  | { readonly type: 'unread' }
  /** The node refused the peer for security. */
  | { readonly type: 'refused'; readonly event: ErrorEvent }
  /** The events ended before the messages reached the state. */
  | { readonly type: 'lost' };

/** The rank of a message that the node has not taken yet. */
const unsent = -1;
/** The rank of a message that was read: above every delivery state. */
const readRank = Math.max(...Object.values(deliveryRanks)) + 1;

const waits = ['queued', 'sent', 'delivered', 'read'] as const satisfies readonly SendWait[];
const rankOf = (wait: SendWait): number => (wait === 'read' ? readRank : deliveryRanks[wait]);

/** Follows sent messages until each has reached the wanted state. */
export class Deliveries {
  readonly #options: DeliveriesOptions;
  /** Rank reached by message id, for messages below the wanted state. */
  readonly #pending = new Map<string, number>();
  /** Name of the peer as the node gives it. */
  #peer: string | null = null;
  /** Refusals by peer: the refusal of one peer does not end the waiting for another. */
  readonly #refusals = new Map<string, ErrorEvent>();
  #hasReceipts = true;
  #wanted: number;
  /** Newest `seq` at the beginning: followed messages come after it. */
  #afterSeq: number | null = null;
  #end: End | null = null;
  #wake: () => void = nothing;

  constructor(options: DeliveriesOptions) {
    this.#options = options;
    this.#wanted = rankOf(options.wait);
  }

  /** Whether each followed message has reached the peer. */
  get isAllDelivered(): boolean {
    return [...this.#pending.values()].every((rank) => rank >= deliveryRanks.delivered);
  }

  /** Number of queued messages below the wanted state. */
  get pending(): number {
    return [...this.#pending.values()].filter((rank) => rank !== unsent).length;
  }

  /** State that is waited for. */
  get wanted(): SendWait {
    return waits.find((wait) => rankOf(wait) === this.#wanted) ?? 'queued';
  }

  /** Lowers the wanted state to `sent`, for peers whose program has no receipts. */
  settleForSent(): void {
    this.#hasReceipts = false;
    this.#wanted = Math.min(this.#wanted, deliveryRanks.sent);
    // A program nearby takes a message before its dialect is known here.
    for (const [id, rank] of this.#pending)
      if (rank >= this.#wanted && rank !== deliveryRanks.failed) this.#pending.delete(id);
    this.#wake();
  }

  /** Whether the program of the peer confirms messages. */
  get hasReceipts(): boolean {
    return this.#hasReceipts;
  }

  /** Subscribes to statuses: those of messages sent afterwards are not missed. */
  async begin(): Promise<void> {
    const newest = this.#afterSeq === null ? this.#options.node.history({ limit: 1 }) : null;
    await new Promise<void>((resolve) => {
      this.#watch(resolve)
        .catch(() => this.#finish({ type: 'lost' }))
        .finally(resolve);
    });
    if (newest !== null) this.#afterSeq = (await newest).unwrapOr([]).at(-1)?.seq ?? 0;
  }

  /** Follows the remaining messages on another node of the home. The history holds their states in between. */
  async continueOn(node: DeliveriesOptions['node']): Promise<Deliveries> {
    const next = new Deliveries({ ...this.#options, node });
    next.#wanted = this.#wanted;
    next.#peer = this.#peer;
    next.#afterSeq = this.#afterSeq;
    for (const [id, rank] of this.#pending) next.#pending.set(id, rank);
    await next.begin();
    await next.#catchUp(new Set(this.#pending.keys()));
    return next;
  }

  /** Adds messages before they are sent. Call `queued` or `refused` afterwards. */
  sending(ids: readonly string[]): void {
    for (const id of ids) this.#pending.set(id, unsent);
  }

  /** Removes messages that the node did not queue. */
  refused(ids: readonly string[]): void {
    for (const id of ids) this.#pending.delete(id);
  }

  /** Takes the statuses of the answer of the node. */
  async queued(statuses: readonly StatusEvent[]): Promise<void> {
    for (const status of statuses) {
      this.#peer = status.peer;
      await this.#advance(status);
    }
  }

  /** Waits for the end, at most `delayMs`; `null`: it did not come. */
  async settled(delayMs: number): Promise<End | null> {
    if (this.#result() !== null) return this.#result();
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, delayMs);
      this.#wake = () => {
        if (this.#result() !== null) resolve();
      };
    });
    clearTimeout(timer);
    this.#wake = nothing;
    return this.#result();
  }

  /** Waits until a message reaches another state, at most `delayMs`. */
  moved(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake(), delayMs);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = nothing;
        resolve();
      };
    });
  }

  #result(): End | null {
    if (this.#pending.size === 0) return { type: 'all' };
    const event = this.#peer === null ? undefined : this.#refusals.get(this.#peer);
    return event === undefined ? this.#end : { type: 'refused', event };
  }

  /** Reads the states of the missing messages from the history, from the beginning on. */
  async #catchUp(missing: Set<string>): Promise<void> {
    let afterSeq = this.#afterSeq ?? 0;
    while (missing.size > 0) {
      const query = { direction: 'out', afterSeq, limit: controlApi.historyLimitMax } as const;
      const lines = (await this.#options.node.history(query)).unwrapOr([]);
      for (const { id, peer, state, readAt } of lines) {
        if (!missing.delete(id)) continue;
        if (state !== undefined) await this.#advance({ type: 'status', id, peer, state });
        if (readAt !== undefined && this.#wanted === readRank) this.#pending.delete(id);
      }
      const last = lines.at(-1);
      if (last === undefined) return;
      afterSeq = last.seq;
    }
  }

  async #watch(onReady: () => void): Promise<void> {
    for await (const event of until(this.#options.node.events(), this.#options.signal)) {
      if (event.type === 'ready') onReady();
      else if (event.type === 'status') await this.#advance(event);
      else if (event.type === 'read') await this.#read(event);
      else if (event.type === 'delete' && this.#wanted === readRank && this.#pending.has(event.target))
        this.#finish({ type: 'unread' });
      else if (event.type === 'error' && isRefusal(event)) this.#refused(event);
    }
    this.#finish({ type: 'lost' });
  }

  async #advance(status: StatusEvent): Promise<void> {
    const reached = this.#pending.get(status.id);
    const rank = deliveryRanks[status.state];
    if (reached === undefined || rank <= reached) return;
    this.#pending.set(status.id, rank);
    await this.#options.onStatus(status);
    if (status.state === 'failed') this.#finish({ type: 'failed', status });
    // Another status may have come during the callback.
    else if (this.#pending.get(status.id) === rank && rank >= this.#wanted) this.#pending.delete(status.id);
    this.#wake();
  }

  /** The peer has read what it got up to a message: the history knows which of the followed ones it read. */
  async #read(event: ReadEvent): Promise<void> {
    if (this.#wanted !== readRank || this.#pending.size === 0) return;
    const before = this.#pending.size;
    await this.#catchUp(new Set(this.#pending.keys()));
    if (this.#pending.size < before) await this.#options.onRead?.(event);
    // Messages up to there that were not read are gone, and events tell of them.
    if (event.peer === this.#peer) this.#afterSeq = Math.max(this.#afterSeq ?? 0, event.seq);
    this.#wake();
  }

  #refused(event: ErrorEvent): void {
    if (event.peer === undefined) this.#finish({ type: 'refused', event });
    else this.#refusals.set(event.peer, event);
    this.#wake();
  }

  #finish(end: End): void {
    this.#end ??= end;
    this.#wake();
  }
}

const nothing = (): void => undefined;

/** Whether the node refused a peer for security. */
export const isRefusal = (event: ErrorEvent): boolean =>
  ['session/key-changed', 'chat/key-changed', 'session/blocked', 'chat/blocked', 'chat/secure-only'].includes(
    event.code,
  );

/** Returns the failure that a refusal of `peer` is for a command. */
export const refusalOf = ({ code }: ErrorEvent, peer: string): CliError =>
  code.endsWith('blocked')
    ? { code: 'chat/blocked', peer }
    : { code: 'chat/key-changed', peer, claimant: '' };
