/**
 * The announced presence of a peer, which is a hint: only a handshake proves an address. Also the statuses of people: an
 * own one is checked, and the ones that peers sent over sessions are kept. Pure.
 */
import { err, ok, type Result } from 'neverthrow';
import type { Contact } from './contact.js';
import { contacts as limits } from './limits.js';
import type { DialectName } from '../../dialects/dialect.js';
import type { PeerId } from '../../ids.js';
import type { PeerEvent, PeerState } from '../events.js';
import type { ChatError } from '../errors.js';
import { status as wire } from '../../wire/limits.js';
import { clipBytes } from './name.js';
import { plainStatus, type Status } from '../../wire/status.js';

/** A host where a handshake proved a peer. */
export interface ProvedHost {
  readonly peerId: PeerId;
  readonly host: string;
}

/** One row of the roster: an announced identity with its addresses, best first. */
export interface Presence {
  readonly peerId: PeerId;
  readonly name: string;
  readonly state: PeerState;
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  readonly dialect: DialectName;
  /** Wall clock, ms. */
  readonly lastSeenMs: number;
  /** The run of the peer's node (8 bytes, hex); changes with each start. */
  readonly bootIdHex: string;
  /** Serial of the certificate that the peer's signed beacon names; absent where no beacon was heard. */
  readonly certificateSerial?: number;
  /** cmp2204: whether its announcement has its address, as the original program sends it; absent: no announcement was heard. */
  readonly announcesAddress?: boolean;
  /** The status that its beacon tells; absent: none. */
  readonly status?: Status;
}

/**
 * The names of peers of foreign programs that said goodbye: labels until these peers speak again. Pure; bounded.
 */
export class LeftNames {
  readonly #names = new Map<PeerId, string>();

  /** Keeps the name of a peer that left. The name of a contact is kept already. */
  note(peerId: PeerId, name: string, contact: Contact | undefined): void {
    if (name === '' || name === contact?.name) return;
    this.#names.delete(peerId);
    this.#names.set(peerId, name);
    const [oldest] = this.#names.keys();
    if (this.#names.size > limits.leftMax && oldest !== undefined) this.#names.delete(oldest);
  }

  /** Returns the row of a peer that speaks again, with its label where it gives no name, and forgets the label. */
  returned(row: Presence): Presence {
    const label = this.#names.get(row.peerId) ?? '';
    this.#names.delete(row.peerId);
    return row.name === '' ? { ...row, name: label } : row;
  }

  get = (peerId: PeerId): string | undefined => this.#names.get(peerId);
  ids = (): readonly PeerId[] => [...this.#names.keys()];
}

/** The source of a row of presence: an announcement on the network, or a text over a connection. */
export type Source = 'announced' | 'spoke';

/** Checks the text of an own status, and joins its lines. Errors: `chat/status-invalid`. */
export function statusText(raw: string): Result<string, ChatError> {
  const text = raw.replaceAll(/\s+/gu, ' ').trim();
  if (/\p{Surrogate}/u.test(text)) return err(invalid('the text is not valid Unicode'));
  const bytes = new TextEncoder().encode(text).length;
  if (bytes <= wire.textBytesMax) return ok(text);
  return err(invalid(`the text has ${bytes} bytes, and a status at most ${wire.textBytesMax}`));
}

const invalid = (detail: string): ChatError => ({ code: 'chat/status-invalid', detail });

/** Checks the end of an own status. Errors: `chat/status-invalid`. */
export const statusEnd = (untilMs: number | null, nowMs: number): Result<number | null, ChatError> =>
  untilMs !== null && untilMs <= nowMs ? err(invalid('its end is in the past')) : ok(untilMs);

/**
 * Statuses that peers sent over sessions. A session brings a status sooner than a beacon, so it counts while the session is
 * up.
 */
export class SessionStatuses {
  readonly #byPeer = new Map<PeerId, Status>();

  /** Notes a status. Those of peers without a session are forgotten. */
  note(peerId: PeerId, status: Status, isLive: (peerId: PeerId) => boolean): void {
    for (const other of this.#byPeer.keys()) if (!isLive(other)) this.#byPeer.delete(other);
    this.#byPeer.set(peerId, { ...status, text: clipBytes(status.text, wire.textBytesMax) });
  }

  /** Returns the status of a peer that is here: the one of its session, else the announced one. */
  of = (peerId: PeerId, announced: Presence | undefined, isLive: boolean): Status =>
    (isLive ? this.#byPeer.get(peerId) : undefined) ?? announced?.status ?? plainStatus;
}

/** Returns the fields of a row about a status. */
export function statusFields({
  presence,
  text,
  untilMs,
}: Status): Pick<PeerEvent, 'presence' | 'statusText' | 'statusUntil'> {
  return {
    presence,
    ...(text === '' ? {} : { statusText: text }),
    ...(untilMs === null ? {} : { statusUntil: isoOf(untilMs) }),
  };
}

/** The last moment that four digits of a year can name. */
const latestMs = Date.UTC(9999, 11, 31);

const isoOf = (atMs: number): string => new Date(Math.min(atMs, latestMs)).toISOString();
