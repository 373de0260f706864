/**
 * The form of the public number for a program of cmp2204. The original reads the repr of bytes alone. Other answers to
 * its assignment read a number alone, and the repr ends them. So a program of which nothing is known never gets the repr
 * first, and a program whose announcement differs from the original never gets it.
 */
import { formatForm, parseForm, type NumberForm } from '../../dialects/cmp2204/codec.js';
import { foreignPorts } from '../../dialects/limits.js';
import type { MessageId } from '../../ids.js';
import { foreignPeerId } from '../people/name.js';
import { foreignRoutes as limits } from './limits.js';
import type { ForeignEnd, ForeignPeer, ForeignState, KeyForms } from './state.js';

/** Makes the memory of a peer with which no exchange was tried. */
export const newKeyForms = (): KeyForms => ({
  proven: null,
  failed: new Set(),
  silences: 0,
  tries: new Map(),
});

/** Returns `ForeignOptions.form` for the next connection with a peer of cmp2204. */
export function formFor(state: ForeignState, peer: ForeignPeer): string {
  const spoken = parseForm(peer.form);
  if (peer.form !== null) return formatForm(spoken);
  return formatForm({ keys: spoken.keys, number: numberFor(state, peer) ?? 'bare' });
}

/** Notes an exchange that ended without an answer. Returns why its message fails for good; null: it is tried again. */
export function exchangeFailed(
  state: ForeignState,
  peer: ForeignPeer,
  id: MessageId,
  { form, end }: { readonly form: string | null; readonly end: ForeignEnd },
): string | null {
  const { keyForms } = peer;
  const used = parseForm(form).number;
  const isSilence = end.type === 'lost' && end.reason === 'deadline';
  keyForms.silences = isSilence ? keyForms.silences + 1 : 0;
  const isRuledOut = !isSilence || keyForms.silences >= limits.keySilencesMax;
  if (isRuledOut && peer.form === null && keyForms.proven === null) {
    keyForms.failed.add(used);
    keyForms.silences = 0;
  }
  const tries = (keyForms.tries.get(id) ?? 0) + 1;
  keyForms.tries.set(id, tries);
  const isOver = tries >= limits.keyTriesMax || numberFor(state, peer) === null;
  if (!isOver) return null;
  keyForms.tries.delete(id);
  // The next message begins with all forms that are left to it, or it could never be sent.
  if (numberFor(state, peer) === null) keyForms.failed.clear();
  return `it did not agree on a key in ${tries} ${tries === 1 ? 'try' : 'tries'}; send it without encryption`;
}

/** Returns the form of the public number for a peer; null: every form has failed. */
function numberFor(state: ForeignState, peer: ForeignPeer): NumberForm | null {
  if (peer.form !== null) return parseForm(peer.form).number;
  const { proven, failed } = peer.keyForms;
  return proven ?? candidates(state, peer).find((form) => !failed.has(form)) ?? null;
}

function candidates({ people }: ForeignState, { host }: ForeignPeer): readonly NumberForm[] {
  const announcer = foreignPeerId('cmp2204', host, foreignPorts.cmp2204);
  const announcesAddress = announcer === null ? undefined : people.presence(announcer)?.announcesAddress;
  if (announcesAddress === undefined) return ['bare', 'repr', 'string'];
  return announcesAddress ? ['repr', 'bare', 'string'] : ['bare', 'string'];
}
