/**
 * A handle on a home that holds it only while it is used: between two calls the home is free for others, and a node that
 * took it meanwhile answers the next call.
 */
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import type { NodeError, NodeHandle } from '../../node/handle.js';
import { controlApi } from './limits.js';

/** Arguments of the handle. */
export interface IntermittentOptions {
  /** Opens the home. Errors: `home/in-use` when a node serves it, and others. */
  readonly open: () => ResultAsync<NodeHandle, NodeError>;
  /** Attaches to the node that serves the home. */
  readonly connect: () => ResultAsync<NodeHandle, NodeError>;
}

/** A handle that holds the home during calls only. */
export interface Intermittent {
  readonly handle: NodeHandle;
  readonly close: () => Promise<void>;
}

/** Opens the home for the first call. Errors: those of `open`. */
export async function openIntermittent(
  options: IntermittentOptions,
): Promise<Result<Intermittent, NodeError>> {
  const first = await options.open();
  if (first.isErr()) return err(first.error);
  const use = new Use(options, first.value);
  const handle = new Proxy(first.value, {
    get: (node, key): unknown => {
      if (key === 'close' || key === Symbol.asyncDispose) return () => use.close();
      const method: unknown = Reflect.get(node, key);
      if (key === 'events' || typeof method !== 'function') return method;
      return (...args: readonly unknown[]) => new ResultAsync(use.call(key, args));
    },
  });
  return ok({ handle, close: () => use.close() });
}

class Use {
  readonly #options: IntermittentOptions;
  #node: NodeHandle | null;
  #calls = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Settles once the home is released. */
  #closing: Promise<void> = Promise.resolve();

  constructor(options: IntermittentOptions, node: NodeHandle) {
    this.#options = options;
    this.#node = node;
    this.#closeWhenIdle();
  }

  async call(key: string | symbol, args: readonly unknown[]): Promise<Result<unknown, NodeError>> {
    clearTimeout(this.#timer);
    this.#calls += 1;
    try {
      const opened = await this.#opened();
      if (opened.isErr()) return err(opened.error);
      return await callByName(opened.value, key, args);
    } finally {
      this.#calls -= 1;
      this.#closeWhenIdle();
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    const node = this.#node;
    this.#node = null;
    if (node !== null) this.#closing = node.close();
    await this.#closing;
  }

  async #opened(): Promise<Result<NodeHandle, NodeError>> {
    if (this.#node !== null) return ok(this.#node);
    await this.#closing;
    const opened = await this.#options.open();
    const found =
      opened.isErr() && opened.error.code === 'home/in-use' ? await this.#options.connect() : opened;
    if (found.isOk()) this.#node = found.value;
    return found;
  }

  #closeWhenIdle(): void {
    clearTimeout(this.#timer);
    if (this.#calls === 0 && this.#node !== null)
      this.#timer = setTimeout(() => void this.close(), controlApi.restIdleMs);
  }
}

/** Calls a method of a handle whose name is known at run time only. */
export function callByName(
  node: NodeHandle,
  name: string | symbol,
  args: readonly unknown[],
): ResultAsync<unknown, NodeError> {
  const method: unknown = Reflect.get(node, name);
  if (typeof method !== 'function') throw new TypeError(`unknown method ${String(name)}`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every method of a handle returns such a result
  return Reflect.apply(method, node, args) as ResultAsync<unknown, NodeError>;
}
