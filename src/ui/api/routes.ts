/**
 * The routes of the local API: one per row of `methods.ts`. An answer is `{"value":…}`, a failure is
 * `{"error":{"code":…}}` with a fitting status. Events and bulk sending are NDJSON streams.
 */
import { Hono, type Context } from 'hono';
import { err, ok, type Result } from 'neverthrow';
import { setTimeout as delay } from 'node:timers/promises';
import type { NodeError, NodeHandle } from '../../node/handle.js';
import { newMessageId } from '../../node/message-id.js';
import { controlApi } from './limits.js';
import { LineTooLongError, splitLines } from './ndjson.js';
import { sendLines, type NamedLine } from './send-lines.js';
import { httpStatusOf } from './faults.js';
import type { AnyMethod, Body, Served } from './method.js';
import { methods, streams } from './methods.js';
import { checked, parseJson } from './reading.js';

/** Arguments of the API. */
export interface ApiOptions extends Served {
  /** Age of the node in ms. */
  readonly ageMs: () => number;
}

/** Header of every answer: age of the node in ms, from which a command knows whether peers had time to answer. */
export const ageHeader = 'parlance-age-ms';

const ndjson = { 'content-type': 'application/x-ndjson' };

/** Makes the HTTP routes of all methods. */
export function createApi({ node, ageMs, startedWith, release }: ApiOptions): Hono {
  const api = new Hono();
  api.use(async (context, next) => {
    await next();
    context.res.headers.set(ageHeader, String(Math.round(ageMs())));
  });
  api.notFound((context) => failure(context, { code: 'api/malformed', detail: 'no such route' }));

  const served = { node, startedWith, release };
  for (const method of Object.values<AnyMethod>(methods))
    api.on(method.verb, method.path, (context) => answer(context, method, served));
  api.get(streams.events.path, (context) =>
    checked(streams.events.takes, fieldsOf(streams.events.takes, context.req.query())).match(
      ({ since }) => context.body(eventStream(node, since), 200, ndjson),
      (error) => failure(context, error),
    ),
  );
  api.post(streams.sendLines.path, (context) =>
    checked(streams.sendLines.takes, context.req.query()).match(
      ({ peer }) => context.body(statusStream(node, peer, context.req.raw.body), 200, ndjson),
      (error) => failure(context, error),
    ),
  );
  return api;
}

const failure = (context: Context, error: NodeError): Response =>
  context.json({ error }, httpStatusOf(error.code));

async function answer(context: Context, method: AnyMethod, served: Served): Promise<Response> {
  const given =
    method.verb === 'GET' ? ok(fieldsOf(method.takes, context.req.query())) : await bodyOf(context);
  const input = given.andThen((fields) => checked(method.takes, fields));
  return input
    .asyncAndThen((fields) => method.run(served, fields))
    .match(
      (value) => context.json({ value }),
      (error) => failure(context, error),
    );
}

/** Turns the words of a query into fields: the word of a number's field becomes a number, that of a flag a boolean. */
function fieldsOf({ entries }: Body, words: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(words).map(([name, word]) => {
      const entry = entries[name];
      const schema = entry?.type === 'exact_optional' && 'wrapped' in entry ? entry.wrapped : entry;
      const isNumber = typeof schema === 'object' && 'type' in schema && schema.type === 'number';
      const isFlag = typeof schema === 'object' && 'type' in schema && schema.type === 'boolean';
      if (isFlag && (word === 'true' || word === 'false')) return [name, word === 'true'];
      return [name, isNumber && word.trim() !== '' ? Number(word) : word];
    }),
  );
}

async function bodyOf(context: Context): Promise<Result<unknown, NodeError>> {
  return (await readBody(context.req.raw.body)).andThen((text) => parseJson(text));
}

/**
 * Reads the whole body as text, within its size and time. The time is limited here, since the `requestTimeout` of the
 * server would end the streams, too. Errors: `api/deadline`, `api/too-large`, `api/lost`.
 */
async function readBody(body: ReadableStream<Uint8Array> | null): Promise<Result<string, NodeError>> {
  if (body === null) return ok('');
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
      if (isLate) return err({ code: 'api/deadline', deadlineMs: controlApi.requestTimeoutMs });
      if (done) return ok(Buffer.concat(chunks).toString('utf8'));
      bytes += value.byteLength;
      if (bytes > controlApi.bodyBytesMax) {
        reader.cancel().catch(() => undefined);
        return err({ code: 'api/too-large', limitBytes: controlApi.bodyBytesMax });
      }
      chunks.push(value);
    }
  } catch {
    return err({ code: 'api/lost', detail: 'the body ended early' });
  } finally {
    clearTimeout(timer);
  }
}

/** Streams events as NDJSON, at the pace of the reader. */
function eventStream(node: NodeHandle, since: number | undefined): ReadableStream<Uint8Array> {
  const events = node.events(since === undefined ? {} : { sinceSeq: since })[Symbol.asyncIterator]();
  let waiting: Promise<IteratorResult<object>> | null = null;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      let next = await (waiting ?? events.next());
      const soon = immediate();
      let text = '';
      // Events that are ready together leave in one write.
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

/** Sends `{"text":…,"id":…}` lines as they arrive. Answers with their statuses, and with one `error` line when it stops. */
function statusStream(
  node: NodeHandle,
  peer: string,
  body: ReadableStream<Uint8Array> | null,
): ReadableStream<Uint8Array> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const write = async (lines: readonly object[]): Promise<void> => {
    await writer.ready;
    await writer.write(Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join('')));
  };
  const work = async (): Promise<void> => {
    const sent = await sendLines({
      send: (lines) =>
        node.sendAll(
          peer,
          lines.map(({ text }) => text),
          { ids: lines.map(({ id }) => id) },
        ),
      lines: linesOf(body),
      onQueued: write,
      untilRoom: (delayMs) => delay(delayMs),
      isOver: (blockedMs) => blockedMs > controlApi.timeoutMs,
      nowMs: () => performance.now(),
    }).catch((cause: unknown) => cause);
    if (sent instanceof Error) {
      const isTooLong = sent instanceof LineTooLongError;
      await write([
        { type: 'error', code: isTooLong ? 'api/too-large' : 'api/malformed', message: sent.message },
      ]);
    } else if (isFailed(sent)) {
      await write([
        { type: 'error', code: sent.error.error.code, message: JSON.stringify(sent.error.error) },
      ]);
    }
    await writer.close();
  };
  // A reader that left has ended the sending. Queued messages stay queued.
  work().catch(() => undefined);
  return readable;
}

const isFailed = (value: unknown): value is { readonly error: { readonly error: NodeError } } =>
  typeof value === 'object' && value !== null && 'error' in value;

async function* linesOf(
  body: ReadableStream<Uint8Array> | null,
): AsyncGenerator<NamedLine[], void, undefined> {
  if (body === null) return;
  for await (const lines of splitLines(body, controlApi.lineBytesMax)) {
    yield lines.filter((line) => line !== '').map((line) => lineOf(line));
  }
}

/** Reads one line. Throws for a line that is not `{"text":…}`: a generator has no other way to end with a reason. */
function lineOf(line: string): NamedLine {
  const fields = parseJson(line).andThen((json) => checked(streams.sendLines.reads, json));
  if (fields.isErr()) throw new Error(fields.error.detail);
  const { text, id = newMessageId() } = fields.value;
  return { id, text };
}
