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
import { statuses as limits } from './routes/limits.js';
import { answer } from './turn.js';
import type { StatusDue } from './people/effects.js';

/** Commands of this desk. */
export type StatusCommand = Extract<AskedInput, { readonly name: 'ownStatus' | 'setStatus' | 'idle' }>;

/** Keeps the own status. `describe`: renews the beacon. */
export class StatusDesk {
  readonly #parts: Parts;
  readonly #describe: (turn: CoreTurn) => void;
  #chosen: Status = plainStatus;
  #isIdle = false;
  /** The last time that sessions got the status (monotonic, ms). */
  #toldAtMs = Number.NEGATIVE_INFINITY;
  #isTellDue = false;
  /** Number of the timer that was set last for the end of the chosen status. */
  #watch = 0;

  constructor(parts: Parts, describe: (turn: CoreTurn) => void) {
    this.#parts = parts;
    this.#describe = describe;
  }

  /** Restores the status of an earlier run. */
  restore(stored: Status, turn: CoreTurn): void {
    const isOver = stored.untilMs !== null && stored.untilMs <= turn.now.wallMs;
    this.#chosen = isOver ? plainStatus : stored;
    this.#parts.native.statuses.set(this.status);
    this.#watchEnd(turn);
  }

  /** The status that peers see. */
  get status(): Status {
    return this.#isIdle && this.#chosen.presence === 'here'
      ? { ...this.#chosen, presence: 'away' }
      : this.#chosen;
  }

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

  due(due: StatusDue, turn: CoreTurn): void {
    if (due.type === 'status-tell') {
      this.#isTellDue = false;
      this.#tell(turn);
      return;
    }
    if (due.watch !== this.#watch) return;
    const { untilMs } = this.#chosen;
    if (untilMs !== null && untilMs <= turn.now.wallMs) this.#choose(plainStatus, turn);
    else this.#watchEnd(turn);
  }

  #choose(chosen: Status, turn: CoreTurn): void {
    this.#change(turn, () => {
      this.#chosen = chosen;
    });
    turn.emit({ to: 'own-status', status: chosen });
    this.#watchEnd(turn);
  }

  /** Makes a change, and tells it where it changes what peers see. */
  #change(turn: CoreTurn, work: () => void): void {
    const before = this.status;
    const wasInvisible = this.isInvisible;
    work();
    if (JSON.stringify(before) === JSON.stringify(this.status)) return;
    const { native, foreign } = this.#parts;
    native.statuses.set(this.status);
    if (wasInvisible !== this.isInvisible) this.tellQuiet(turn);
    this.#describe(turn);
    if (this.isInvisible) {
      native.statuses.closeSessions(turn);
      foreign.closeConversations(turn);
    } else this.#tell(turn);
    turn.emit({ to: 'feed', event: this.#event() });
  }

  /** Tells discovery whether it must be quiet. */
  tellQuiet(turn: CoreTurn): void {
    turn.emit({ to: 'presence', say: 'quiet', isQuiet: this.isInvisible });
  }

  /** Sends the status on sessions, once in a while at most: of several changes the last. */
  #tell(turn: CoreTurn): void {
    if (this.#isTellDue) return;
    const waitMs = this.#toldAtMs + limits.tellEveryMs - turn.now.monotonicMs;
    if (waitMs > 0) {
      this.#isTellDue = true;
      turn.emit({ to: 'self', afterMs: waitMs, due: { type: 'status-tell' } });
      return;
    }
    this.#toldAtMs = turn.now.monotonicMs;
    this.#parts.native.statuses.tell(turn);
  }

  /** Looks again before the end of the chosen status. A clock that was set, or a machine that slept, is noticed. */
  #watchEnd(turn: CoreTurn): void {
    const { untilMs } = this.#chosen;
    // A timer of an earlier choice would set another one for as long as the status lasts.
    this.#watch += 1;
    if (untilMs === null) return;
    const afterMs = Math.max(0, Math.min(untilMs - turn.now.wallMs, limits.endLookEveryMs));
    turn.emit({ to: 'self', afterMs, due: { type: 'status-end', watch: this.#watch } });
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
