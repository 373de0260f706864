/**
 * A user of chatbuddy's directory: registers its name, asks who is online, and keeps trying in the background while
 * the hub is down or full. Stands alone: no node is needed.
 *
 * The hub answers a name with nothing, and one that is full takes the connection and closes it, or leaves it in its
 * backlog. So we count as registered only once we are left alone for a while, or a list was answered.
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

export interface HubClientOptions {
  readonly host: string;
  /** Default 8080. */
  readonly port?: number;
  readonly name: string;
  /**
   * Told when registration begins or ends, and when there is none for another reason than before; after an end only
   * where the hub itself says something new. `reason` may quote the hub: to be escaped before a terminal.
   */
  readonly onChange?: (isRegistered: boolean, reason: string | null) => void;
}

export interface HubClient {
  readonly isRegistered: () => boolean;
  /**
   * Who is online, ourselves included. Waits for a connection that is being opened, and opens one where there is none.
   * Errors: `transport/dial-failed` (the hub is down, full, or does not answer in time), `dialect/…` (its answer is
   * none).
   */
  list(): ResultAsync<readonly HubUser[], DialError | DialectError>;
  /** Gives up the registration. Idempotent. */
  close(): void;
}

/** Errors: `dialect/malformed` (no name left to register). */
export function openHubClient(options: HubClientOptions): Result<HubClient, DialectError> {
  return encodeHubName(options.name).map((name) => new Client(options, name));
}

type Users = Result<readonly HubUser[], DialError | DialectError>;

class Client implements HubClient {
  readonly #options: HubClientOptions;
  readonly #name: Uint8Array;
  /** `null` between two tries. */
  #line: Line | null = null;
  #isRegistered = false;
  /** Why we are not, as last told; `null`: registered. */
  #told: string | null | undefined;
  /** It was registered, and its end was told. */
  #isGone = false;
  #isClosed = false;
  /** In a row, without having been registered between them. */
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

  /** One question at a time: answers have no mark that tells which is whose. */
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
    this.#line?.end();
  }

  #connect(): Line {
    clearTimeout(this.#retry);
    const { host, port = hubProtocol.port } = this.#options;
    const line: Line = new Line(host, port, this.#name, () => this.#lost(line));
    this.#line = line;
    void line.opened.then((isOpen) => {
      if (isOpen && !this.#isClosed)
        this.#settling = setTimeout(() => this.#registered(line), limits.settledMs);
    });
    return line;
  }

  #registered(line: Line): void {
    if (this.#isClosed || line !== this.#line || this.#isRegistered) return;
    clearTimeout(this.#settling);
    this.#isRegistered = true;
    this.#isGone = false;
    this.#tries = 0;
    // A greeting is no reason for an end that comes much later.
    line.forget();
    this.#tell(null);
  }

  #lost(line: Line): void {
    const isKnownToBeGone = this.#isGone;
    this.#isGone ||= this.#isRegistered;
    this.#line = null;
    this.#isRegistered = false;
    clearTimeout(this.#settling);
    if (this.#isClosed) return;
    const delayMs = Math.min(limits.retryMaxMs, limits.retryMinMs * 2 ** this.#tries);
    this.#tries += 1;
    this.#retry = setTimeout(() => this.#connect(), delayMs);
    if (!isKnownToBeGone || line.words() !== null) this.#tell(line.reason());
  }

  #tell(reason: string | null): void {
    if (reason === this.#told) return;
    this.#told = reason;
    this.#options.onChange?.(reason === null, reason);
  }

  async #ask(): Promise<Users> {
    if (this.#isClosed) return err(this.#fault('we have left it'));
    // Who asks does not wait for the next try: the hub may be back.
    const line = this.#line ?? this.#connect();
    if (!(await line.opened)) return err(this.#fault(line.reason()));
    const users = await line.ask();
    if (users === null) {
      // The hub is gone without a word, or we lie in its backlog: only a new connection helps.
      await line.giveUp(notAnswering);
      return err(this.#fault(line.reason()));
    }
    if (users.isErr()) return err(line.isOver ? this.#fault(line.reason()) : users.error);
    this.#registered(line);
    return ok(users.value);
  }

  #fault(reason: string): DialError {
    const { host, port = hubProtocol.port } = this.#options;
    return { code: 'transport/dial-failed', address: host, port, reason };
  }
}

const notAnswering = 'it does not answer';

/** One connection to the hub, from the attempt to its end. */
class Line {
  /** Settles once it is open, or will never be. */
  readonly opened: Promise<boolean>;
  readonly #socket: Socket;
  #openedAtMs: number | null = null;
  /** Every question so far got an answer, or the connection had ended: what comes is unasked. */
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

  /** Why it ended. What the hub said of it itself says more than how the connection broke. */
  reason(): string {
    const words = this.words();
    if (words !== null) return `it said "${words}"`;
    return this.#fault ?? 'it closed the connection';
  }

  /** The first line of what the hub said unasked. */
  words(): string | null {
    const said = this.#said.toString('utf8').trim();
    const [first = ''] = said.split(/[\r\n]/, 1);
    return first === '' ? null : first;
  }

  /** `null`: no answer in time, or the connection ended without one. */
  async ask(): Promise<Result<readonly HubUser[], DialectError> | null> {
    // Name and `LIST` are told apart by silence alone.
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

  /** What the hub said so far is no reason for its end. */
  forget(): void {
    this.#said = Buffer.alloc(0);
  }

  /** Settles once it is over, and that was told. */
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
