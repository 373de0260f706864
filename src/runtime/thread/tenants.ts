/** The actors of one worker, as its supervisors see them: their places in the table of progress. */
import type { DeadLetter } from '../link/protocol.js';
import type { ProgressTable } from './progress.js';

/** An envelope that was being handled when its thread died. */
export interface Blame {
  readonly linkId: number;
  /** Low 32 bits of its number. */
  readonly seq: number;
}

interface Tenant {
  readonly id: string;
  readonly busyMsMax: number;
}

/** The actors in one thread. */
export class Tenants {
  readonly #progress: ProgressTable;
  readonly #max: number;
  readonly #bySlot = new Map<number, Tenant>();
  readonly #freeSlots: number[] = [];
  #slotsUsed = 0;

  constructor(progress: ProgressTable, max: number) {
    this.#progress = progress;
    this.#max = max;
  }

  /** A place in the table, or 0 when the thread is full. */
  take(id: string, busyMsMax: number): number {
    let slot = this.#freeSlots.pop() ?? 0;
    if (slot === 0) {
      if (this.#slotsUsed >= this.#max) return 0;
      this.#slotsUsed += 1;
      slot = this.#slotsUsed;
    }
    this.#bySlot.set(slot, { id, busyMsMax });
    return slot;
  }

  free(slot: number): void {
    this.#progress.note(slot, 0, 0);
    this.#progress.setUnsafe(slot, 0);
    this.#bySlot.delete(slot);
    this.#freeSlots.push(slot);
  }

  /** CPU time that the handler may take which has the thread now; null when none has. */
  busyMsMax(): number | null {
    return this.#bySlot.get(this.#progress.running)?.busyMsMax ?? null;
  }

  /** Messages that died with the thread; their number at most is all that is known of them. */
  lost(): readonly DeadLetter[] {
    return [...this.#bySlot].flatMap(([slot, { id }]): readonly DeadLetter[] => {
      const count = this.#progress.unsafe(slot);
      if (count <= 0) return [];
      return [{ actor: '', from: id, name: '', reason: 'lost-with-thread', body: undefined, count }];
    });
  }

  /** The cell that had the thread, if any had; otherwise every cell that waited within a handler. */
  blames(): readonly Blame[] {
    const { running } = this.#progress;
    const slots = running > 0 ? [running] : Array.from({ length: this.#slotsUsed }, (_, i) => i + 1);
    // Actors that deal with what follows from one envelope have noted the same one.
    const noted = slots.map((slot) => this.#progress.noted(slot)).filter(({ linkId }) => linkId !== 0);
    return [...new Map(noted.map((blame) => [`${blame.linkId} ${blame.seq}`, blame])).values()];
  }
}
