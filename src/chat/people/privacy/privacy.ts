/**
 * Privacy of this user: which peers learn that a message was read, and that the user types. It works both ways: a mark
 * of a peer that learns nothing from here is not shown here. Pure.
 */
import type { PeerId } from '../../../ids.js';

/** The peers that learn something. `contacts`: those that the user wrote to, verified or accepted. */
export type Audience = 'none' | 'verified' | 'contacts';

/** A subject with an audience. */
export type PrivacySubject = 'receipts' | 'typing';

/** The audience of each subject. */
export type Privacy = Readonly<Record<PrivacySubject, Audience>>;

/** A choice about one peer, which goes before the audience. */
export type Share = 'on' | 'off';

/** The choices about one peer. */
export type Shares = { readonly [Subject in PrivacySubject]?: Share };

/** The privacy of a home whose user chose nothing. */
export const standardPrivacy: Privacy = { receipts: 'verified', typing: 'verified' };

/** The facts about a peer that decide. */
export interface Known {
  readonly shares: Shares;
  readonly isVerified: boolean;
  readonly isContact: boolean;
}

/** Whether a peer learns something of this user, and the user of it. */
export function isShared(privacy: Privacy, subject: PrivacySubject, known: Known): boolean {
  const share = known.shares[subject];
  if (share !== undefined) return share === 'on';
  const audience = privacy[subject];
  return audience === 'contacts' ? known.isContact : audience === 'verified' && known.isVerified;
}

/** The part that knows peers. */
interface KnownPeople {
  readonly contact: (peerId: PeerId) => Shares | undefined;
  readonly isVerified: (peerId: PeerId) => boolean;
  readonly isTrusted: (peerId: PeerId) => boolean;
  readonly isBlocked: (peerId: PeerId) => boolean;
}

/** The privacy that the user of this home chose, and its meaning for each peer. */
export class OwnPrivacy {
  readonly #people: KnownPeople;
  #chosen: Privacy = standardPrivacy;

  constructor(people: KnownPeople) {
    this.#people = people;
  }

  get chosen(): Privacy {
    return this.#chosen;
  }

  choose(privacy: Privacy): void {
    this.#chosen = privacy;
  }

  /** Whether the peer learns something of this user, and the user of it. A blocked peer never does. */
  shares(subject: PrivacySubject, peerId: PeerId): boolean {
    const people = this.#people;
    return (
      !people.isBlocked(peerId) &&
      isShared(this.#chosen, subject, {
        shares: people.contact(peerId) ?? {},
        isVerified: people.isVerified(peerId),
        isContact: people.isTrusted(peerId),
      })
    );
  }
}
