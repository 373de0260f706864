/** Posts messages with objects that move. */
import type { MessagePort, Transferable } from 'node:worker_threads';

/**
 * As `postMessage`, but throws when an object has moved before. Node posts bytes that are gone, and the receiver cannot
 * read the message: everything else in it would be lost without a word.
 */
export function postMoving(port: MessagePort, message: unknown, transfer: readonly Transferable[]): void {
  for (const one of transfer)
    if (one instanceof ArrayBuffer && isGone(one)) throw new TypeError('an ArrayBuffer has moved before');
  port.postMessage(message, transfer);
}

/** Node 20 has no `detached`: no view can be made of bytes that are gone. */
function isGone(bytes: ArrayBuffer): boolean {
  if (bytes.byteLength > 0) return false;
  try {
    return new Uint8Array(bytes).byteLength > 0;
  } catch {
    return true;
  }
}
