/**
 * A node that outlives its process: when the node of the home ends, another one is started or attached to, and calls
 * and events go on there. For the prompt, whose user would otherwise lose the line being typed.
 */
import { catalogue } from '../text/catalogue.js';
import { existsSync } from 'node:fs';
import { ResultAsync, type Result } from 'neverthrow';
import type { EventsOptions, NodeError, NodeEvent, NodeHandle } from '../../index.js';
import { isEnding } from '../api/faults.js';
import { callByName } from '../api/intermittent.js';
import { attach, type Attachment, type AttachError } from './attach.js';
import { cli } from './limits.js';
import { EndReason, NodeLives, within, type RunContext } from './run.js';

/** An attachment that goes on with the next node of its home. */
export interface Lasting extends Attachment {
  /** Returns the reason why no further node serves the home; null: one does. */
  readonly failure: () => AttachError | null;
}

/** Makes an attachment last. Its events have an `error` of code `api/lost` where one node follows another. */
export function lasting(context: RunContext, first: Attachment): Lasting {
  const nodes = new NodesOfHome(context, first);
  const node = new Proxy(first.node, {
    get: (_first, key): unknown => {
      const method: unknown = Reflect.get(nodes.current.node, key);
      if (key === 'events') return (options?: EventsOptions) => nodes.events(options);
      if (key === 'close' || key === Symbol.asyncDispose || typeof method !== 'function') return method;
      return (...args: readonly unknown[]) => new ResultAsync(nodes.call(key, args));
    },
  });
  return {
    node,
    home: first.home,
    isOwn: first.isOwn,
    ageMs: () => nodes.current.ageMs(),
    release: () => nodes.release(),
    failure: () => nodes.failure,
  };
}

/** The nodes that serve one home, one after the other. */
class NodesOfHome {
  current: Attachment;
  failure: AttachError | null = null;
  readonly #context: RunContext;
  readonly #lives = new NodeLives();
  /** Called once another node is attached, or none will be. */
  #waiting: (() => void)[] = [];
  #isOver = false;

  constructor(context: RunContext, first: Attachment) {
    this.#context = context;
    this.current = first;
    this.#lives.begin();
  }

  /** Calls a method. A call that the end of a node cut off is repeated once on the next node, which `events` finds. */
  async call(key: string | symbol, args: readonly unknown[]): Promise<Result<unknown, NodeError>> {
    const { current } = this;
    const result = await callByName(current.node, key, args);
    if (result.isOk() || !isEnding(result.error)) return result;
    if (current === this.current && !this.#isOver) {
      const moved = new Promise<void>((resolve) => this.#waiting.push(resolve));
      await within(cli.nextNodeMs, moved);
    }
    return current === this.current ? result : callByName(this.current.node, key, args);
  }

  /** Reads the events of one node after the other, without a gap. Ends with the last node, or its failure. */
  async *events(options: EventsOptions = {}): AsyncGenerator<NodeEvent, void, undefined> {
    let { sinceSeq } = options;
    try {
      for (;;) {
        const { node } = this.current;
        const reason = new EndReason();
        for await (const event of node.events(sinceSeq === undefined ? {} : { sinceSeq })) {
          if (event.type === 'bye' || (event.type === 'error' && event.code.startsWith('api/'))) break;
          reason.read(event);
          if (event.type === 'ready') sinceSeq ??= await newestSeq(node);
          if (event.type === 'message') sinceSeq = Math.max(event.seq, sinceSeq ?? 0);
          yield event;
        }
        if (reason.fault() !== null || this.#isOver) return;
        const message = catalogue().commands.anotherTakesOver;
        yield { type: 'error', code: 'api/lost', message };
        if (!(await this.#attachNext())) return;
      }
    } finally {
      this.#isOver = true;
      this.#wake();
    }
  }

  async release(): Promise<void> {
    this.#isOver = true;
    this.#wake();
    await this.current.release();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** Attaches to the next node of the home. Returns false where none serves it. */
  async #attachNext(): Promise<boolean> {
    if (this.#lives.areTooShort()) return false;
    const ended = this.current;
    // A node that starts in a removed home would be another person.
    if (!existsSync(ended.home)) {
      this.failure = { code: 'store/gone', file: ended.home, reason: catalogue().commands.wasRemoved };
      return false;
    }
    await within(cli.farewellMs, ended.release());
    const next = await attach(this.#context.world, { common: this.#context.common });
    if (next.isErr()) {
      this.failure = next.error;
      return false;
    }
    this.current = next.value;
    this.#lives.begin();
    this.#wake();
    // The user left meanwhile.
    if (this.#isOver) await this.current.release();
    return !this.#isOver;
  }
}

/** The newest message of the home, behind which a later node goes on. */
const newestSeq = async (node: NodeHandle): Promise<number> =>
  (await node.history({ limit: 1 })).unwrapOr([]).at(-1)?.seq ?? 0;
