/** The handle on a node behind the control socket of its home. Each call is one request. */
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import type { NodeEvent } from '../../chat/events.js';
import { sendAwaited } from '../../node/awaited.js';
import type { NodeError, NodeHandle } from '../../node/handle.js';
import { reasonOf } from '../../system-errors.js';
import { controlApi } from './limits.js';
import { splitLines } from './ndjson.js';
import * as v from 'valibot';
import { readFault } from './faults.js';
import type { AnyMethod } from './method.js';
import { methods, streams, type Methods } from './methods.js';
import { parseJson, readEvent, readRecord } from './reading.js';
import { findSocket } from './socket-path.js';

/** The handle on a node behind the control socket. */
export interface RemoteNode extends NodeHandle {
  /** Age of the node when this client attached, in ms. */
  readonly ageMs: number;
  /** Settings that the node was started with, by key. */
  readonly startedWith: () => ResultAsync<Readonly<Record<string, unknown>>, NodeError>;
  /** Ends a node that was started for commands and has no other client; false: it goes on. */
  readonly release: () => ResultAsync<boolean, NodeError>;
  /** Closes the connections of this client. The node goes on. */
  readonly close: () => Promise<void>;
}

/** One function per method of the table, which sends the call and reads the answer. */
type Calls = {
  readonly [Name in keyof Methods]: (
    ...args: Parameters<Methods[Name]['pack']>
  ) => ResultAsync<v.InferOutput<Methods[Name]['gives']>, NodeError>;
};

/** Attaches to the node of `home`. Errors: `api/no-node` when no node listens there, and every other `api/…` code. */
export function connectNode(home: string): ResultAsync<RemoteNode, NodeError> {
  const line = new ControlLine(home);
  const calls = callsOver(line);
  const events: NodeHandle['events'] = ({ sinceSeq } = {}) =>
    line.events(`${streams.events.path}?${queryOf(sinceSeq === undefined ? {} : { since: sinceSeq })}`);
  const close = (): Promise<void> => line.close();
  return calls.self().map(() => ({
    ...calls,
    send: (peer, text, options = {}) =>
      sendAwaited({ events, find: calls.find }, peer, options, (named) => calls.send(peer, text, named)),
    ownSafetyCode: () => calls.ownSafetyCode().map(({ code }) => code),
    ageMs: line.ageMs,
    events,
    close,
    [Symbol.asyncDispose]: close,
  }));
}

function callsOver(line: ControlLine): Calls {
  const calls = Object.entries<AnyMethod>(methods).map(([name, method]) => [
    name,
    (...args: readonly unknown[]) => line.call(method, method.pack(...args)),
  ]);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one function per row, typed by that row
  return Object.fromEntries(calls) as Calls;
}

const queryOf = (fields: Readonly<Record<string, unknown>>): string =>
  new URLSearchParams(
    Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();

/** The connections of one attached command. */
class ControlLine {
  readonly home: string;
  readonly #path: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 });
  readonly #streams = new Set<IncomingMessage>();
  #ageMs = 0;
  /** A request after the end would open a connection that keeps the node, and the process of its client, from ending. */
  #isClosed = false;

  constructor(home: string) {
    this.home = home;
    this.#path = findSocket(home);
  }

  get ageMs(): number {
    return this.#ageMs;
  }

  /** Sends one request and reads its answer. Errors: `api/…`, and those of the method. */
  call(method: AnyMethod, input: Readonly<Record<string, unknown>>): ResultAsync<unknown, NodeError> {
    return new ResultAsync(this.#call(method, input));
  }

  async #call(
    { verb, path, gives }: AnyMethod,
    input: Readonly<Record<string, unknown>>,
  ): Promise<Result<unknown, NodeError>> {
    const words = verb === 'GET' ? queryOf(input) : '';
    const body = verb === 'GET' ? null : JSON.stringify(input);
    const response = await this.#open(verb, words === '' ? path : `${path}?${words}`, body, this.#agent);
    if (response.isErr()) return err(response.error);
    const text = await textOf(response.value);
    if (text === null) return err({ code: 'api/lost', detail: 'the answer was cut off' });
    return readAnswer(text, gives);
  }

  #open(
    method: AnyMethod['verb'],
    path: string,
    payload: string | null,
    agent: Agent | false,
  ): Promise<Result<IncomingMessage, NodeError>> {
    return new Promise((resolve) => {
      if (this.#isClosed) {
        resolve(err({ code: 'api/lost', detail: 'this client is closed' }));
        return;
      }
      const request = httpRequest({
        socketPath: this.#path,
        agent,
        method,
        path,
        headers:
          payload === null
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) },
      });
      request.setTimeout(controlApi.replyDeadlineMs, () => {
        resolve(err({ code: 'api/deadline', deadlineMs: controlApi.replyDeadlineMs }));
        request.destroy();
      });
      request.on('error', (cause: NodeJS.ErrnoException) => resolve(err(this.#connectFault(cause))));
      request.on('response', (response) => {
        request.setTimeout(0);
        const ageMs = Number(response.headers['parlance-age-ms']);
        if (this.#ageMs === 0 && Number.isFinite(ageMs)) this.#ageMs = ageMs;
        resolve(ok(response));
      });
      request.end(payload ?? undefined);
    });
  }

  #connectFault(cause: NodeJS.ErrnoException): NodeError {
    const isAbsent = cause.code === 'ENOENT' || cause.code === 'ECONNREFUSED' || cause.code === 'ENOTDIR';
    if (isAbsent) return { code: 'api/no-node', home: this.home };
    if (cause.code === 'EACCES' || cause.code === 'EPERM') {
      return { code: 'home/unusable', home: this.home, reason: 'no permission for its control socket' };
    }
    return { code: 'api/lost', detail: reasonOf(cause) };
  }

  /** Reads events from `ready` on. A connection that ends without `bye` yields an `error` event. */
  async *events(path: string): AsyncGenerator<NodeEvent, void, undefined> {
    const opened = await this.#open('GET', path, null, false);
    if (opened.isErr()) {
      yield {
        type: 'error',
        code: opened.error.code,
        message: 'the node cannot be reached: start it with "parlance serve"',
      };
      return;
    }
    const response = opened.value;
    this.#streams.add(response);
    try {
      for await (const lines of splitLines(response, controlApi.lineBytesMax)) {
        for (const line of lines) {
          const event = readEvent(parseJson(line).unwrapOr(null));
          if (event === null) continue;
          yield event;
          if (event.type === 'bye') return;
        }
      }
    } catch {
      // The event below reports it: an aborted stream and an ended one mean the same to a reader.
    } finally {
      this.#streams.delete(response);
      response.destroy();
    }
    yield {
      type: 'error',
      code: 'api/lost',
      message: 'the connection to the node ended: read again with --since',
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const stream of this.#streams) stream.destroy();
    this.#agent.destroy();
  }
}

/** Reads an answer; its unknown fields stay. Errors: `api/malformed`, and the error that the answer carries. */
function readAnswer(text: string, gives: v.GenericSchema): Result<unknown, NodeError> {
  const record = readRecord(parseJson(text).unwrapOr(null));
  if (record === null) return err({ code: 'api/malformed', detail: 'the answer is not a JSON object' });
  if ('error' in record) {
    return err(readFault(record['error']) ?? { code: 'api/malformed', detail: 'an unknown error' });
  }
  const { value } = record;
  return v.is(gives, value) ? ok(value) : err({ code: 'api/malformed', detail: 'an unexpected answer' });
}

/** Reads the whole answer; `null` when it was cut off or exceeds `answerBytesMax`. */
async function textOf(response: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response) {
      if (!Buffer.isBuffer(chunk)) return null;
      bytes += chunk.length;
      if (bytes > controlApi.answerBytesMax) return null;
      chunks.push(chunk);
    }
  } catch {
    return null;
  }
  return Buffer.concat(chunks).toString('utf8');
}
