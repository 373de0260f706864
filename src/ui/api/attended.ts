/** A node that serves the clients of its home and ends a moment after the last one has left. */
import type { Result } from 'neverthrow';
import type { HomeError } from '../../errors.js';
import type { NodeHandle } from '../../node/handle.js';
import { controlApi } from './limits.js';
import { serveApi, type ApiServer } from './server.js';

/** The end of a node: it had no client, its owner closed it, or it ended by itself. */
export type NodeEnd = 'idle' | 'closed' | 'ended';

/** A node that is served until it has no client. */
export interface Attended {
  /** Settles once the node has ended and its home is free. */
  readonly done: Promise<NodeEnd>;
  /** Ends the node. */
  readonly close: () => Promise<void>;
}

/** Serves `node` until it has no client. `startedWith`: as for `serveApi`. Errors: `home/unusable`. */
export async function attend(
  node: NodeHandle,
  home: string,
  startedWith: Readonly<Record<string, unknown>>,
): Promise<Result<Attended, HomeError>> {
  const startedMs = performance.now();
  const attendance = new Attendance(node);
  const ageMs = (): number => performance.now() - startedMs;
  const api = await serveApi(node, home, ageMs, startedWith, () => attendance.release());
  return api.map((server) => {
    attendance.begin(server);
    return { done: attendance.done, close: () => attendance.end('closed') };
  });
}

class Attendance {
  readonly done: Promise<NodeEnd>;
  readonly #node: NodeHandle;
  #server: ApiServer | null = null;
  #clients = 0;
  #timer: NodeJS.Timeout | undefined;
  #isEnding = false;
  #settle: (end: NodeEnd) => void = ignore;

  constructor(node: NodeHandle) {
    this.#node = node;
    this.done = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  begin(server: ApiServer): void {
    this.#server = server;
    server.onClients((clients) => {
      this.#clients = clients;
      clearTimeout(this.#timer);
      if (clients === 0) this.#endAfter(controlApi.lingerMs);
    });
    this.#endAfter(controlApi.firstClientMs);
    void this.#untilBye();
  }

  /** Ends the node for its only client, which wants the home. */
  release(): boolean {
    if (this.#clients > 1 && !this.#isEnding) return false;
    // The answer goes out first.
    setImmediate(() => void this.end('idle'));
    return true;
  }

  async end(how: NodeEnd): Promise<void> {
    if (!this.#isEnding) {
      this.#isEnding = true;
      clearTimeout(this.#timer);
      const closing = this.#node.close();
      await this.#server?.close();
      await closing;
      this.#settle(how);
    }
    await this.done;
  }

  #endAfter(delayMs: number): void {
    if (!this.#isEnding) this.#timer = setTimeout(() => void this.end('idle'), delayMs);
  }

  async #untilBye(): Promise<void> {
    for await (const event of this.#node.events()) if (event.type === 'bye') break;
    await this.end('ended');
  }
}

const ignore = (): void => undefined;
