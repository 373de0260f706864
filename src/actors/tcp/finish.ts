/** The orderly end of a TCP socket. */
import type { Socket } from 'node:net';
import { tcp as limits } from './limits.js';

/**
 * Flushes and ends our side, then discards the peer's bytes until it ends, too. A socket that is closed with unread
 * bytes sends RST, which can destroy bytes that the peer has not read yet.
 */
export function finishSocket(socket: Socket, onFlushed: () => void): void {
  let linger: NodeJS.Timeout | undefined;
  socket.on('data', () => undefined);
  socket.on('end', () => {
    if (socket.writableFinished) socket.destroy();
  });
  socket.on('close', () => {
    clearTimeout(linger);
    onFlushed();
  });
  socket.resume();
  socket.end(() => {
    onFlushed();
    if (socket.readableEnded) socket.destroy();
    else linger = setTimeout(() => socket.destroy(), limits.lingerMs);
  });
}
