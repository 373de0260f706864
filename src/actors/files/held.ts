/** One transfer of the table: its record, its folder, and the end that runs. */
import { ok, type Result } from 'neverthrow';
import type { FileError } from '../../chat/errors.js';
import type { TransferRecord } from '../../chat/files/record.js';
import type { Incoming } from './incoming.js';
import type { Outgoing } from './sending/outgoing.js';
import { TransferFolder } from './store.js';

/** One transfer. */
export interface Held {
  record: TransferRecord;
  readonly folder: TransferFolder;
  /** Whether its first record is on disk; until then no peer and no user hears that it is kept. */
  kept: Promise<Result<void, FileError>>;
  /** The end that runs; null: none does. */
  live: Incoming | Outgoing | null;
  reportedAtMs: number;
  isReportDue: boolean;
}

/** Makes the entry of a transfer for which nothing runs. `root`: the folder of all transfers. */
export const newHeld = (record: TransferRecord, root: string): Held => ({
  record,
  folder: new TransferFolder(root, record.id),
  kept: Promise.resolve(ok(undefined)),
  live: null,
  reportedAtMs: Number.NEGATIVE_INFINITY,
  isReportDue: false,
});
