/** The CLOSE record: why a session is closed, as one byte. Source: session-protocol, section 5.4. */
import type { PlainRecord } from './records.js';
import type { CloseReason } from './contract.js';

const closeCode: Readonly<Record<CloseReason, number>> = {
  park: 1,
  rekey: 2,
  dup: 3,
  shutdown: 4,
  downgrade: 5,
};

const reasonOf: readonly (CloseReason | null)[] = [null, 'park', 'rekey', 'dup', 'shutdown', 'downgrade'];

/** Encodes the record that closes a session. */
export const encodeClose = (reason: CloseReason): PlainRecord => ({
  type: 'close',
  content: Uint8Array.of(closeCode[reason]),
  hasMore: false,
});

/** Reads the reason of a CLOSE record; `null`: an unknown reason. */
export const closeReasonOf = (content: Uint8Array): CloseReason | null =>
  content.length === 1 ? (reasonOf[content[0] ?? 0] ?? null) : null;
