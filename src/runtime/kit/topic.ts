/**
 * A topic: an actor that passes what is published on to all its subscribers, in whatever thread they are. A subscriber
 * that has ended is forgotten. Subscriptions end with the life of the topic.
 */
import { ok } from 'neverthrow';
import {
  address,
  next,
  type ActorDefinition,
  type Address,
  type Cast,
  type CastName,
  type Context,
  type Ended,
  type Protocol,
} from '../actor.js';
import type { RefOf } from '../ref.js';

/** Casts `name` to the actor with the id `to`. Made by `subscription`. */
export interface Subscription {
  readonly to: string;
  readonly name: string;
}

/** The messages that a topic takes. */
export type TopicProtocol<Body> = {
  publish: Cast<Body>;
  subscribe: Cast<Subscription>;
  unsubscribe: Cast<Subscription>;
  /** A subscriber has ended. */
  ended: Cast<Ended>;
};

/** Names of the casts of a protocol that take this body. */
export type SubscriberName<P extends Protocol, Body> = {
  [N in CastName<P>]: Body extends P[N]['body'] ? N : never;
}[CastName<P>];

/** Has `topic` cast `name` to `to` whenever something is published. */
export const subscription = <Body, P extends Protocol>(
  _topic: Address<TopicProtocol<Body>>,
  to: Address<P>,
  name: SubscriberName<P, Body> & string,
): Subscription => ({ to: to.id, name });

/** Options of a topic. */
export interface TopicOptions {
  /** The treatment of a message for a subscriber without room. `wait`, the default: the topic waits. */
  readonly whenFull?: 'wait' | 'drop';
}

/** Subscriber → the names under which it wants what is published. */
type Subscribers = ReadonlyMap<string, ReadonlySet<string>>;
type Own = TopicProtocol<unknown>;
type AnyCast = RefOf<{ readonly [name: string]: Cast<unknown> }, unknown>;

/** Makes the definition of a topic. */
export function topic<Body>(
  name: string,
  { whenFull = 'wait' }: TopicOptions = {},
): ActorDefinition<null, Subscribers, TopicProtocol<Body>, Record<never, never>> {
  const definition: ActorDefinition<null, Subscribers, Own, Record<never, never>> = {
    name,
    restart: 'permanent',
    init: () => ok(new Map()),
    receive: {
      publish: async (subscribers, body, context) => {
        const waiting: Promise<unknown>[] = [];
        for (const [to, names] of subscribers)
          for (const one of names) {
            const ref = refTo(context, to);
            if (ref.cast(one, body).isErr() && whenFull === 'wait')
              waiting.push(Promise.resolve(ref.send(one, body)));
          }
        if (waiting.length > 0) await Promise.all(waiting);
        return next(subscribers);
      },
      subscribe: (subscribers, { to, name: wanted }, context) => {
        const names = subscribers.get(to);
        if (names === undefined) context.watch({ id: to }, 'ended');
        return next(new Map(subscribers).set(to, new Set(names).add(wanted)));
      },
      unsubscribe: (subscribers, { to, name: unwanted }) => {
        const names = new Set(subscribers.get(to));
        names.delete(unwanted);
        const left = new Map(subscribers);
        // Its watch stays until it ends, and then finds nothing to do.
        left.set(to, names);
        return next(left);
      },
      ended: (subscribers, { actor }) => {
        const left = new Map(subscribers);
        left.delete(actor);
        return next(left);
      },
    },
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it hands bodies on and looks into none
  return definition as unknown as ActorDefinition<
    null,
    Subscribers,
    TopicProtocol<Body>,
    Record<never, never>
  >;
}

function refTo(context: Context<Own, Record<never, never>>, to: string): AnyCast {
  // `subscription` has checked that it takes the body under the name.
  return context.ref(address<{ readonly [name: string]: Cast<unknown> }>(to));
}
