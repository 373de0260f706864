/** Own messages on the screen that their reader has not read, so that their marks can change. */
import type { MessageEvent, ReadEvent } from '../../../../index.js';
import { cli } from '../../limits.js';

/** The newest own messages that were shown. */
export class UnreadRows {
  readonly #rows = new Map<string, { readonly peerId: string; readonly seq: number }>();

  /** An own message is shown. */
  shown({ id, peerId, seq, readAt }: MessageEvent): void {
    if (readAt !== undefined) return;
    this.#rows.set(id, { peerId, seq });
    const [oldest] = this.#rows.keys();
    if (this.#rows.size > cli.marksKept && oldest !== undefined) this.#rows.delete(oldest);
  }

  /** Returns the messages that a peer has read now. */
  read({ peerId, seq }: Pick<ReadEvent, 'peerId' | 'seq'>): readonly string[] {
    const ids = [...this.#rows].flatMap(([id, row]) => (row.peerId === peerId && row.seq <= seq ? [id] : []));
    for (const id of ids) this.#rows.delete(id);
    return ids;
  }
}
