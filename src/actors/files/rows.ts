/** Records of transfers as rows for users, and records of new transfers. */
import type { TransferRecord, TransferRow } from '../../chat/files/record.js';
import type { FileOffer } from '../../dialects/files.js';
import type { MessageId, PeerId } from '../../ids.js';
import type { LiveView } from './transfer.js';

/** The fields of an offer and its message. */
interface Offered {
  readonly id: MessageId;
  readonly peerId: PeerId;
  readonly offer: FileOffer;
}

/** Makes the record of a new transfer. */
export const newRecord = ({ id, peerId, offer }: Offered, direction: 'in' | 'out'): TransferRecord => ({
  id,
  peerId,
  direction,
  state: direction === 'in' ? 'asked' : 'offered',
  reason: null,
  offer,
  createdAtMs: Date.now(),
  updatedAtMs: Date.now(),
  directory: '',
  isPlacing: false,
  places: [],
  sources: [],
  spool: '',
  notes: [],
  isTold: true,
  isEndedByPeer: false,
  hasRemains: true,
  keepsMode: false,
  replaces: false,
  rateMost: null,
  root: null,
});

/** Returns what users see of a transfer. */
export function rowOf({
  record,
  live,
}: {
  readonly record: TransferRecord;
  readonly live: { readonly view: LiveView } | null;
}): TransferRow {
  const { id, peerId, direction, offer, places, notes } = record;
  const { name, files, directories, bytes, comment } = offer;
  const view = live === null ? restingView(record) : live.view;
  const sizes = { files, directories, bytes, done: view.done, rate: view.rate, etaSeconds: view.etaSeconds };
  return {
    id,
    peerId,
    direction,
    name,
    comment,
    places,
    notes,
    state: view.activity,
    reason: view.reason,
    ...sizes,
  };
}

type Seen = Omit<LiveView, 'activity' | 'reason'> &
  Pick<TransferRow, 'reason'> & { readonly activity: TransferRow['state'] };

const restingView = ({ state, reason, offer }: TransferRecord): Seen => ({
  activity: state,
  reason,
  done: state === 'done' ? offer.bytes : 0,
  rate: 0,
  etaSeconds: null,
});
