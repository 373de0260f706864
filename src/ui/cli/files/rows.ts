/**
 * Running transfers on a terminal: one row that is redrawn. In a pipe there is none, and with `--json` each event is a
 * line.
 */
import { escapeName, type TransferEvent } from '../../../index.js';
import type { Output } from '../screen/output.js';
import type { World } from '../world.js';
import { progressWords, transferLine, transferName } from './words.js';

/** Prints the events of transfers. */
export class TransferRows {
  readonly #output: Output;
  readonly #stderr: World['stderr'];
  readonly #isDrawn: boolean;
  readonly #states = new Map<string, string>();
  #isThere = false;

  constructor(world: Pick<World, 'stderr'>, output: Output) {
    this.#output = output;
    this.#stderr = world.stderr;
    this.#isDrawn = world.stderr.isTTY === true && !output.isJson && !output.isPlain;
  }

  /** Prints an event: a line for a new state, the row for progress. */
  async show(event: TransferEvent): Promise<void> {
    if (this.#output.isJson) return this.#output.result(event, null);
    const key = `${event.state} ${event.reason ?? ''}`;
    const isNew = this.#states.get(event.id) !== key;
    this.#states.set(event.id, key);
    const isMoving = event.state === 'receiving' || event.state === 'sending';
    if (isMoving) {
      if (!this.#isDrawn) return;
      const way = event.direction === 'in' ? 'from' : 'to';
      const row = `${transferName(event)} ${way} ${escapeName(event.peer)}: ${progressWords(event)}`;
      this.#stderr.write(`\r\u001B[K${row.slice(0, (process.stderr.columns ?? 80) - 1)}`);
      this.#isThere = true;
      return;
    }
    if (!isNew || event.state === 'checking' || event.state === 'accepted') return;
    this.end();
    await this.#output.result(event, transferLine(event, this.#output.colors));
  }

  /** Removes the row. Idempotent. */
  end(): void {
    if (this.#isThere) this.#stderr.write('\r\u001B[K');
    this.#isThere = false;
  }
}
