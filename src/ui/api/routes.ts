/**
 * The local API: every method of `NodeHandle` as a route under `/v1`. Answers are JSON; a failure is
 * `{"error":{"code":…}}` with a fitting status. Events and bulk sending are NDJSON streams.
 *
 *   GET  /v1/start   /v1/self   /v1/self/code   /v1/peers   /v1/stats   /v1/safety?peer=   /v1/messages?…   /v1/events?since=
 *   POST /v1/messages {peer,text}   /v1/messages/all {peer,texts}   /v1/messages/stream?peer= (NDJSON {text})
 *   POST /v1/messages/via {peer,text,isPlain?,privateNumber?}
 *   GET  /v1/legacy/peers?dialect=   POST /v1/legacy/connect {peer,isManual}   /v1/legacy/leave {dialect,peer}
 *   POST /v1/verify {peer,code}   /v1/block {peer,blocked}   /v1/name {name}   /v1/disconnect {peer}
 */
import { Hono, type Context } from 'hono';
import type { ResultAsync } from 'neverthrow';
import { setTimeout as delay } from 'node:timers/promises';
import type { z } from 'zod';
import type { HistoryOptions, NodeError, NodeHandle, SendViaOptions } from '../../index.js';
import { controlApi } from './limits.js';
import { LineTooLongError, splitLines } from './ndjson.js';
import { sendLines } from './send-lines.js';
import { httpStatusOf } from './faults.js';
import {
  blockBody,
  checked,
  connectBody,
  dialectQuery,
  eventsQuery,
  historyQuery,
  leaveBody,
  peerBody,
  peerQuery,
  renameBody,
  sendAllBody,
  sendBody,
  sendLine,
  sendViaBody,
  verifyBody,
} from './schemas.js';

export interface ApiOptions {
  readonly node: NodeHandle;
  /** How long this node has been running. */
  readonly ageMs: () => number;
  /** The settings it was started with. */
  readonly startedWith: Readonly<Record<string, unknown>>;
}

/** Age of the node in ms, on every answer: a command that has just attached knows whether peers had time to answer. */
export const ageHeader = 'parlance-age-ms';

const ndjson = { 'content-type': 'application/x-ndjson' };

export function createApi({ node, ageMs, startedWith }: ApiOptions): Hono {
  const api = new Hono();
  api.use(async (context, next) => {
    await next();
    context.res.headers.set(ageHeader, String(Math.round(ageMs())));
  });
  api.notFound((context) => failure(context, { code: 'api/malformed', detail: 'no such route' }));

  api.get('/v1/start', (context) => context.json({ value: startedWith }));
  api.get('/v1/self', (context) => answer(context, node.self()));
  api.get('/v1/self/code', (context) =>
    answer(
      context,
      node.ownSafetyCode().map((code) => ({ code })),
    ),
  );
  api.get('/v1/peers', (context) => answer(context, node.peers()));
  api.get('/v1/peer', (context) =>
    withQuery(context, peerQuery, ({ peer }) => answer(context, node.find(peer))),
  );
  api.get('/v1/stats', (context) => answer(context, node.stats()));
  api.get('/v1/safety', (context) =>
    withQuery(context, peerQuery, ({ peer }) => answer(context, node.safety(peer))),
  );
  api.get('/v1/messages', (context) =>
    withQuery(context, historyQuery, (query) =>
      answer(context, node.history(withoutUndefined<HistoryOptions>(query))),
    ),
  );
  api.get('/v1/events', (context) =>
    withQuery(context, eventsQuery, ({ since }) => context.body(eventStream(node, since), 200, ndjson)),
  );

  api.post('/v1/messages', (context) =>
    withBody(context, sendBody, ({ peer, text }) => answer(context, node.send(peer, text))),
  );
  api.post('/v1/messages/all', (context) =>
    withBody(context, sendAllBody, ({ peer, texts }) => answer(context, node.sendAll(peer, texts))),
  );
  api.post('/v1/messages/stream', (context) =>
    withQuery(context, peerQuery, ({ peer }) =>
      context.body(statusStream(node, peer, context.req.raw.body), 200, ndjson),
    ),
  );
  api.post('/v1/verify', (context) =>
    withBody(context, verifyBody, ({ peer, code }) => answer(context, node.verify(peer, code))),
  );
  api.post('/v1/block', (context) =>
    withBody(context, blockBody, ({ peer, blocked }) => answer(context, node.block(peer, blocked))),
  );
  api.post('/v1/name', (context) =>
    withBody(context, renameBody, ({ name }) => answer(context, node.rename(name))),
  );
  api.post('/v1/disconnect', (context) =>
    withBody(context, peerBody, ({ peer }) => answer(context, node.disconnect(peer))),
  );
  addLegacyRoutes(api, node);
  return api;
}

/** What only older programs know. */
function addLegacyRoutes(api: Hono, node: NodeHandle): void {
  api.post('/v1/messages/via', (context) =>
    withBody(context, sendViaBody, ({ peer, text, ...via }) =>
      answer(context, node.sendVia(peer, text, withoutUndefined<SendViaOptions>(via))),
    ),
  );
  api.get('/v1/legacy/peers', (context) =>
    withQuery(context, dialectQuery, ({ dialect }) => answer(context, node.legacyPeers(dialect))),
  );
  api.post('/v1/legacy/connect', (context) =>
    withBody(context, connectBody, ({ peer, isManual }) =>
      answer(context, node.legacyConnect(peer, { isManual })),
    ),
  );
  api.post('/v1/legacy/leave', (context) =>
    withBody(context, leaveBody, ({ dialect, peer }) => answer(context, node.legacyLeave(dialect, peer))),
  );
}

const failure = (context: Context, error: NodeError): Response =>
  context.json({ error }, httpStatusOf(error.code));

const answer = async (context: Context, result: ResultAsync<object | null, NodeError>): Promise<Response> =>
  (await result).match(
    (value) => context.json({ value }),
    (error) => failure(context, error),
  );

async function withQuery<T>(
  context: Context,
  schema: z.ZodType<T>,
  use: (query: T) => Response | Promise<Response>,
): Promise<Response> {
  const query = checked(schema, context.req.query());
  return query.ok ? use(query.value) : failure(context, { code: 'api/malformed', detail: query.detail });
}

async function withBody<T>(
  context: Context,
  schema: z.ZodType<T>,
  use: (body: T) => Response | Promise<Response>,
): Promise<Response> {
  const text = await readBody(context.req.raw.body);
  if (typeof text !== 'string') return failure(context, text);
  const json = parseJson(text);
  if (!json.ok) return failure(context, { code: 'api/malformed', detail: 'the body is no JSON' });
  const body = checked(schema, json.value);
  return body.ok ? use(body.value) : failure(context, { code: 'api/malformed', detail: body.detail });
}

/**
 * The whole body as text, within its size and its time. Timed here, since the server's own `requestTimeout` would
 * also end the streams.
 */
async function readBody(body: ReadableStream<Uint8Array> | null): Promise<string | NodeError> {
  if (body === null) return '';
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    reader.cancel().catch(() => undefined);
  }, controlApi.requestTimeoutMs);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (isLate) return { code: 'api/deadline', deadlineMs: controlApi.requestTimeoutMs };
      if (done) return Buffer.concat(chunks).toString('utf8');
      bytes += value.byteLength;
      if (bytes > controlApi.bodyBytesMax) {
        reader.cancel().catch(() => undefined);
        return { code: 'api/too-large', limitBytes: controlApi.bodyBytesMax };
      }
      chunks.push(value);
    }
  } catch {
    return { code: 'api/lost', detail: 'the body ended early' };
  } finally {
    clearTimeout(timer);
  }
}

function parseJson(text: string): { readonly ok: true; readonly value: unknown } | { readonly ok: false } {
  try {
    const value: unknown = JSON.parse(text);
    return { ok: true, value };
  } catch {
    return { ok: false };
  }
}

/** Events as NDJSON, asked of the node only as fast as the reader takes them. */
function eventStream(node: NodeHandle, since: number | undefined): ReadableStream<Uint8Array> {
  const events = node.events(since === undefined ? {} : { sinceSeq: since })[Symbol.asyncIterator]();
  let waiting: Promise<IteratorResult<object>> | null = null;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      let next = await (waiting ?? events.next());
      const soon = immediate();
      let text = '';
      // What came in one go leaves in one write: joined until the node has nothing ready any more.
      for (;;) {
        if (next.done === true) {
          if (text !== '') controller.enqueue(Buffer.from(text));
          controller.close();
          return;
        }
        text += `${JSON.stringify(next.value)}\n`;
        waiting = events.next();
        if (text.length >= controlApi.eventsAheadBytesMax) break;
        const winner = await Promise.race([waiting, soon]);
        if (winner === null) break;
        next = winner;
      }
      controller.enqueue(Buffer.from(text));
    },
    async cancel() {
      await events.return?.();
    },
  });
}

const immediate = (): Promise<null> => new Promise((resolve) => setImmediate(() => resolve(null)));

/** Sends `{"text":…}` lines as they arrive; answers with their statuses, and with one `error` line if it has to stop. */
function statusStream(
  node: NodeHandle,
  peer: string,
  body: ReadableStream<Uint8Array> | null,
): ReadableStream<Uint8Array> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const tell = async (lines: readonly object[]): Promise<void> => {
    await writer.ready;
    await writer.write(Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join('')));
  };
  const work = async (): Promise<void> => {
    const sent = await sendLines({
      node,
      peer,
      lines: textsOf(body),
      onQueued: tell,
      untilRoom: (delayMs) => delay(delayMs),
      isOver: (blockedMs) => blockedMs > controlApi.timeoutMs,
      nowMs: () => performance.now(),
    }).catch((cause: unknown) => cause);
    if (sent instanceof Error) {
      const isTooLong = sent instanceof LineTooLongError;
      await tell([
        { type: 'error', code: isTooLong ? 'api/too-large' : 'api/malformed', message: sent.message },
      ]);
    } else if (isFailed(sent)) {
      await tell([{ type: 'error', code: sent.error.error.code, message: JSON.stringify(sent.error.error) }]);
    }
    await writer.close();
  };
  // Whoever stopped listening to the statuses has stopped the sending too; what was queued stays queued.
  work().catch(() => undefined);
  return readable;
}

const isFailed = (value: unknown): value is { readonly error: { readonly error: NodeError } } =>
  typeof value === 'object' && value !== null && 'error' in value;

async function* textsOf(body: ReadableStream<Uint8Array> | null): AsyncGenerator<string[], void, undefined> {
  if (body === null) return;
  for await (const lines of splitLines(body, controlApi.lineBytesMax)) {
    yield lines
      .filter((line) => line !== '')
      .map((line) => {
        const json = parseJson(line);
        const body = checked(sendLine, json.ok ? json.value : null);
        if (!body.ok) throw new Error(body.detail);
        return body.value.text;
      });
  }
}

/** A query whose absent fields are absent, as `exactOptionalPropertyTypes` wants them. */
function withoutUndefined<T extends object>(query: { readonly [K in keyof T]: T[K] | undefined }): T {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only what may be absent was taken out
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as T;
}
