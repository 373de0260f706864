/**
 * A user of chatbuddy's directory: registers its name, asks who is online, and keeps trying in the background while
 * the hub is down or full. Stands alone: no node is needed.
 *
 * The hub does not answer a name. A full hub accepts the connection and closes it, or leaves it in its backlog. So
 * this client counts as registered once its connection has stayed open for a while, or a list was answered.
 */
import { connect, type Socket } from 'node:net';
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import {
  decodeHubList,
  encodeHubListRequest,
  encodeHubName,
  type HubUser,
} from '../../dialects/chatbuddy/hub-codec.js';
import { reasonOf } from '../../system-errors.js';
import type { DialectError } from '../../dialects/errors.js';
import type { DialError } from '../../chat/errors.js';
import { hubProtocol } from '../../dialects/chatbuddy/limits.js';
import { chatbuddyHub as limits } from './limits.js';
import { foreignFrames } from '../../dialects/limits.js';
import { finishSocket } from '../tcp/finish.js';

/** Arguments of a client. */
export interface HubClientOptions {
  readonly host: string;
  /** Default 8080. */
  readonly port?: number;
  readonly name: string;
  /**
   * Called when the registration begins or ends, and when an attempt fails for a new reason. After an end it is
   * called only where the hub itself gives a new reason. `reason` may quote the hub: escape it for a terminal.
   */
  readonly onChange?: (isRegistered: boolean, reason: string | null) => void;
}

/** A user that is registered at a hub, or tries to be. */
export interface HubClient {
  readonly isRegistered: () => boolean;
  /**
   * Asks for the users that are online, this one included. Opens a connection where none is open. Errors:
   * `transport/dial-failed` (the hub is down, full, or does not answer in time), `dialect/malformed` (its answer is
   * not a list).
   */
  list(): ResultAsync<readonly HubUser[], DialError | DialectError>;
  /** Gives up the registration. Idempotent. */
  close(): void;
}

/**
 * Registers and stays registered until `close`. Errors: `dialect/malformed` (the name has no character that the hub
 * accepts).
 */
export function openHubClient(options: HubClientOptions): Result<HubClient, DialectError> {
  return encodeHubName(options.name).map((name) => new Client(options, name));
}

type Users = Result<readonly HubUser[], DialError | DialectError>;

class Client implements HubClient {
  readonly #options: HubClientOptions;
  readonly #name: Uint8Array;
  /** The present connection; `null` between two attempts. */
  #connection: HubConnection | null = null;
  #isRegistered = false;
  /** The reason last reported; `null`: registered; `undefined`: none was reported. */
  #reported: string | null | undefined;
  /** Whether a registration has ended and its end was reported. */
  #isGone = false;
  #isClosed = false;
  /** Failed attempts in a row. */
  #tries = 0;
  #retry: NodeJS.Timeout | undefined;
  #settling: NodeJS.Timeout | undefined;
  #asking: Promise<unknown> = Promise.resolve();

  constructor(options: HubClientOptions, name: Uint8Array) {
    this.#options = options;
    this.#name = name;
    this.#connect();
  }

  readonly isRegistered = (): boolean => this.#isRegistered;

  /** One question at a time, since an answer does not name its question. */
  list(): ResultAsync<readonly HubUser[], DialError | DialectError> {
    const asked = this.#asking.then(() => this.#ask());
    this.#asking = asked;
    return new ResultAsync(asked);
  }

  close(): void {
    this.#isClosed = true;
    this.#isRegistered = false;
    clearTimeout(this.#retry);
    clearTimeout(this.#settling);
    this.#connection?.end();
  }

  #connect(): HubConnection {
    clearTimeout(this.#retry);
    const { host, port = hubProtocol.port } = this.#options;
    const connection: HubConnection = new HubConnection(host, port, this.#name, () => this.#lost(connection));
    this.#connection = connection;
    void connection.opened.then((isOpen) => {
      if (isOpen && !this.#isClosed)
        this.#settling = setTimeout(() => this.#registered(connection), limits.settledMs);
    });
    return connection;
  }

  #registered(connection: HubConnection): void {
    if (this.#isClosed || connection !== this.#connection || this.#isRegistered) return;
    clearTimeout(this.#settling);
    this.#isRegistered = true;
    this.#isGone = false;
    this.#tries = 0;
    // A greeting does not explain an end that comes much later.
    connection.forget();
    this.#report(null);
  }

  #lost(connection: HubConnection): void {
    const isKnownToBeGone = this.#isGone;
    this.#isGone ||= this.#isRegistered;
    this.#connection = null;
    this.#isRegistered = false;
    clearTimeout(this.#settling);
    if (this.#isClosed) return;
    const delayMs = Math.min(limits.retryMaxMs, limits.retryMinMs * 2 ** this.#tries);
    this.#tries += 1;
    this.#retry = setTimeout(() => this.#connect(), delayMs);
    if (!isKnownToBeGone || connection.words() !== null) this.#report(connection.reason());
  }

  #report(reason: string | null): void {
    if (reason === this.#reported) return;
    this.#reported = reason;
    this.#options.onChange?.(reason === null, reason);
  }

  async #ask(): Promise<Users> {
    if (this.#isClosed) return err(this.#fault('this client has left it'));
    // A question does not wait for the next attempt, since the hub may be back.
    const connection = this.#connection ?? this.#connect();
    if (!(await connection.opened)) return err(this.#fault(connection.reason()));
    const users = await connection.ask();
    if (users === null) {
      // The hub is gone without a close, or this connection lies in its backlog: a new connection is needed.
      await connection.giveUp(notAnswering);
      return err(this.#fault(connection.reason()));
    }
    if (users.isErr()) return err(connection.isOver ? this.#fault(connection.reason()) : users.error);
    this.#registered(connection);
    return ok(users.value);
  }

  #fault(reason: string): DialError {
    const { host, port = hubProtocol.port } = this.#options;
    return { code: 'transport/dial-failed', address: host, port, reason };
  }
}

const notAnswering = 'it does not answer';

/** One connection to the hub, from the attempt to its end. */
class HubConnection {
  /** Settles with true once it is open, with false once it cannot open. */
  readonly opened: Promise<boolean>;
  readonly #socket: Socket;
  #openedAtMs: number | null = null;
  /** Takes the bytes of an answer; null while no question is open, so that all bytes are unasked text. */
  #onAnswer: ((chunk: Buffer | null) => void) | null = null;
  #said: Buffer = Buffer.alloc(0);
  #fault: string | null = null;
  isOver = false;

  constructor(host: string, port: number, name: Uint8Array, onOver: () => void) {
    const socket = connect({ host, port, noDelay: true, timeout: limits.answerDeadlineMs });
    this.#socket = socket;
    this.opened = new Promise((resolve) => {
      socket.on('connect', () => {
        socket.setTimeout(0);
        socket.write(name);
        this.#openedAtMs = performance.now();
        resolve(true);
      });
      socket.on('close', () => {
        this.isOver = true;
        this.#onAnswer?.(null);
        onOver();
        resolve(false);
      });
    });
    socket.on('error', (error) => (this.#fault ??= reasonOf(error)));
    socket.on('timeout', () => void this.giveUp(notAnswering));
    socket.on('data', (chunk: Buffer) => {
      if (this.#onAnswer === null) this.#keep(chunk);
      else this.#onAnswer(chunk);
    });
  }

  /** The reason of the end. Text from the hub says more than the failure of the connection. */
  reason(): string {
    const words = this.words();
    if (words !== null) return `it said "${words}"`;
    return this.#fault ?? 'it closed the connection';
  }

  /** The first line of the unasked text; `null`: the hub sent none. */
  words(): string | null {
    const said = this.#said.toString('utf8').trim();
    const [first = ''] = said.split(/[\r\n]/, 1);
    return first === '' ? null : first;
  }

  /** Asks for the list. `null`: no answer in time, or the connection ended without one. */
  async ask(): Promise<Result<readonly HubUser[], DialectError> | null> {
    // The hub separates the name from `LIST` by silence alone.
    const waitMs = limits.nameGapMs - (performance.now() - (this.#openedAtMs ?? 0));
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    if (this.isOver) return null;
    return new Promise((resolve) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      let gap: NodeJS.Timeout | undefined;
      const finish = (): void => {
        clearTimeout(gap);
        clearTimeout(deadline);
        this.#onAnswer = null;
        const answer = Buffer.concat(chunks);
        const users = answer.length === 0 ? null : decodeHubList(new Uint8Array(answer));
        if (users?.isErr() === true) this.#keep(answer);
        resolve(users);
      };
      const deadline = setTimeout(finish, limits.answerDeadlineMs);
      this.#onAnswer = (chunk) => {
        clearTimeout(gap);
        if (chunk !== null) chunks.push(chunk);
        bytes += chunk?.length ?? 0;
        // Silence or the end of the connection ends the answer.
        if (chunk === null || bytes > hubProtocol.listBytesMax) finish();
        else gap = setTimeout(finish, foreignFrames.idleGapMs);
      };
      this.#socket.write(encodeHubListRequest());
    });
  }

  /** Forgets the unasked text, which does not explain a later end. */
  forget(): void {
    this.#said = Buffer.alloc(0);
  }

  /** Ends the connection with this reason. Settles once its end was reported. */
  giveUp(reason: string): Promise<void> {
    if (this.isOver) return Promise.resolve();
    this.#fault ??= reason;
    return new Promise((resolve) => this.#socket.once('close', () => resolve()).destroy());
  }

  /** Leaves, and does not wait for a hub that keeps its half open. */
  end(): void {
    if (this.#openedAtMs === null) this.#socket.destroy();
    else finishSocket(this.#socket, () => undefined);
  }

  #keep(bytes: Buffer): void {
    this.#said = Buffer.concat([this.#said, bytes.subarray(0, limits.saidBytesMax - this.#said.length)]);
  }
}
