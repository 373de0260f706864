/** A refusal that arrives: BUSY of session-protocol 5.1, then the end of the connection. */
import type { Socket } from 'node:net';
import { encodeBusy } from '../../dialects/native.js';
import { admission } from '../../admission/limits.js';
import { transport as limits } from './limits.js';
import { finishSocket } from '../tcp/finish.js';

/** The callers that get BUSY. */
export class Refusals {
  /** Whether the system has taken the BUSY for each caller. */
  readonly #closing = new Map<Socket, { isWritten: boolean }>();

  get count(): number {
    return this.#closing.size;
  }

  /** Answers BUSY and closes. `random`: in [0, 1). */
  refuse(socket: Socket, random: number): void {
    const state = { isWritten: false };
    this.#closing.set(socket, state);
    // The system delivers the written bytes also after the socket is closed here.
    const closeTimer = setTimeout(() => socket.destroy(), limits.busyCloseMs);
    socket.once('close', () => {
      clearTimeout(closeTimer);
      this.#closing.delete(socket);
    });
    socket.write(busyFrame(random), () => (state.isWritten = true));
    finishSocket(socket, () => undefined);
  }

  /** Closes the connections whose BUSY is on its way, to make room for another caller. */
  cut(): void {
    for (const [socket, { isWritten }] of this.#closing) {
      if (!isWritten) continue;
      socket.destroy();
      this.#closing.delete(socket);
    }
  }
}

/** Encodes BUSY with a random pause, so that callers do not come back together. */
function busyFrame(random: number): Uint8Array {
  const spread = admission.busyRetryMaxS - admission.busyRetryMinS + 1;
  const seconds = admission.busyRetryMinS + Math.floor(random * spread);
  return encodeBusy(seconds * 1_000);
}
