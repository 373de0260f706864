/** Utterances of a native peer, as the core takes them: entries for the history, receipts, and names. Pure. */
import type { Utterance } from '../../dialects/dialect.js';
import type { Inquiry } from '../../dialects/inquiry.js';
import { unreachable } from '../../exhaustive.js';
import { directConversation, type MessageId, type PeerId, type SessionId } from '../../ids.js';
import { textContent, wordsOf, type Entry, type NewEntry } from '../delivery/entry.js';
import type { People } from '../people/people.js';
import type { Status } from '../../wire/status.js';

/** Utterances that came over a session. */
export interface Said {
  readonly sessionId: SessionId;
  readonly utterances: readonly Utterance[];
}

/** The meaning of a batch of utterances. */
export interface Understood {
  readonly lines: readonly NewEntry[];
  /** Messages of ours that the peer has committed. */
  readonly confirmed: readonly MessageId[];
  readonly names: readonly string[];
  /** Statuses of the peer, oldest first. */
  readonly statuses: readonly Status[];
  /** Questions about the network, and answers to ours. */
  readonly inquiries: readonly Inquiry[];
  /** The kinds that this version does not know, once per utterance. */
  readonly unknownKinds: readonly number[];
}

/** Sorts utterances by their meaning. */
export function understand(
  people: Pick<People, 'name' | 'isVerified'>,
  peerId: PeerId,
  utterances: readonly Utterance[],
  wallMs: number,
): Understood {
  const lines: NewEntry[] = [];
  const confirmed: MessageId[] = [];
  const names: string[] = [];
  const statuses: Status[] = [];
  const inquiries: Inquiry[] = [];
  const unknownKinds: number[] = [];
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
      case 'status':
        statuses.push(utterance.status);
        break;
      case 'inquiry':
        inquiries.push(utterance.inquiry);
        break;
      case 'unknown':
        unknownKinds.push(utterance.kind);
        break;
      case 'connect':
      case 'leave':
        // Only foreign programs say these; native sessions have their own start and end.
        break;
      default:
        return unreachable(utterance);
    }
  }
  return { lines, confirmed, names, statuses, inquiries, unknownKinds };
}

/** Entries as a route takes them. */
export interface Sendable {
  readonly lines: readonly Entry[];
  readonly utterances: readonly Extract<Utterance, { readonly type: 'text' }>[];
  /** Entries of kinds that this version cannot send. They fail, since they would hold up all that follow. */
  readonly unsendable: readonly MessageId[];
}

/** Turns entries into utterances. */
export function sendableOf(entries: readonly Entry[]): Sendable {
  const lines = entries.filter(({ content }) => wordsOf(content) !== null);
  const utterances = lines.map(
    ({ id, sentAtMs, content }) => ({ type: 'text', id, sentAtMs, text: wordsOf(content) ?? '' }) as const,
  );
  const unsendable = entries.filter((entry) => !lines.includes(entry)).map(({ id }) => id);
  return { lines, utterances, unsendable };
}
