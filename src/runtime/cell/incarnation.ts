/** One life of an actor, and the context it is given. What it leaves running after its end reaches nobody. */
import { err, ResultAsync, type Result } from 'neverthrow';
import type { RuntimeError } from '../errors.js';
import type { Fault, LogLevel, Protocol, Ref } from '../actor.js';
import type { LinkSender } from '../link/sender.js';

export interface Incarnation {
  isOver: boolean;
  readonly timers: Set<NodeJS.Timeout>;
}

/** The context as the runtime makes it: names and bodies unchecked, since `Context` has checked them. */
interface AnyContext {
  readonly id: string;
  readonly restarts: number;
  readonly links: Readonly<Record<string, AnyRef>>;
  self(name: string, body: unknown): void;
  after(delayMs: number, name: string, body: unknown): () => void;
  log(level: LogLevel, event: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** A `Ref` without the types of its protocol. */
export interface AnyRef {
  readonly actor: string;
  cast(name: string, body: unknown, transfer?: Transfer): Result<void, RuntimeError>;
  call(
    name: string,
    body: unknown,
    options?: { readonly deadlineMs?: number; readonly transfer?: Transfer },
  ): ResultAsync<unknown, Fault>;
  credit(): Promise<void>;
}
type Transfer = Parameters<LinkSender['cast']>[2];

export function contextOf(
  id: string,
  restarts: number,
  life: Incarnation,
  senders: ReadonlyMap<string, LinkSender>,
  selfCast: (name: string, body: unknown) => void,
  host: {
    log(actor: string, level: LogLevel, event: string, fields: Readonly<Record<string, unknown>>): void;
  },
): AnyContext {
  const links: Record<string, AnyRef> = {};
  for (const [name, sender] of senders) links[name] = refOver(sender, life);
  return {
    id,
    restarts,
    links,
    self(name, body) {
      if (!life.isOver) selfCast(name, body);
    },
    after(delayMs, name, body) {
      if (life.isOver) return () => undefined;
      const timer = setTimeout(() => {
        life.timers.delete(timer);
        if (!life.isOver) selfCast(name, body);
      }, delayMs);
      life.timers.add(timer);
      return () => {
        clearTimeout(timer);
        life.timers.delete(timer);
      };
    },
    log(level, event, fields = {}) {
      host.log(id, level, event, fields);
    },
  };
}

/** `life`: whose ref it is; after its end nothing is sent. `null`: code outside any actor. */
export function refOver(sender: LinkSender, life: Incarnation | null): AnyRef {
  const actor = sender.link.to;
  const gone = (): RuntimeError => ({ code: 'runtime/no-actor', actor });
  return {
    actor,
    cast: (name, body, transfer) => (life?.isOver === true ? err(gone()) : sender.cast(name, body, transfer)),
    call: (name, body, options) =>
      life?.isOver === true
        ? new ResultAsync(Promise.resolve(err(gone())))
        : sender.call(name, body, options?.deadlineMs, options?.transfer),
    credit: () => sender.credit(),
  };
}

/** The one place where a ref gets its types: `Address<P>` says what the actor at its other end understands. */
export const typedRef = <P extends Protocol>(ref: AnyRef): Ref<P> =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the protocol of an address exists in types only
  ref as unknown as Ref<P>;
