/**
 * The credit of the peer of a connection. Received bytes are given back to the stream as credit while the uncommitted
 * ones stay within a bound. Beyond it the bytes of the peer wait in its socket.
 */
import type { ByteStream } from '../../runtime/stream.js';
import { connection as limits } from './limits.js';

/** The bytes of one connection that are uncommitted, or owed to the stream. */
export class ReadCredit {
  readonly #stream: Pick<ByteStream, 'consumed'>;
  #uncommittedBytes = 0;
  /** Bytes of files, which are bounded apart: a slow disk must not hold up words. */
  #filesBytes = 0;
  /** Received bytes that were not given back yet. */
  #owedBytes = 0;

  constructor(stream: Pick<ByteStream, 'consumed'>) {
    this.#stream = stream;
  }

  received(bytes: number): void {
    this.#owedBytes += bytes;
  }

  /** Notes bytes that were handed to the node and will be committed. */
  reported(bytes: number): void {
    this.#uncommittedBytes += bytes;
  }

  committed(bytes: number): void {
    this.#uncommittedBytes -= bytes;
    this.repay();
  }

  /** Notes bytes that were handed to the actor of files. */
  filesGiven(bytes: number): void {
    this.#filesBytes += bytes;
  }

  filesTaken(bytes: number): void {
    this.#filesBytes = Math.max(0, this.#filesBytes - bytes);
    this.repay();
  }

  /** The actor of files has started again, and has none of the bytes that it was given. */
  filesForgotten(): void {
    this.filesTaken(this.#filesBytes);
  }

  /** Gives owed bytes back, unless too many are uncommitted. Call it once all received bytes are reported. */
  repay(): void {
    if (this.#uncommittedBytes > limits.uncommittedBytesMax || this.#owedBytes === 0) return;
    if (this.#filesBytes > limits.filesInHandBytesMax) return;
    this.#stream.consumed(this.#owedBytes);
    this.#owedBytes = 0;
  }
}
