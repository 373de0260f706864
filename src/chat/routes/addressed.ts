/**
 * The way to a peer of which only the address is known: it is dialled to learn which identity answers there, and the
 * messages go on over the native route of that identity.
 *
 *   open ─► ask ─► (answer) ─► found: the messages become those of the identity        or unreached, and tried again
 */
import type { Result } from 'neverthrow';
import type { DialectError } from '../../dialects/errors.js';
import type { PeerId } from '../../ids.js';
import type { ChatError } from '../errors.js';
import { formatAddress, type Address } from '../../wire/address.js';
import { addressBehind, addressedId } from '../people/name.js';
import type { People } from '../people/people.js';
import type { SendViaOptions } from '../contract.js';
import { alarms as limits } from './limits.js';
import type { AddressAnswer } from './live-session.js';
import type { NativeRoutes, NativeTurn } from './native.js';
import type { Carriage, Route, RouteOrder, RouteReport } from './route.js';
import { busyForMs } from './verdicts.js';

/** The routes to addresses. */
export class AddressedRoutes implements Route<NativeTurn> {
  readonly #people: People;
  readonly #native: NativeRoutes;

  readonly #hasWork: (peerId: PeerId) => boolean;
  /** Addresses where this node itself answered, until the messages for them have failed. */
  readonly #own = new Set<PeerId>();
  /** Pairs of an address and a changed key there that the user was warned of. */
  readonly #told = new Set<string>();

  /** `hasWork`: whether messages wait for a peer. */
  constructor(people: People, native: NativeRoutes, hasWork: (peerId: PeerId) => boolean) {
    this.#people = people;
    this.#native = native;
    this.#hasWork = hasWork;
  }

  /** Admits texts. Errors: those of the native route. */
  admit(
    peerId: PeerId,
    texts: readonly string[],
    via: SendViaOptions | null,
  ): Result<Carriage, DialectError> {
    return this.#native.admit(peerId, texts, via);
  }

  queued(): void {
    // A dial needs no more than the address.
  }

  carry(order: RouteOrder, turn: NativeTurn): readonly RouteReport[] {
    const { type, peerId } = order;
    if (type === 'utter' && this.#own.delete(peerId)) {
      const ids = order.entries.map(({ id }) => id);
      return [
        { type: 'refused', peerId, ids, reason: 'chat/own-address' },
        { type: 'down', peerId },
      ];
    }
    const address = type === 'open' ? addressBehind(peerId) : null;
    if (address === null) return [];
    const typed = formatAddress(address);
    const here = this.#people.peerAt((live) => formatAddress(live) === typed);
    if (here !== null) return this.#found(peerId, here, turn);
    this.#native.ask(address, turn);
    return [];
  }

  /** Takes the answer at an address for which messages may wait. */
  answered({ address, found }: AddressAnswer, turn: NativeTurn): readonly RouteReport[] {
    const peerId = addressedId(address);
    if (peerId === null || !this.#hasWork(peerId)) return [];
    if (typeof found === 'string') {
      const as = this.#people.sameAsBefore(found, formatAddress(address));
      if (as.isOk()) return this.#found(peerId, as.value, turn);
      this.#tell(formatAddress(address), found, as.error, turn);
    } else if (found.code === 'session/own-identity') {
      // The outbox hands its messages over, and each is refused.
      this.#own.add(peerId);
      return [{ type: 'up', peerId }];
    }
    return [{ type: 'unreached', peerId, retryAfterMs: pauseMs(found, turn) }];
  }

  /** Tells the user once that somebody with another key answers where a contact was. */
  #tell(typed: string, found: PeerId, { code }: ChatError, turn: NativeTurn): void {
    const pair = `${typed} ${found}`;
    if (this.#told.has(pair)) return;
    this.#told.add(pair);
    const [oldest] = this.#told;
    if (this.#told.size > limits.pairsMax && oldest !== undefined) this.#told.delete(oldest);
    const peer = this.#people.name(found);
    const message = `somebody with another key answers at ${typed}; the messages that wait for it were not sent: decide about ${peer} with "parlance contact", or withdraw them with "parlance outbox cancel"`;
    turn.emit({ to: 'feed', event: { type: 'error', code, message, peer } });
  }

  /** The user writes to this identity from now on, as with any message to it. */
  #found(peerId: PeerId, as: PeerId, turn: NativeTurn): readonly RouteReport[] {
    if (this.#people.trust(as, turn)) this.#native.known.announce(turn);
    return [{ type: 'found', peerId, as }];
  }
}

/** Returns the pause that a busy node at the address asked for, ms; 0: none. */
function pauseMs(found: AddressAnswer['found'], turn: NativeTurn): number {
  if (typeof found === 'string') return 0;
  if (found.code === 'session/busy') return found.retryAfterMs;
  return found.code === 'transport/dial-failed' ? busyForMs(found, () => turn.random()) : 0;
}

/** Whether a failure to learn who is at an address means that nobody is there now, so that messages wait for it. */
export const isNobodyThere = (found: Exclude<AddressAnswer['found'], PeerId>): boolean =>
  found.code === 'transport/dial-failed' ||
  found.code === 'transport/too-many-dials' ||
  found.code === 'session/busy' ||
  // The connection closed before anybody proved an identity, as a node that ends or is full does it.
  found.code === 'session/order';

/** Returns the contact that a handshake proved at an address last; null: none. */
export function provedThere(people: People, address: Address): PeerId | null {
  const typed = formatAddress(address);
  const proved = people.contacts().filter((contact) => contact.address === typed && contact.idKeyHex !== '');
  const latest = proved.toSorted((one, other) => other.lastSeenMs - one.lastSeenMs)[0];
  return latest?.peerId ?? null;
}
