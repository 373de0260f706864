/** Two nodes that dialled each other at the same time. Source: session-protocol, section 5.5. Pure. */
import { toHex } from '../../wire/bytes.js';

/**
 * Whether the connection stays: of two, the one whose initiator has the smaller identity key does. The other one is
 * closed with CLOSE(dup). Keys of equal length compare as numbers when their hex digits compare as text.
 */
export const isKeptDial = (initiatorIdKey: Uint8Array, responderIdKey: Uint8Array): boolean =>
  toHex(initiatorIdKey) < toHex(responderIdKey);
