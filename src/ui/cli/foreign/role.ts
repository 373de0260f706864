/**
 * The frame of the roles of older programs: a node with that dialect switched on, its events, and messages that are
 * followed until they are sent.
 */
import { catalogue } from '../../text/catalogue.js';
import { err, ok, type Result } from 'neverthrow';
import {
  newMessageId,
  type ForeignDialectName,
  type NodeError,
  type NodeEvent,
  type NodeHandle,
  type SelfInfo,
  type SendViaOptions,
  type StatusEvent,
  isDottedQuad,
} from '../../../index.js';
import { settingsFor } from '../attach.js';
import { homeOf } from '../../../home/default-home.js';
import { relevant, strayFlag, toyGroupOf, type NodeSettings } from '../options/settings.js';
import { until, withNode, type RunContext } from '../run.js';
import type { ExitCode } from '../screen/wording.js';

/** A node that plays an older program, and the settings of its command. */
export interface Role {
  readonly context: RunContext;
  readonly dialect: ForeignDialectName;
  readonly node: NodeHandle;
  readonly self: SelfInfo;
  readonly home: string;
  /** Whether the node was started for this role; otherwise it ran in the home. */
  readonly isOwnNode: boolean;
  /** Choices of flags, environment and settings file. */
  readonly settings: NodeSettings;
}

/**
 * Runs `use` on a node of the home that speaks `dialect`. `adjust` changes the settings of a node that is started for
 * the role. Exit codes: 5 when only secure peers are allowed, or the running node does not speak the dialect; 2 when a
 * flag asks for what the running node does not have.
 */
export async function withRole(
  context: RunContext,
  dialect: ForeignDialectName,
  use: (role: Role) => Promise<ExitCode>,
  adjust: (settings: NodeSettings) => NodeSettings = (settings) => settings,
): Promise<ExitCode> {
  const { world, output, common } = context;
  const found = homeOf(common.home, world.env);
  if (found.isErr()) return output.failure(found.error);
  const home = found.value;
  const chosen = settingsFor(world, home, common.node);
  if (chosen.isErr()) return output.failure(chosen.error);
  const { settings } = chosen.value;
  if (settings.secureOnly === true) return output.failure({ code: 'chat/secure-only', dialect });
  const dialects = [...new Set([...(settings.dialects ?? []), dialect])];
  const stray = strayFlag(common.node, { dialects });
  if (stray !== null) return output.failure(stray);
  // Environment and settings file may hold settings for other programs.
  const node = adjust({ ...relevant(settings, dialects), dialects });
  return withNode(
    context,
    async (attachment) => {
      const listed = await attachment.node.foreignPeers(dialect);
      if (listed.isErr()) return output.failure(listed.error);
      const self = await attachment.node.self();
      if (self.isErr()) return output.failure(self.error);
      if (!attachment.isOwn && dialect === 'cmp2204' && toyGroupOf(node) !== undefined)
        output.note(catalogue().menus.toyGroupLate);
      return use({
        context,
        dialect,
        node: attachment.node,
        self: self.value,
        home,
        isOwnNode: attachment.isOwn,
        settings: node,
      });
    },
    { dialect, start: node, adjust },
  );
}

/** Returns the addresses at which the older program reaches this node, as `IP:PORT`. */
export function addressesOf({ self, dialect }: Role): readonly string[] {
  const port = self.foreignPorts?.find((own) => own.dialect === dialect)?.port ?? self.port;
  // Older programs know IPv4 alone.
  const hosts = self.addresses.map((address) => address.replace(/:\d+$/, '')).filter(isDottedQuad);
  return [...new Set(hosts.length === 0 ? [self.bound] : hosts)].map((host) => `${host}:${port}`);
}

/** The last status of one message. */
export interface MessageEnding {
  /** Waits for it; `null`: it did not come within `deadlineMs`. */
  readonly within: (deadlineMs: number) => Promise<StatusEvent | null>;
  /** Stops waiting. */
  readonly drop: () => void;
}

/** The events of the node of a role, passed on to listeners. */
export class RoleEvents {
  readonly #node: NodeHandle;
  readonly #listeners = new Set<(event: NodeEvent) => void>();
  readonly #over = new AbortController();
  readonly #ended = new AbortController();

  constructor(node: NodeHandle) {
    this.#node = node;
  }

  /** Aborted when the events of the node end. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Subscribes; no later event is missed. */
  begin(): Promise<void> {
    return new Promise((resolve) => {
      this.#watch(resolve)
        .catch(() => undefined)
        .finally(() => {
          this.#ended.abort();
          resolve();
        });
    });
  }

  end(): void {
    this.#over.abort();
  }

  /** Adds a listener and returns the function that removes it. */
  listen(listener: (event: NodeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Waits for the first event for which `wanted` holds; `null`: `signal` or the end of the node came first. */
  next<T extends NodeEvent>(
    wanted: (event: NodeEvent) => event is T,
    signal: AbortSignal,
  ): Promise<T | null> {
    const over = AbortSignal.any([signal, this.#ended.signal]);
    return new Promise((resolve) => {
      const finish = (event: T | null): void => {
        unlisten();
        over.removeEventListener('abort', stop);
        resolve(event);
      };
      const stop = (): void => finish(null);
      const unlisten = this.listen((event) => {
        if (wanted(event)) finish(event);
      });
      if (over.aborted) stop();
      else over.addEventListener('abort', stop, { once: true });
    });
  }

  /** Listens from now on for the last status of a message. */
  ending(id: string, signal: AbortSignal): MessageEnding {
    const isItsEnd = (event: NodeEvent): event is StatusEvent => isEnd(event) && event.id === id;
    // `AbortSignal.timeout` inside `AbortSignal.any` may be collected before it fires.
    const late = new AbortController();
    const status = this.next(isItsEnd, AbortSignal.any([signal, late.signal]));
    return {
      within(deadlineMs) {
        const timer = setTimeout(() => late.abort(), deadlineMs);
        return status.finally(() => clearTimeout(timer));
      },
      drop: () => late.abort(),
    };
  }

  async #watch(onReady: () => void): Promise<void> {
    for await (const event of until(this.#node.events(), this.#over.signal)) {
      if (event.type === 'ready') onReady();
      for (const listener of this.#listeners) listener(event);
      if (event.type === 'bye') return;
    }
  }
}

/** A status after `queued` is the last one, since older programs have no receipts. */
const isEnd = (event: NodeEvent): event is StatusEvent => event.type === 'status' && event.state !== 'queued';

/** Sends one message and waits for its last status; `end` `null`: it did not come within `waitMs`. */
export async function deliver(
  { node, context }: Role,
  events: RoleEvents,
  message: {
    readonly peer: string;
    readonly text: string;
    readonly via?: SendViaOptions;
    readonly waitMs: number;
  },
): Promise<Result<{ readonly id: string; readonly end: StatusEvent | null }, NodeError>> {
  const { peer, text, via, waitMs } = message;
  const id = newMessageId();
  // Before it is sent: the status may come before the answer of the node.
  const ending = events.ending(id, context.stopped);
  const queued = await (via === undefined
    ? node.send(peer, text, { id })
    : node.sendVia(peer, text, via, { id }));
  if (queued.isErr()) {
    ending.drop();
    return err(queued.error);
  }
  return ok({ id, end: await ending.within(waitMs) });
}
