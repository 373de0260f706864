/**
 * The way to a peer of which only the address is known: it is dialled to learn which identity answers there, and the
 * messages go on over the native route of that identity.
 *
 *   open ─► ask ─► (answer) ─► found: the messages become those of the identity        or unreached, and tried again
 */
import type { Result } from 'neverthrow';
import type { DialectError } from '../../dialects/errors.js';
import type { PeerId } from '../../ids.js';
import { formatAddress, type Address } from '../../wire/address.js';
import { addressBehind, addressedId } from '../people/name.js';
import type { People } from '../people/people.js';
import type { SendViaOptions } from '../contract.js';
import type { AddressAnswer } from './live-session.js';
import type { NativeRoutes, NativeTurn } from './native.js';
import type { Carriage, Route, RouteOrder, RouteReport } from './route.js';
import { busyForMs } from './verdicts.js';

/** The routes to addresses. */
export class AddressedRoutes implements Route<NativeTurn> {
  readonly #people: People;
  readonly #native: NativeRoutes;

  readonly #hasWork: (peerId: PeerId) => boolean;

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

  carry({ type, peerId }: RouteOrder, turn: NativeTurn): readonly RouteReport[] {
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
    const as =
      typeof found === 'string'
        ? this.#people.sameAsBefore(found, formatAddress(address)).unwrapOr(null)
        : null;
    if (as !== null) return this.#found(peerId, as, turn);
    return [{ type: 'unreached', peerId, retryAfterMs: pauseMs(found, turn) }];
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
