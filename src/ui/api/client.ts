/** A node behind the control socket of its home: the same handle, each call one request. */
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import type { EventsOptions, HistoryOptions, NodeError, NodeEvent, NodeHandle } from '../../index.js';
import { reasonOf } from '../../system-errors.js';
import { controlApi } from './limits.js';
import { splitLines } from './ndjson.js';
import { readFault } from './faults.js';
import {
  readEvent,
  readLegacyPeer,
  readList,
  readMessage,
  readOwnCode,
  readPeer,
  readRecord,
  readSafety,
  readSelf,
  readStatus,
} from './reading.js';
import { findSocket } from './socket-path.js';

export interface RemoteNode extends NodeHandle {
  /** How long the node had been running when we attached. */
  readonly ageMs: number;
  /** What the command that started it says it was started with. */
  readonly startedWith: () => ResultAsync<Readonly<Record<string, unknown>>, NodeError>;
  /** Closes our connections; the node goes on. */
  readonly close: () => Promise<void>;
}

type Method = 'GET' | 'POST';

/** Attaches to the node of `home`. Errors: `api/no-node` when none listens, and every other `api/…` code. */
export function connectNode(home: string): ResultAsync<RemoteNode, NodeError> {
  const line = new ControlLine(home);
  return line.call('GET', '/v1/self', undefined, readSelf).map(() => remoteNode(line));
}

function remoteNode(line: ControlLine): RemoteNode {
  return {
    ageMs: line.ageMs,
    startedWith: () => line.call('GET', '/v1/start', undefined, readRecord),
    self: () => line.call('GET', '/v1/self', undefined, readSelf),
    ownSafetyCode: () => line.call('GET', '/v1/self/code', undefined, readOwnCode),
    send: (peer, text) => line.call('POST', '/v1/messages', { peer, text }, readStatus),
    sendAll: (peer, texts) => line.call('POST', '/v1/messages/all', { peer, texts }, readList(readStatus)),
    sendVia: (peer, text, via) => line.call('POST', '/v1/messages/via', { peer, text, ...via }, readStatus),
    legacyPeers: (dialect) =>
      line.call('GET', at('/v1/legacy/peers', { dialect }), undefined, readList(readLegacyPeer)),
    legacyConnect: (peer, { isManual = false } = {}) =>
      line.call('POST', '/v1/legacy/connect', { peer, isManual }, () => ({})).map(() => null),
    legacyLeave: (dialect, peer) =>
      line.call('POST', '/v1/legacy/leave', { dialect, peer }, () => ({})).map(() => null),
    peers: () => line.call('GET', '/v1/peers', undefined, readList(readPeer)),
    find: (peer) => line.call('GET', at('/v1/peer', { peer }), undefined, readPeer),
    history: (options: HistoryOptions) =>
      line.call('GET', at('/v1/messages', { ...options }), undefined, readList(readMessage)),
    events: (options: EventsOptions = {}) => line.events(at('/v1/events', { since: options.sinceSeq })),
    safety: (peer) => line.call('GET', at('/v1/safety', { peer }), undefined, readSafety),
    verify: (peer, code) => line.call('POST', '/v1/verify', { peer, code }, readSafety),
    block: (peer, blocked) => line.call('POST', '/v1/block', { peer, blocked }, readPeer),
    rename: (name) => line.call('POST', '/v1/name', { name }, readSelf),
    disconnect: (peer) => line.call('POST', '/v1/disconnect', { peer }, () => ({})).map(() => null),
    stats: () => line.call('GET', '/v1/stats', undefined, readRecord),
    close: () => line.close(),
  };
}

function at(path: string, query: Readonly<Record<string, string | number | undefined>>): string {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) words.set(name, String(value));
  return `${path}?${words.toString()}`;
}

/** The connections of one attached command. */
class ControlLine {
  readonly home: string;
  readonly #path: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 });
  readonly #streams = new Set<IncomingMessage>();
  #ageMs = 0;

  constructor(home: string) {
    this.home = home;
    this.#path = findSocket(home);
  }

  get ageMs(): number {
    return this.#ageMs;
  }

  /** One request and its answer, read by `read` (`null`: it does not fit). */
  call<T>(
    method: Method,
    path: string,
    body: object | undefined,
    read: (value: unknown) => T | null,
  ): ResultAsync<T, NodeError> {
    return new ResultAsync(this.#call(method, path, body, read));
  }

  async #call<T>(
    method: Method,
    path: string,
    body: object | undefined,
    read: (value: unknown) => T | null,
  ): Promise<Result<T, NodeError>> {
    const response = await this.#open(method, path, body, this.#agent);
    if (response.isErr()) return err(response.error);
    const text = await textOf(response.value);
    if (text === null) return err({ code: 'api/lost', detail: 'the answer was cut off' });
    return readAnswer(text, read);
  }

  #open(
    method: Method,
    path: string,
    body: object | undefined,
    agent: Agent | false,
  ): Promise<Result<IncomingMessage, NodeError>> {
    return new Promise((resolve) => {
      const payload = body === undefined ? null : JSON.stringify(body);
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

  /** Subscribed by the time `ready` was read. A connection that ends without `bye` says so in an `error` event. */
  async *events(path: string): AsyncGenerator<NodeEvent, void, undefined> {
    const opened = await this.#open('GET', path, undefined, false);
    if (opened.isErr()) {
      yield { type: 'error', code: opened.error.code, message: 'the node cannot be reached' };
      return;
    }
    const response = opened.value;
    this.#streams.add(response);
    try {
      for await (const lines of splitLines(response, controlApi.lineBytesMax)) {
        for (const line of lines) {
          const event = readEvent(parsed(line));
          if (event === null) continue;
          yield event;
          if (event.type === 'bye') return;
        }
      }
    } catch {
      // Told below: to whoever reads events, an aborted stream and an ended one are the same.
    } finally {
      this.#streams.delete(response);
      response.destroy();
    }
    yield { type: 'error', code: 'api/lost', message: 'the connection to the node ended' };
  }

  async close(): Promise<void> {
    for (const stream of this.#streams) stream.destroy();
    this.#agent.destroy();
  }
}

function readAnswer<T>(text: string, read: (value: unknown) => T | null): Result<T, NodeError> {
  const record = readRecord(parsed(text));
  if (record === null) return err({ code: 'api/malformed', detail: 'the answer is no JSON object' });
  if ('error' in record) {
    return err(readFault(record['error']) ?? { code: 'api/malformed', detail: 'an unknown error' });
  }
  const value = read(record['value']);
  return value === null ? err({ code: 'api/malformed', detail: 'an unexpected answer' }) : ok(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The whole answer; `null` when it was cut off or is longer than any answer of ours. */
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
