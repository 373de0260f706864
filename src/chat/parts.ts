/** The parts of the core, and what several of them do together. */
import { err, ok, type Result } from 'neverthrow';
import type { PeerId } from '../ids.js';
import type { Delivery } from './delivery/delivery.js';
import type { Effect } from './effects.js';
import type { ChatError } from './errors.js';
import type { ForeignRoutes } from './foreign/foreign.js';
import { addressBehind, addressedId } from './people/name.js';
import { dialectOf } from './people/capabilities.js';
import type { OwnPrivacy } from './people/privacy/privacy.js';
import type { People } from './people/people.js';
import type { AddressedRoutes } from './routes/addressed.js';
import type { OwnSide } from './routes/live-session.js';
import type { NativeRoutes } from './routes/native.js';
import type { Route } from './routes/route.js';
import type { Turn } from './turn.js';

/** A turn that may emit every effect. */
export type CoreTurn = Turn<Effect>;

/** The parts that commands work on. */
export interface Parts {
  readonly own: OwnSide;
  readonly people: People;
  readonly privacy: OwnPrivacy;
  readonly native: NativeRoutes;
  readonly addressed: AddressedRoutes;
  readonly foreign: ForeignRoutes;
  readonly delivery: Delivery<CoreTurn>;
}

/** Returns the way to each peer: the form of its id decides. */
export function routesTo(
  native: NativeRoutes,
  foreign: ForeignRoutes,
  addressed: AddressedRoutes,
): (peerId: PeerId) => Route<CoreTurn> {
  return (peerId) => {
    if (addressBehind(peerId) !== null) return addressed;
    return dialectOf(peerId) === 'native' ? native : foreign;
  };
}

/** Resolves a word to a known peer, or to an address for which messages wait. Errors: those of `People.known`. */
export const knownOrAwaited = ({ people, delivery }: Parts, word: string): Result<PeerId, ChatError> =>
  people.known(word).orElse((error) => {
    const meant = people.meantBy(word).unwrapOr(null);
    const peerId = meant === null || typeof meant === 'string' ? null : addressedId(meant);
    return peerId !== null && delivery.hasWork(peerId) ? ok(peerId) : err(error);
  });

/** Ends and refuses all connections with a peer from now on, or lets it in again. */
export function setBlocked(parts: Parts, peerId: PeerId, blocked: boolean, turn: CoreTurn): void {
  const { people, native, foreign, delivery } = parts;
  if (!people.setBlocked(peerId, blocked, turn)) return;
  if (blocked) {
    foreign.blocked(peerId, turn);
    native.blocked(peerId, turn);
  }
  delivery.hold(peerId, blocked, turn);
  native.known.announce(turn);
}
