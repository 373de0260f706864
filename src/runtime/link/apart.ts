/** Posts the envelopes of a refused batch one by one, so that the others do not suffer from the one that is refused. */
import type { Transferable } from 'node:worker_threads';
import type { Pipe } from './pipe.js';
import type { Batch } from './protocol.js';

/** `giveUp` hears the number of each envelope that cannot be cloned. */
export function postApart(
  pipe: Pipe<Batch>,
  packet: Batch,
  transferAt: (seq: number) => readonly Transferable[],
  giveUp: (seq: number) => void,
): void {
  if (typeof packet === 'number') return;
  const [first, names, cancelled, codes, bodies] = packet;
  pipe.postNow([first, names, cancelled, [], []], []);
  codes.forEach((code, i) => {
    const seq = first + i;
    try {
      pipe.postNow([seq, null, null, [code], [bodies[i]]], transferAt(seq));
    } catch {
      giveUp(seq);
    }
  });
}
