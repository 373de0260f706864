/** The parts of the core, and what several of them do together. */
import type { PeerId } from '../ids.js';
import type { Delivery } from './delivery/delivery.js';
import type { Effect } from './effects.js';
import type { ForeignRoutes } from './foreign/foreign.js';
import type { People } from './people/people.js';
import type { OwnSide } from './routes/live-session.js';
import type { NativeRoutes } from './routes/native.js';
import type { Turn } from './turn.js';

/** A turn that may emit every effect. */
export type CoreTurn = Turn<Effect>;

/** The parts that commands work on. */
export interface Parts {
  readonly own: OwnSide;
  readonly people: People;
  readonly native: NativeRoutes;
  readonly foreign: ForeignRoutes;
  readonly delivery: Delivery<CoreTurn>;
}

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
