/** One life of an actor, and the context it is given. What it leaves running after its end reaches nobody. */
import { err, errAsync, type ResultAsync, type Result } from 'neverthrow';
import { timerMs } from '../timers.js';
import type { RuntimeError } from '../errors.js';
import type { CallOptions, DeadLetter } from '../link/protocol.js';
import type { Fault, LogLevel, Protocol, Ref } from '../actor.js';
import { gone } from '../link/faults.js';
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
  /** Id of the message in hand; null between two. */
  readonly messageId: string | null;
  self(name: string, body: unknown): Result<void, RuntimeError>;
  after(delayMs: number, name: string, body: unknown): () => void;
  every(everyMs: number, name: string, body: unknown): () => void;
  log(level: LogLevel, event: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** A `Ref` without the types of its protocol. */
export interface AnyRef {
  readonly actor: string;
  cast(name: string, body: unknown, transfer?: Transfer): Result<void, RuntimeError>;
  send(name: string, body: unknown, transfer?: Transfer): ResultAsync<void, RuntimeError>;
  call(name: string, body: unknown, options?: CallOptions): ResultAsync<unknown, Fault>;
  credit(): Promise<Result<void, RuntimeError>>;
}
type Transfer = Parameters<LinkSender['cast']>[2];

export function contextOf(
  id: string,
  restarts: number,
  life: Incarnation,
  senders: ReadonlyMap<string, LinkSender>,
  sendSelf: (name: string, body: unknown) => Result<void, RuntimeError>,
  host: {
    log(actor: string, level: LogLevel, event: string, fields: Readonly<Record<string, unknown>>): void;
    deadLetter(letter: DeadLetter): void;
  },
  messageInHand: () => string | null,
): AnyContext {
  const links: Record<string, AnyRef> = {};
  for (const [name, sender] of senders) links[name] = refOver(sender, life);
  return {
    id,
    restarts,
    links,
    get messageId() {
      return messageInHand();
    },
    self: (name, body) => (life.isOver ? err(gone(id)) : sendSelf(name, body)),
    after(delayMs, name, body) {
      if (life.isOver) return () => undefined;
      const timer = setTimeout(() => {
        life.timers.delete(timer);
        if (!life.isOver && sendSelf(name, body).isErr())
          host.deadLetter({ actor: id, from: id, name, reason: 'mailbox-full', body });
      }, timerMs(delayMs));
      life.timers.add(timer);
      return () => {
        clearTimeout(timer);
        life.timers.delete(timer);
      };
    },
    every(everyMs, name, body) {
      if (life.isOver) return () => undefined;
      // A full mailbox has one of these waiting already.
      const timer = setInterval(() => void (life.isOver || sendSelf(name, body)), timerMs(everyMs));
      life.timers.add(timer);
      return () => {
        clearInterval(timer);
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
  return {
    actor,
    cast: (name, body, transfer) =>
      life?.isOver === true ? err(gone(actor)) : sender.cast(name, body, transfer),
    send: (name, body, transfer) =>
      life?.isOver === true ? errAsync(gone(actor)) : sender.send(name, body, transfer),
    call: (name, body, options) =>
      life?.isOver === true ? errAsync(gone(actor)) : sender.call(name, body, options),
    credit: () => sender.credit(),
  };
}

/** The one place where a ref gets its types: `Address<P>` says what the actor at its other end understands. */
export const typedRef = <P extends Protocol>(ref: AnyRef): Ref<P> =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the protocol of an address exists in types only
  ref as unknown as Ref<P>;
