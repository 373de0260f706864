/** What the words of a native peer are to the core: lines for the history, receipts, and how the peer is called. Pure. */
import type { Utterance } from '../../dialects/dialect.js';
import { unreachable } from '../../exhaustive.js';
import { directConversation, type MessageId, type PeerId, type SessionId } from '../../ids.js';
import { textContent, type NewEntry } from '../delivery/entry.js';
import type { People } from '../people/people.js';

/** Words that came over a session. */
export interface Said {
  readonly sessionId: SessionId;
  readonly utterances: readonly Utterance[];
}

export interface Understood {
  readonly lines: readonly NewEntry[];
  /** Messages of ours that the peer has committed. */
  readonly confirmed: readonly MessageId[];
  readonly names: readonly string[];
}

export function understand(
  people: Pick<People, 'name' | 'isVerified'>,
  peerId: PeerId,
  utterances: readonly Utterance[],
  wallMs: number,
): Understood {
  const lines: NewEntry[] = [];
  const confirmed: MessageId[] = [];
  const names: string[] = [];
  for (const utterance of utterances) {
    switch (utterance.type) {
      case 'text':
        if (utterance.id === null) break;
        lines.push({
          id: utterance.id,
          direction: 'in',
          peerId,
          peer: people.name(peerId),
          conversation: directConversation(peerId),
          content: textContent(utterance.text),
          sentAtMs: utterance.sentAtMs,
          receivedAtMs: wallMs,
          dialect: 'native',
          encryption: 'noise',
          verified: people.isVerified(peerId),
          state: 'delivered',
        });
        break;
      case 'receipt':
        confirmed.push(...utterance.ids);
        break;
      case 'profile':
        names.push(utterance.name);
        break;
      case 'connect':
      case 'leave':
        // Words of foreign programs; the native dialect has sessions for that.
        break;
      default:
        return unreachable(utterance);
    }
  }
  return { lines, confirmed, names };
}
