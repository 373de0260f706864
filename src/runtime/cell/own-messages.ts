/** Messages of an actor to itself: from its handlers, its timers and its watches. */
import { err, ok, type Result } from 'neverthrow';
import type { RuntimeError } from '../errors.js';
import { nameShift } from '../link/envelope.js';
import { full } from '../link/faults.js';
import type { DeadLetter, DeadLetterReason } from '../link/protocol.js';
import type { HandlerWatch } from './handler-watch.js';

/** The parts of an actor that its own messages pass through. */
export interface OwnMailbox {
  readonly id: string;
  /** Index of the handler for `name`, or -1. */
  handlerIndex(name: string): number;
  readonly links: { takeSelf(): boolean };
  readonly host: { deadLetter(letter: DeadLetter): void };
  /** Puts an envelope behind what waits. */
  enqueueOwn(code: number, body: unknown): void;
}

/** Sends the messages of one actor to itself. */
export class OwnMessages {
  readonly #cell: OwnMailbox;
  readonly #watch: HandlerWatch;

  constructor(cell: OwnMailbox, watch: HandlerWatch) {
    this.#cell = cell;
    this.#watch = watch;
  }

  /** Errors: `runtime/mailbox-full`. A name without a handler becomes a dead letter. */
  send(name: string, body: unknown): Result<void, RuntimeError> {
    const index = this.#cell.handlerIndex(name);
    if (index < 0) this.#bury(name, 'unknown-name', body);
    else if (!this.#cell.links.takeSelf()) return err(full(this.#cell.id));
    else {
      this.#watch.noteOwn();
      this.#cell.enqueueOwn(index << nameShift, body);
    }
    return ok(undefined);
  }

  /** For messages that no handler sends: without room it becomes a dead letter. */
  sendOrBury(name: string, body: unknown): void {
    if (this.send(name, body).isErr()) this.#bury(name, 'mailbox-full', body);
  }

  #bury(name: string, reason: DeadLetterReason, body: unknown): void {
    const { id, host } = this.#cell;
    host.deadLetter({ actor: id, from: id, name, reason, body });
  }
}
