/** A refusal that arrives: BUSY of session-protocol 5.1, then the end of the connection. */
import type { Socket } from 'node:net';
import { encodeBusy } from '../../dialects/native.js';
import { admission } from '../../admission/limits.js';
import { transport as limits } from './limits.js';
import { finishSocket } from '../tcp/finish.js';

/** Answers BUSY and closes. `random`: in [0, 1). `onClosed` is called once, when the socket is gone. */
export function sayBusy(socket: Socket, random: number, onClosed: () => void): void {
  // A caller that does not read its BUSY is cut off.
  const patience = setTimeout(() => socket.destroy(), limits.flushMs);
  socket.once('close', () => {
    clearTimeout(patience);
    onClosed();
  });
  socket.write(busyFrame(random));
  finishSocket(socket, () => undefined);
}

/** Encodes BUSY with a random pause, so that callers do not come back together. */
function busyFrame(random: number): Uint8Array {
  const spread = admission.busyRetryMaxS - admission.busyRetryMinS + 1;
  const seconds = admission.busyRetryMinS + Math.floor(random * spread);
  return encodeBusy(seconds * 1_000);
}
