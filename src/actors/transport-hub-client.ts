/**
 * A user of chatbuddy's directory: registers its name, asks who is online, and keeps trying in the background while
 * the hub is down. Stands alone: no node is needed.
 */
import { connect, type Socket } from 'node:net';
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import {
  decodeHubList,
  encodeHubListRequest,
  encodeHubName,
  type HubUser,
} from '../dialects/chatbuddy-hub.js';
import type { DialectError, TransportError } from '../errors.js';
import { chatbuddyHub as limits, legacy } from '../limits.js';

export interface HubClientOptions {
  readonly host: string;
  /** Default 8080. */
  readonly port?: number;
  readonly name: string;
  /** Told when registration begins or ends. */
  readonly onChange?: (isRegistered: boolean) => void;
}

export interface HubClient {
  readonly isRegistered: () => boolean;
  /**
   * Who is online, ourselves included. Errors: `transport/dial-failed` (the hub is down, or does not answer in time),
   * `dialect/…` (its answer is none).
   */
  list(): ResultAsync<readonly HubUser[], TransportError | DialectError>;
  /** Gives up the registration. Idempotent. */
  close(): void;
}

/** Errors: `dialect/malformed` (no name left to register). */
export function openHubClient(options: HubClientOptions): Result<HubClient, DialectError> {
  return encodeHubName(options.name).map((name) => new Client(options, name));
}

class Client implements HubClient {
  readonly #options: HubClientOptions;
  readonly #name: Uint8Array;
  #socket: Socket | null = null;
  /** Name and `LIST` are told apart by silence alone. */
  #registeredAtMs: number | null = null;
  #isClosed = false;
  #tries = 0;
  #retry: NodeJS.Timeout | undefined;
  #lastReason = 'it was not reached yet';
  #asking: Promise<unknown> = Promise.resolve();

  constructor(options: HubClientOptions, name: Uint8Array) {
    this.#options = options;
    this.#name = name;
    this.#connect();
  }

  readonly isRegistered = (): boolean => this.#registeredAtMs !== null;

  /** One question at a time: answers have no mark that tells which is whose. */
  list(): ResultAsync<readonly HubUser[], TransportError | DialectError> {
    const asked = this.#asking.then(() => this.#ask());
    this.#asking = asked;
    return new ResultAsync(asked);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.#socket?.end();
  }

  #connect(): void {
    const { host, port = limits.port } = this.#options;
    const socket = connect({ host, port, noDelay: true, timeout: limits.answerDeadlineMs });
    this.#socket = socket;
    socket.on('error', (error: NodeJS.ErrnoException) => (this.#lastReason = error.code ?? error.message));
    socket.on('timeout', () => {
      // Only while it is being opened: an idle registration is a good one.
      if (this.#registeredAtMs === null) socket.destroy();
    });
    socket.on('connect', () => {
      socket.setTimeout(0);
      socket.write(this.#name);
      this.#tries = 0;
      this.#registeredAtMs = performance.now();
      this.#options.onChange?.(true);
    });
    socket.on('data', () => undefined);
    socket.on('close', () => {
      const wasRegistered = this.#registeredAtMs !== null;
      this.#registeredAtMs = null;
      if (wasRegistered) this.#options.onChange?.(false);
      if (this.#isClosed) return;
      const delayMs = Math.min(limits.retryMaxMs, limits.retryMinMs * 2 ** this.#tries);
      this.#tries += 1;
      this.#retry = setTimeout(() => this.#connect(), delayMs);
    });
  }

  async #ask(): Promise<Result<readonly HubUser[], TransportError | DialectError>> {
    const socket = this.#socket;
    if (socket === null || this.#registeredAtMs === null) return err(this.#fault(this.#lastReason));
    const sinceMs = performance.now() - this.#registeredAtMs;
    if (sinceMs < limits.nameGapMs)
      await new Promise((resolve) => setTimeout(resolve, limits.nameGapMs - sinceMs));
    const answer = await answerOf(socket);
    if (answer === null) return err(this.#fault('no answer'));
    return decodeHubList(answer).andThen((users) => ok(users));
  }

  #fault(reason: string): TransportError {
    const { host, port = limits.port } = this.#options;
    return { code: 'transport/dial-failed', address: host, port, reason };
  }
}

/** Asks, and reads until silence ends the answer. `null`: none in time, or the connection ended. */
function answerOf(socket: Socket): Promise<Uint8Array | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let gap: NodeJS.Timeout | undefined;
    const finish = (answer: Uint8Array | null): void => {
      clearTimeout(gap);
      clearTimeout(deadline);
      socket.off('data', onData).off('close', onClose);
      resolve(answer);
    };
    const onData = (chunk: Buffer): void => {
      chunks.push(chunk);
      bytes += chunk.length;
      clearTimeout(gap);
      if (bytes > limits.listBytesMax) finish(new Uint8Array(Buffer.concat(chunks)));
      else gap = setTimeout(() => finish(new Uint8Array(Buffer.concat(chunks))), legacy.idleGapMs);
    };
    const onClose = (): void => finish(null);
    const deadline = setTimeout(() => finish(null), limits.answerDeadlineMs);
    socket.on('data', onData).on('close', onClose);
    socket.write(encodeHubListRequest());
  });
}
