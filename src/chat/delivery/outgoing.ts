/** Entries on their way out: made of the words of a user, and in the form that the program of the peer takes. Pure. */
import { directConversation, type PeerId } from '../../ids.js';
import { plainForm } from '../operations/plain-forms.js';
import { isProvable } from '../people/capabilities.js';
import type { People } from '../people/people.js';
import type { Carriage } from '../routes/route.js';
import type { Clocks } from '../turn.js';
import { textContent, type Entry, type NewEntry } from './entry.js';
import { contentOf, type Words } from './sending.js';

/** Makes the entry of words that a user said. */
export const outgoing = (
  people: Pick<People, 'name' | 'isVerified'>,
  words: Words,
  peerId: PeerId,
  { dialect, encryption, isUnsaid }: Carriage & { readonly isUnsaid: boolean },
  now: Clocks,
): NewEntry => ({
  id: words.id,
  direction: 'out',
  peerId,
  peer: people.name(peerId),
  conversation: directConversation(peerId),
  content: contentOf(words),
  sentAtMs: now.wallMs,
  receivedAtMs: now.wallMs,
  dialect,
  encryption,
  verified: people.isVerified(peerId),
  state: 'queued',
  ...(isUnsaid ? { isUnsaid } : {}),
  ...(words.quoted === undefined ? {} : { quoted: words.quoted }),
});

/** Returns the entries as a foreign program takes them, which knows texts alone. */
export function forRoute(peerId: PeerId, entries: readonly Entry[]): readonly Entry[] {
  if (isProvable(peerId)) return entries;
  return entries.map((entry) => {
    const text = plainForm(entry.content, entry.quoted ?? '', 'foreign');
    return text === null ? entry : { ...entry, content: textContent(text) };
  });
}
