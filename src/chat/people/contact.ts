/** Contacts: the keys this home has pinned, and what its user decided about them. Pure. */
import type { PeerId } from '../../ids.js';
import { name as nameLimits } from './limits.js';
import type { PrivacySubject, Share } from './privacy/privacy.js';

/** `pinned`: seen in a finished handshake, numbers not compared. `verified`: compared. */
export type Trust = 'pinned' | 'verified';

/**
 * Decision of the user. `open`: nothing yet, so the messages of the peer are a request. `accepted`: the user wrote to
 * the peer, verified it or accepted it. `rejected`: the user refused the request or the changed key. `released`: the
 * user accepted another key for the name, or forgot the peer; the name is free.
 */
export type Standing = 'open' | 'accepted' | 'rejected' | 'released';

/** A pinned peer. */
export interface Contact extends Choice {
  readonly peerId: PeerId;
  /** Label the peer gave itself, sanitised. */
  readonly name: string;
  /** Labels that it gave itself before, newest first. */
  readonly formerNames?: readonly string[];
  /** Ed25519 public key, 32 bytes in hex; empty for peers of older programs. */
  readonly idKeyHex: string;
  readonly trust: Trust;
  readonly blocked: boolean;
  /** Highest certificate serial seen (ms); a lower one is refused. */
  readonly certificateSerial: number;
  /** Highest wire version ever completed with it. */
  readonly wireVersion: number;
  /**
   * Bits of the operations beyond texts that its last handshake announced (`wire/features.ts`).
   */
  readonly features: number;
  /** Hash of the key of its next identity as it announced it first, in hex; never replaced. Empty: none announced. */
  readonly nextHex: string;
  /** Last address proved by a handshake, `host:port`; empty when none. */
  readonly address: string;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
}

/** Choices of the user for a peer, and the last warning about it. */
export interface Choice {
  /** Name that the user gave the peer; empty: none. */
  readonly alias: string;
  /** Remark of the user; empty: none. */
  readonly note: string;
  /** Messages of the peer notify nobody. */
  readonly muted: boolean;
  readonly standing: Standing;
  /** Wall clock of the last warning that this key bears the name of another contact, ms; 0: never. */
  readonly warnedAtMs: number;
  /** Whether the peer learns that its messages were read; missing: as the privacy of the home says. */
  readonly receipts?: Share;
  /** Whether the peer learns that the user types; missing: as the privacy of the home says. */
  readonly typing?: Share;
}

/** The choice about a peer before the user made one. */
export const noChoice: Choice = { alias: '', note: '', muted: false, standing: 'open', warnedAtMs: 0 };

/** Whether the user turned the peer away, or forgot it. */
export const isDeclined = (contact: Contact | undefined): boolean =>
  contact?.standing === 'released' || contact?.standing === 'rejected';

/** Returns the decisions of the user about a contact. */
export const choiceOf = ({
  alias,
  note,
  muted,
  standing,
  warnedAtMs,
  receipts,
  typing,
}: Contact): Choice => ({ alias, note, muted, standing, warnedAtMs, ...sharesOf({ receipts, typing }) });

/** A change of choices; `default` takes a choice about marks back. */
export type ChoiceChange = Partial<Omit<Choice, PrivacySubject>> & {
  readonly [Subject in PrivacySubject]?: Share | 'default';
};

/** Returns a contact after a change of choices. */
export function chosen(contact: Contact, { receipts, typing, ...change }: ChoiceChange): Contact {
  const { receipts: hadReceipts, typing: hadTyping, ...before } = contact;
  const shares = { receipts: shareAfter(hadReceipts, receipts), typing: shareAfter(hadTyping, typing) };
  return { ...before, ...change, ...sharesOf(shares) };
}

const shareAfter = (before: Share | undefined, change: Share | 'default' | undefined): Share | undefined =>
  change === 'default' ? undefined : (change ?? before);

/** Returns the choices about marks that were made; `undefined` takes one back. */
export const sharesOf = ({
  receipts,
  typing,
}: {
  readonly receipts: Share | undefined;
  readonly typing: Share | undefined;
}): Pick<Choice, 'receipts' | 'typing'> => ({
  ...(receipts === undefined ? {} : { receipts }),
  ...(typing === undefined ? {} : { typing }),
});

/** Names of a contact, the present one first. */
export const namesOf = ({ name, formerNames = [] }: Contact): readonly string[] => [name, ...formerNames];

/** Keeps the name that a contact had before. */
export function withFormerNames(contact: Contact, before: Contact | undefined): Contact {
  if (before === undefined) return contact;
  const borne = [...(contact.name === before.name ? [] : [before.name]), ...(before.formerNames ?? [])];
  const formerNames = [...new Set(borne)].filter((name) => name !== contact.name && name !== '');
  return formerNames.length === 0
    ? contact
    : { ...contact, formerNames: formerNames.slice(0, nameLimits.formerNamesMax) };
}
