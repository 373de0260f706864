/**
 * The status of this person: chosen by the user until a time, or away while the user is idle. Beacons and sessions
 * carry it. While it is invisible nothing is announced, no session or foreign conversation stays, and no caller is
 * accepted.
 */
import { ok } from 'neverthrow';
import { unreachable } from '../exhaustive.js';
import { plainStatus, type Status } from '../wire/status.js';
import type { AskedInput } from './asked.js';
import type { PresenceEvent } from './events.js';
import { statusEnd, statusFields, statusText } from './people/presence.js';
import type { CoreTurn, Parts } from './parts.js';
import type { StatusDue } from './effects.js';
import { ownStatus as limits } from './limits.js';
import { answer } from './turn.js';

/** A command about the own status. */
export type StatusCommand = Extract<AskedInput, { readonly name: 'ownStatus' | 'setStatus' | 'idle' }>;

/** Keeps the own status. `describe`: sets the content of the beacon. */
export class StatusDesk {
  readonly #parts: Parts;
  readonly #describe: (turn: CoreTurn) => void;
  #chosen: Status = plainStatus;
  #isIdle = false;
  /** Time at which sessions got the status last (monotonic, ms). */
  #sentAtMs = Number.NEGATIVE_INFINITY;
  #isSendPlanned = false;
  /** Number of the timer that was set last for the end of the chosen status. */
  #endTimerNo = 0;

  constructor(parts: Parts, describe: (turn: CoreTurn) => void) {
    this.#parts = parts;
    this.#describe = describe;
  }

  /** Restores the status of an earlier run. */
  restore(stored: Status, turn: CoreTurn): void {
    const isOver = stored.untilMs !== null && stored.untilMs <= turn.now.wallMs;
    this.#chosen = isOver ? plainStatus : stored;
    this.#parts.native.statuses.set(this.status);
    this.#planEnd(turn);
  }

  /** The status that peers see. */
  get status(): Status {
    return this.#isIdle && this.#chosen.presence === 'here'
      ? { ...this.#chosen, presence: 'away' }
      : this.#chosen;
  }

  /** Whether the user chose to be invisible. */
  get isInvisible(): boolean {
    return this.#chosen.presence === 'invisible';
  }

  /** Carries out a command. */
  command(input: StatusCommand, turn: CoreTurn): void {
    switch (input.name) {
      case 'ownStatus':
        turn.emit(answer(input.call, ok(this.#event())));
        return;
      case 'setStatus': {
        const { presence, text, untilMs } = input.body;
        const chosen = statusText(text).andThen((words) =>
          statusEnd(untilMs, turn.now.wallMs).map((endMs): Status => ({
            presence,
            text: words,
            untilMs: endMs,
          })),
        );
        if (chosen.isOk()) this.#choose(chosen.value, turn);
        turn.emit(
          answer(
            input.call,
            chosen.map(() => this.#event()),
          ),
        );
        return;
      }
      case 'idle':
        this.#change(turn, () => {
          this.#isIdle = input.body.isIdle;
        });
        turn.emit(answer(input.call, ok(this.#event())));
        return;
      default:
        unreachable(input);
    }
  }

  /** Takes a timer that has fired. */
  due(due: StatusDue, turn: CoreTurn): void {
    if (due.type === 'status-send') {
      this.#isSendPlanned = false;
      this.#send(turn);
      return;
    }
    if (due.timerNo !== this.#endTimerNo) return;
    const { untilMs } = this.#chosen;
    if (untilMs !== null && untilMs <= turn.now.wallMs) this.#choose(plainStatus, turn);
    else this.#planEnd(turn);
  }

  #choose(chosen: Status, turn: CoreTurn): void {
    this.#change(turn, () => {
      this.#chosen = chosen;
    });
    turn.emit({ to: 'own-status', status: chosen });
    this.#planEnd(turn);
  }

  /** Makes a change. Where it alters the status that peers see, it goes to beacons, sessions and readers of events. */
  #change(turn: CoreTurn, makeChange: () => void): void {
    const before = this.status;
    const wasInvisible = this.isInvisible;
    makeChange();
    if (JSON.stringify(before) === JSON.stringify(this.status)) return;
    const { native, foreign } = this.#parts;
    native.statuses.set(this.status);
    if (wasInvisible !== this.isInvisible) this.reportInvisible(turn);
    this.#describe(turn);
    if (this.isInvisible) {
      native.statuses.closeSessions(turn);
      foreign.closeConversations(turn);
    } else this.#send(turn);
    turn.emit({ to: 'feed', event: this.#event() });
  }

  /** Tells discovery whether this user is invisible: then it sends nothing. */
  reportInvisible(turn: CoreTurn): void {
    turn.emit({ to: 'presence', say: 'invisible', isInvisible: this.isInvisible });
  }

  /** Sends the status on sessions, at most once in `sendEveryMs`. Of changes in between, the last one is sent. */
  #send(turn: CoreTurn): void {
    if (this.#isSendPlanned) return;
    const waitMs = this.#sentAtMs + limits.sendEveryMs - turn.now.monotonicMs;
    if (waitMs > 0) {
      this.#isSendPlanned = true;
      turn.emit({ to: 'self', afterMs: waitMs, due: { type: 'status-send' } });
      return;
    }
    this.#sentAtMs = turn.now.monotonicMs;
    this.#parts.native.statuses.send(turn);
  }

  /**
   * Plans the next check whether the chosen status has ended. Checks come more often than the end itself, so that a
   * wall clock that was set, or a machine that slept, is noticed.
   */
  #planEnd(turn: CoreTurn): void {
    const { untilMs } = this.#chosen;
    // A timer of an earlier choice would set another one for as long as the status lasts.
    this.#endTimerNo += 1;
    if (untilMs === null) return;
    const afterMs = Math.max(0, Math.min(untilMs - turn.now.wallMs, limits.endCheckEveryMs));
    turn.emit({ to: 'self', afterMs, due: { type: 'status-end', timerNo: this.#endTimerNo } });
  }

  #event(): PresenceEvent {
    const { presence, statusText: words, statusUntil } = statusFields(this.status);
    return {
      type: 'presence',
      presence: presence ?? 'here',
      ...(words === undefined ? {} : { statusText: words }),
      ...(statusUntil === undefined ? {} : { statusUntil }),
    };
  }
}
