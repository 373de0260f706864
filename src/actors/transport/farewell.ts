/** The end of a connection that a foreign program may lose, with a sentence for its user where the dialect has words. */
import type { Socket } from 'node:net';
import type { Hello } from '../../admission/first-bytes.js';
import { cutOffWords } from '../../dialects/limits.js';
import { foreignDialects } from '../../dialects/sniff.js';
import { finishSocket } from '../tcp/finish.js';
import { transport as limits } from './limits.js';
import type { Joint } from './socket.js';

/** The callers that got no slot and read a sentence. Bounded, since each of them keeps its socket for a while. */
export class Farewells {
  #count = 0;

  /** Ends the connection of a caller that got no slot. Beyond the bound it gets no sentence. */
  turnAway(socket: Socket, hello: Hello | null): void {
    const sentence = sentenceFor(hello, cutOffWords.turnedAway);
    if (sentence === null || socket.destroyed || this.#count >= limits.farewellsMost) {
      socket.destroy();
      return;
    }
    this.#count += 1;
    const flushTimer = setTimeout(() => socket.destroy(), limits.flushMs);
    socket.once('close', () => {
      this.#count -= 1;
      clearTimeout(flushTimer);
    });
    socket.write(sentence);
    finishSocket(socket, () => undefined);
  }
}

/** Ends a connection whose slot another caller has. */
export function evict(socket: Socket, joint: Joint, hello: Hello | null): void {
  const sentence = sentenceFor(hello, cutOffWords.evicted);
  if (sentence === null) return joint.destroy('evicted');
  socket.write(sentence);
  joint.end('evicted');
}

const sentenceFor = (hello: Hello | null, words: string): Uint8Array | null =>
  hello?.type === 'foreign' ? (foreignDialects[hello.dialect].encodeFarewell?.(words) ?? null) : null;
