/** Signals of the prompt in the terminal: the bell, and notifications that the terminal shows by itself. */
import type { MessageEvent, PeerEvent } from '../../../index.js';
import type { UserSettings } from '../options/settings.js';
import { notifications as limits } from './limits.js';
import { mayNotify, noticeOf, terminalSignal } from './notice.js';

/** The state of the prompt when a message comes. */
export interface Moment {
  /** Whether the conversation of the message is open. */
  readonly isOpen: boolean;
  /** Time since the last key, in ms. */
  readonly idleMs: number;
  readonly isBusy: boolean;
}

/** Decides which messages signal, and keeps them apart. */
export class Signals {
  readonly #user: Pick<UserSettings, 'notify' | 'notifyBodies'>;
  readonly #nowMs: () => number;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(user: Pick<UserSettings, 'notify' | 'notifyBodies'>, nowMs: () => number) {
    this.#user = user;
    this.#nowMs = nowMs;
  }

  /** Returns the sequences for a message; empty: it signals nothing. */
  sequencesFor(
    message: MessageEvent,
    peer: PeerEvent | undefined,
    { isOpen, idleMs, isBusy }: Moment,
  ): string {
    const isSeen = isOpen && idleMs < limits.absentMs;
    if (message.direction === 'out' || isBusy || isSeen || !mayNotify(peer)) return '';
    const nowMs = this.#nowMs();
    if (nowMs - this.#lastMs < limits.signalEveryMs) return '';
    this.#lastMs = nowMs;
    return terminalSignal(this.#user.notify, noticeOf(message, peer, this.#user.notifyBodies, 1));
  }
}
