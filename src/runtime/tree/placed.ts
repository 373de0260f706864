/** The record that a system keeps of one actor. */
import type { ChildSpec, ExitReason } from '../actor.js';
import type { Host } from '../thread/host.js';
import type { ThreadHost } from '../thread/thread-host.js';

/** The owner of an actor, which decides on its restart. */
export interface ActorOwner {
  /** `cause` is the same for all crashes at one envelope, and for all actors that a dying thread takes along. */
  actorExited(id: string, reason: ExitReason, cause: unknown): void;
}

/** `ready`: it runs, and its supervisor has not reported that yet. */
export type Status = 'down' | 'starting' | 'ready' | 'up';
/** The end of a life. */
export type Exit = { readonly reason: ExitReason; readonly cause: unknown };

/** The record of one actor. */
export interface Placed {
  readonly spec: ChildSpec;
  readonly owner: ActorOwner;
  /** Id of the actor whose thread this actor shares; null: none. */
  readonly beside: string | null;
  /** Settles when what its last life had spawned has ended. */
  familyOver: Promise<void> | null;
  lastReason: ExitReason;
  /** `null`: not in any thread now. */
  host: Host | ThreadHost | null;
  slot: number;
  starts: number;
  status: Status;
  isCautious: boolean;
  /** Its thread has forgotten it with its last stop. */
  isRemoved: boolean;
  /** Its end before its supervisor has reported the start. */
  earlyExit: Exit | null;
}

/** Makes the record of an actor that was not started yet. */
export const placedOf = (spec: ChildSpec, owner: ActorOwner, beside: string | null): Placed => ({
  spec,
  owner,
  beside: spec.placement.kind === 'inline' ? beside : null,
  familyOver: null,
  lastReason: neverRan,
  host: null,
  slot: 0,
  starts: 0,
  status: 'down',
  isCautious: false,
  isRemoved: false,
  earlyExit: null,
});

const neverRan: ExitReason = { type: 'shutdown' };
