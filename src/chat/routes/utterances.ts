/** Utterances of a native peer, as the core takes them: entries for the history, receipts, and names. Pure. */
import type { Utterance } from '../../dialects/dialect.js';
import type { Inquiry } from '../../dialects/inquiry.js';
import { unreachable } from '../../exhaustive.js';
import { directConversation, type MessageId, type PeerId, type SessionId } from '../../ids.js';
import { textContent, type Content, type Entry, type NewEntry } from '../delivery/entry.js';
import { plainForm } from '../operations/plain-forms.js';
import type { People } from '../people/people.js';
import { feature } from '../../wire/features.js';
import type { Status } from '../../wire/status.js';
import { contentOf, operationOf } from '../operations/native-forms.js';
import type { PeerNote } from './live-session.js';

/** Utterances that came over a session. */
export interface Said {
  readonly sessionId: SessionId;
  readonly utterances: readonly Utterance[];
}

/** The meaning of a batch of utterances. */
export interface Understood {
  readonly entries: readonly NewEntry[];
  /** Messages of ours that the peer has committed. */
  readonly confirmed: readonly MessageId[];
  readonly names: readonly string[];
  /** Statuses of the peer, oldest first. */
  readonly statuses: readonly Status[];
  /** Questions about the network, and answers to ours. */
  readonly inquiries: readonly Inquiry[];
  /** Utterances that no outbox keeps. */
  readonly notes: readonly PeerNote[];
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
  const entries: NewEntry[] = [];
  const confirmed: MessageId[] = [];
  const names: string[] = [];
  const statuses: Status[] = [];
  const inquiries: Inquiry[] = [];
  const notes: PeerNote[] = [];
  const unknownKinds: number[] = [];
  const entryOf = entryMaker(people, peerId, wallMs);
  for (const utterance of utterances) {
    switch (utterance.type) {
      case 'text':
        if (utterance.id !== null)
          entries.push(entryOf(utterance.id, utterance.sentAtMs, textContent(utterance.text)));
        break;
      case 'operation':
        if (utterance.operation.kind === 'read') {
          const { upTo, unread } = utterance.operation;
          notes.push({ type: 'read', peerId, id: utterance.id, upTo, unread });
          break;
        }
        entries.push(entryOf(utterance.id, utterance.sentAtMs, contentOf(utterance.operation)));
        break;
      case 'offer': {
        const { id, sentAtMs, offer } = utterance;
        entries.push(entryOf(id, sentAtMs, { type: 'file-offer', ...offer }));
        break;
      }
      case 'file':
        // The session hands words about a transfer to the actor of files.
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
      case 'typing':
        notes.push({ type: 'typing', peerId, seconds: utterance.seconds });
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
  return { entries, confirmed, names, statuses, inquiries, notes, unknownKinds };
}

/** Makes the entries of a peer at a time. */
const entryMaker =
  (people: Pick<People, 'name' | 'isVerified'>, peerId: PeerId, wallMs: number) =>
  (id: MessageId, sentAtMs: number, content: Content): NewEntry => ({
    id,
    direction: 'in',
    peerId,
    peer: people.name(peerId),
    conversation: directConversation(peerId),
    content,
    sentAtMs,
    receivedAtMs: wallMs,
    dialect: 'native',
    encryption: 'noise',
    verified: people.isVerified(peerId),
    state: 'delivered',
  });

/** Entries as a route takes them. */
export interface Sendable {
  readonly sendable: readonly Entry[];
  readonly utterances: readonly Utterance[];
  /** Entries that the peer cannot take. They fail, since they would hold up all that follow. */
  readonly unsendable: readonly MessageId[];
}

/** Turns entries into utterances, for a peer that announced these features. */
export function sendableOf(entries: readonly Entry[], features: number): Sendable {
  const sendable: Entry[] = [];
  const utterances: Utterance[] = [];
  const unsendable: MessageId[] = [];
  for (const entry of entries) {
    const utterance = utteranceOf(entry, features);
    if (utterance === null) unsendable.push(entry.id);
    else {
      sendable.push(entry);
      utterances.push(utterance);
    }
  }
  return { sendable, utterances, unsendable };
}

function utteranceOf({ id, sentAtMs, content, quoted }: Entry, features: number): Utterance | null {
  if (content.type === 'file-offer') {
    const { type: _type, ...offer } = content;
    return (features & feature.files) === 0 ? null : { type: 'offer', id, sentAtMs, offer };
  }
  const canOperate = (features & feature.messageOperations) !== 0;
  if (content.type === 'timer' && (features & feature.timers) === 0) return null;
  const operation = canOperate ? operationOf(content) : null;
  if (operation !== null) return { type: 'operation', id, sentAtMs, operation };
  const text = plainForm(content, quoted ?? '', 'older');
  return text === null ? null : { type: 'text', id, sentAtMs, text };
}
