/**
 * How much more the peer of a connection may send. The bytes it sent are given back to the stream as credit while those
 * that the node has not committed yet stay within a bound. Past it the peer's bytes wait in its socket.
 */
import type { ByteStream } from '../../runtime/stream.js';
import { connection as limits } from './limits.js';

export class ReadCredit {
  readonly #stream: Pick<ByteStream, 'consumed'>;
  #uncommittedBytes = 0;
  /** Received, and not given back yet. */
  #owedBytes = 0;

  constructor(stream: Pick<ByteStream, 'consumed'>) {
    this.#stream = stream;
  }

  received(bytes: number): void {
    this.#owedBytes += bytes;
  }

  /** The node has these and will commit them. */
  reported(bytes: number): void {
    this.#uncommittedBytes += bytes;
  }

  committed(bytes: number): void {
    this.#uncommittedBytes -= bytes;
    this.repay();
  }

  /** Gives back what is owed, unless too much is uncommitted. Called once all that was received is reported. */
  repay(): void {
    if (this.#uncommittedBytes > limits.uncommittedBytesMax || this.#owedBytes === 0) return;
    this.#stream.consumed(this.#owedBytes);
    this.#owedBytes = 0;
  }
}
