/** Peers on a screen: their label, the sign of trust of a shared name, and the place of a message in time. Pure. */
import { catalogue } from '../../text/catalogue.js';
import {
  escapeForTerminal,
  escapeName,
  invisibleIn,
  type MessageEvent,
  type PeerEvent,
} from '../../../index.js';
import { naming as limits } from '../limits.js';

/** Returns the name of a peer, with its tag where another identity bears or bore that name. */
export const peerLabel = (peer: PeerEvent): string =>
  withAlias(
    peer.alias,
    peer.shared === true ? `${escapeName(peer.name)}#${escapeForTerminal(peer.tag)}` : escapeName(peer.name),
  );

/** Puts the name that the user gave a peer before its own. */
export const withAlias = (alias: string | undefined, own: string): string =>
  alias === undefined || alias === '' ? own : `${escapeName(alias)} (${own})`;

/** The peers that a view knows, and their labels. */
export class Naming {
  readonly #rows = new Map<string, PeerEvent>();
  /** Identities by the names that they bear or bore. */
  readonly #bearers = new Map<string, Set<string>>();

  constructor(rows: Iterable<PeerEvent> = []) {
    for (const row of rows) this.set(row);
  }

  set(row: PeerEvent): void {
    this.#rows.set(row.id, row);
    for (const name of [row.name, ...(row.formerNames ?? [])]) {
      const bearers = this.#bearers.get(folded(name)) ?? new Set();
      this.#bearers.set(folded(name), bearers.add(row.id));
    }
  }

  get(peerId: string): PeerEvent | undefined {
    return this.#rows.get(peerId);
  }

  /** Whether only blocked peers bear this name, or have this id. */
  isBlocked(word: string): boolean {
    const meant = this.rows().filter(({ name, id }) => name === word || id === word);
    return meant.length > 0 && meant.every(({ blocked }) => blocked === true);
  }

  rows(): readonly PeerEvent[] {
    return [...this.#rows.values()];
  }

  /** Returns the label of the peer of a message: its name at the time of the message, with the tag where it is shared. */
  labelOf({ peer, peerId }: Pick<MessageEvent, 'peer' | 'peerId'>): string {
    const name = escapeName(peer);
    const own = this.#isShared(peer, peerId) ? `${name}#${escapeForTerminal(this.#tagOf(peerId))}` : name;
    return withAlias(this.#rows.get(peerId)?.alias, own);
  }

  /**
   * Returns the sign and word of trust that stand behind a shared name, and the warning of a name that looks like
   * another one; empty for a name of one identity.
   */
  trustOf(message: Pick<MessageEvent, 'peer' | 'peerId' | 'verified'>): string {
    const row = this.#rows.get(message.peerId);
    const warning = row?.warning === undefined ? '' : `, ${escapeForTerminal(row.warning)}`;
    if (warning === '' && !this.#isShared(message.peer, message.peerId)) return '';
    const isVerified = row?.verified ?? message.verified;
    return isVerified ? catalogue().screen.trustVerified : catalogue().screen.trustUnverified(warning);
  }

  #isShared(name: string, peerId: string): boolean {
    const row = this.#rows.get(peerId);
    const bearers = this.#bearers.get(folded(name));
    const hasOthers = bearers !== undefined && [...bearers].some((id) => id !== peerId);
    return hasOthers || (row?.shared === true && folded(row.name) === folded(name));
  }

  /** Returns the tag of a peer, also of one that is no longer known. */
  #tagOf(peerId: string): string {
    const tag = this.#rows.get(peerId)?.tag ?? '';
    const isNative = !peerId.includes('://');
    const longer = peerId.replaceAll('-', '').slice(0, limits.tagChars).toLowerCase();
    return tag.length >= limits.tagChars ? tag : isNative ? longer : tag === '' ? peerId : tag;
  }
}

const folded = (name: string): string => name.normalize('NFC').toLowerCase();

/** Returns the time of the sender's clock as a note, where it differs from the arrival by minutes; otherwise empty. */
export function sentNote(
  { direction, sentAt, receivedAt }: MessageEvent,
  clockOf: (iso: string, nowMs: number) => string,
): string {
  const arrivedMs = Date.parse(receivedAt);
  const isFar = Math.abs(Date.parse(sentAt) - arrivedMs) >= limits.clockDifferenceMs;
  return direction === 'in' && isFar ? catalogue().screen.sentByItsClock(clockOf(sentAt, arrivedMs)) : '';
}

/** Returns the remark that a name lost invisible characters; null: it lost none. */
export function invisibleRemark(name: string): string | null {
  const removed = invisibleIn(name);
  return removed.length === 0 ? null : catalogue().screen.leftOut(removed.join(', '));
}

/** Returns the remark that a word is a former name of the peer; null: it is another word. */
export function renamedRemark(word: string, row: PeerEvent): string | null {
  const [name = ''] = word.split('#');
  const isFormer = (row.formerNames ?? []).some((former) => folded(former) === folded(name));
  return isFormer && folded(row.name) !== folded(name)
    ? catalogue().screen.nowCalled(escapeName(name), escapeName(row.name))
    : null;
}
