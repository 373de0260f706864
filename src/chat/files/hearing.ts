/** The meaning of a peer's word for the record of a transfer. Pure. */
import type { FileWords, StopReason } from '../../dialects/files.js';
import { toHex } from '../../wire/bytes.js';
import { isOver, type TransferRecord } from './record.js';

/** One step of this side, in order. */
export type Step =
  | { readonly type: 'change'; readonly fields: Partial<TransferRecord> }
  /** Tell the peer that its last word is known, once the changes before are on disk. */
  | { readonly type: 'acknowledge' }
  /** Repeat the own last word. */
  | { readonly type: 'tell' }
  /** Hand the word to the end that runs. */
  | { readonly type: 'serve' };

/** Returns what follows from a word about this transfer. */
export function stepsFor(record: TransferRecord, words: FileWords): readonly Step[] {
  if (words.type === 'stop') return stopped(record, words.reason);
  return record.direction === 'in' ? [{ type: 'serve' }] : fromReceiver(record, words);
}

/** The peer ended the transfer, or knows that it is over. */
function stopped(record: TransferRecord, reason: StopReason): readonly Step[] {
  const isAcknowledgement = reason === 'known';
  const steps: Step[] = [];
  // A peer that ended the transfer too, or does not know it any more, has nothing left to hear.
  if (isOver(record) && !record.isTold) steps.push({ type: 'change', fields: { isTold: true } });
  if (!isOver(record) && !isAcknowledgement)
    steps.push({ type: 'change', fields: { state: 'stopped', reason, isEndedByPeer: true } });
  if (!isAcknowledgement) steps.push({ type: 'acknowledge' });
  return steps;
}

function fromReceiver(
  record: TransferRecord,
  words: Exclude<FileWords, { readonly type: 'stop' }>,
): readonly Step[] {
  const accepted: Step = {
    type: 'change',
    fields: { state: 'accepted', reason: null, isEndedByPeer: false },
  };
  if (isOver(record)) {
    if (words.type === 'consent' && words.answer === 'accept' && mayRevive(record)) return [accepted];
    // The receiver does not know that the transfer is over, or asks whether this side knows.
    const isAgreed =
      words.type === 'stored'
        ? record.state === 'done'
        : words.type === 'consent' && words.answer === 'decline';
    return [{ type: isAgreed ? 'acknowledge' : 'tell' }];
  }
  switch (words.type) {
    case 'consent':
      if (words.answer === 'decline')
        return [
          { type: 'change', fields: { state: 'declined', reason: words.reason } },
          { type: 'acknowledge' },
        ];
      if (words.answer === 'later') return [{ type: 'serve' }];
      return record.state === 'offered' ? [accepted] : [];
    case 'pull':
    case 'manifest':
      return record.state === 'offered' ? [accepted, { type: 'serve' }] : [{ type: 'serve' }];
    case 'stored':
      return [
        { type: 'change', fields: { state: 'done', root: toHex(words.root) } },
        { type: 'acknowledge' },
      ];
    case 'data':
    case 'hash':
    case 'root':
      // Words of a sender.
      return [];
    default:
      return words satisfies never;
  }
}

/** Whether a receiver that tries again finds the transfer: everybody knew of its end, which was not the user's wish. */
const mayRevive = ({ state, reason, isTold, isEndedByPeer, hasRemains }: TransferRecord): boolean =>
  state === 'stopped' && isTold && hasRemains && (isEndedByPeer || reason !== 'cancelled');
