import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { newMessageId, type NodeEvent, type NodeHandle } from '../../src/index.js';
import { connectNode } from '../../src/ui/api/client.js';
import { readEvent } from '../../src/ui/api/reading.js';
import { serveApi } from '../../src/ui/api/server.js';
import { startFakeNode, type FakeNode } from '../support/fake-node.js';
import { usableNowMs } from '../support/usable-time.js';
import { testMsMax } from '../support/deadline.js';

const options = { timeout: testMsMax };

function temporaryHome(context: TestContext, name = 'home'): string {
  const parent = mkdtempSync(join(tmpdir(), 'parlance-test-'));
  const home = join(parent, name);
  mkdirSync(home, { mode: 0o700, recursive: true });
  context.after(() => rmSync(parent, { recursive: true, force: true }));
  return home;
}

async function served(
  context: TestContext,
  name?: string,
): Promise<{ home: string; path: string; fake: FakeNode; remote: NodeHandle }> {
  const home = temporaryHome(context, name);
  const fake = startFakeNode({ home });
  const server = (await serveApi(fake, home))._unsafeUnwrap();
  const remote = (await connectNode(home))._unsafeUnwrap();
  context.after(async () => {
    await remote.close();
    await fake.close();
    await server.close();
  });
  return { home, path: server.path, fake, remote };
}

function raw(
  path: string,
  url: string,
  method = 'GET',
  body?: string,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: path, path: url, method }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

test('the control socket is open to its user alone', options, async (context) => {
  const { path } = await served(context);
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test(
  'a home with a path too long for a socket is served at a short private path',
  options,
  async (context) => {
    const { home, path, remote } = await served(context, 'long'.repeat(40));
    assert.ok(Buffer.byteLength(path) <= 100, path);
    assert.equal(statSync(join(path, '..')).mode & 0o777, 0o700);
    assert.equal((await remote.self())._unsafeUnwrap().home, home);
  },
);

test('a client does not follow a pointer to a directory that others may write', options, async (context) => {
  const home = temporaryHome(context, 'long'.repeat(40));
  const open = mkdtempSync(join(tmpdir(), 'parlance-'));
  context.after(() => rmSync(open, { recursive: true, force: true }));
  const { chmodSync } = await import('node:fs');
  chmodSync(open, 0o777);
  writeFileSync(join(home, 'control.path'), join(open, 'control.sock'));
  const fault = (await connectNode(home))._unsafeUnwrapErr();
  assert.notEqual(fault.code, 'api/malformed');
});

test(
  'the server replaces a stale socket, and a home without a node is api/no-node',
  options,
  async (context) => {
    const home = temporaryHome(context);
    assert.equal((await connectNode(home))._unsafeUnwrapErr().code, 'api/no-node');
    writeFileSync(join(home, 'control.sock'), '');
    const fake = startFakeNode({ home });
    const server = (await serveApi(fake, home))._unsafeUnwrap();
    context.after(() => server.close());
    const remote = (await connectNode(home))._unsafeUnwrap();
    await remote.close();
  },
);

test('every method answers over the socket as it does in the process', options, async (context) => {
  const { fake, remote } = await served(context);
  fake.receive('bob', 'hello\n\u001b[31mred');
  const same = async <T>(ask: (node: NodeHandle) => PromiseLike<T>): Promise<void> =>
    assert.deepEqual(plain(await ask(remote)), plain(await ask(fake)));
  await same((node) => node.self());
  await same((node) => node.peers());
  await same((node) => node.stats());
  await same((node) => node.history({ peer: 'bob', limit: 5 }));
  await same((node) => node.history({ search: 'hello & more', sinceMs: 1.5 }));
  await same((node) => node.history({ peer: 'nobody' }));
  await same((node) => node.safety('bob'));
  await same((node) => node.verify('bob', '12345'));
  await same((node) => node.verify('bob', null));
  await same((node) => node.block('carol', true));
  await same((node) => node.rename('Alicia'));
  await same((node) => node.disconnect('bob'));
  await same((node) => node.disconnect('nobody'));
  await same((node) => node.send('bob', ''));
  await same((node) => node.send('bob', 'x'.repeat(65_537)));
  const sent = (await remote.send('bob', 'hi'))._unsafeUnwrap();
  assert.equal(sent.state, 'queued');
  assert.equal((await remote.sendAll('bob', ['1', '2']))._unsafeUnwrap().length, 2);
  const ids = [newMessageId(), newMessageId(), newMessageId()];
  const [first, ...others] = ids;
  assert.equal((await remote.send('bob', '3', { id: first ?? '' }))._unsafeUnwrap().id, first);
  await remote.sendAll('bob', ['4', '5'], { ids: others });
  const lines = (await remote.history({ peer: 'bob', limit: 3 }))._unsafeUnwrap();
  assert.deepEqual(
    lines.map(({ id }) => id),
    ids,
  );
});

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('events begin with ready, miss nothing after it and end with bye', options, async (context) => {
  const { fake, remote } = await served(context);
  fake.receive('bob', 'before');
  const seen: NodeEvent[] = [];
  for await (const event of remote.events({ sinceSeq: 0 })) {
    seen.push(event);
    if (event.type === 'ready') for (let i = 0; i < 500; i += 1) fake.receive('bob', `line ${i}`);
    if (event.type === 'message' && event.text === 'line 499') await fake.close();
  }
  assert.deepEqual(
    seen.map((event) => (event.type === 'message' ? event.seq : event.type)),
    ['ready', ...Array.from({ length: 501 }, (_, index) => index + 1), 'bye'],
  );
});

test('the node drops a reader that leaves', options, async (context) => {
  const { fake, remote } = await served(context);
  for await (const event of remote.events()) if (event.type === 'ready') break;
  const deadlineMs = Date.now() + 5_000;
  while (fake.subscribers() > 0 && Date.now() < deadlineMs) {
    fake.receive('bob', 'is there anybody');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal(fake.subscribers(), 0);
});

test('the server refuses a request that does not fit its schema', options, async (context) => {
  const { path } = await served(context);
  const cases: readonly (readonly [string, string, string | undefined, number])[] = [
    ['/v1/messages', 'POST', '{', 400],
    ['/v1/messages', 'POST', '{"peer":"bob"}', 400],
    ['/v1/messages', 'POST', '[]', 400],
    ['/v1/messages', 'POST', '{"peer":1,"text":"x"}', 400],
    ['/v1/verify', 'POST', '{"peer":"bob"}', 400],
    ['/v1/messages?direction=up', 'GET', undefined, 400],
    ['/v1/messages?afterSeq=', 'GET', undefined, 400],
    ['/v1/messages?afterSeq=1.5', 'GET', undefined, 400],
    ['/v1/foreign/peers?dialect=klingon', 'GET', undefined, 400],
    ['/v1/messages', 'POST', '{"peer":"","text":"x"}', 400],
    ['/v1/messages?limit=-1', 'GET', undefined, 400],
    ['/v1/messages?limit=100000', 'GET', undefined, 400],
    ['/v1/events?since=x', 'GET', undefined, 400],
    ['/v1/safety', 'GET', undefined, 400],
    ['/v1/nothing', 'GET', undefined, 400],
    ['/v1/messages', 'POST', '{"peer":"nobody","text":"x"}', 404],
  ];
  for (const [url, method, body, status] of cases) {
    const answer = await raw(path, url, method, body);
    assert.equal(answer.status, status, `${url} ${body ?? ''} → ${answer.text}`);
    assert.match(answer.text, /^\{"error":\{"code":"/);
  }
  const large = await raw(path, '/v1/messages', 'POST', `{"peer":"bob","text":"${'x'.repeat(9 * 2 ** 20)}"}`);
  assert.equal(large.status, 413);
});

test('the refusal of a body names the field that is wrong', options, async (context) => {
  const { path } = await served(context);
  const { text } = await raw(path, '/v1/block', 'POST', '{"peer":"bob","blocked":"yes"}');
  const { error }: { error: { code: string; detail: string } } = JSON.parse(text);
  assert.equal(error.code, 'api/malformed');
  assert.match(error.detail, /^blocked: .*boolean/);
});

test('the node ignores unknown fields of a body and of a query', options, async (context) => {
  const { path, fake } = await served(context);
  const sent = await raw(path, '/v1/messages', 'POST', '{"peer":"bob","text":"x","replyTo":"1"}');
  assert.equal(sent.status, 200, sent.text);
  assert.equal(fake.lines().at(-1)?.text, 'x');
  assert.equal((await raw(path, '/v1/messages?limit=1&colour=red')).status, 200);
});

test('a reader ignores unknown types, and keeps unknown fields of the types it knows', () => {
  const bye = { type: 'bye', until: 'tomorrow' };
  assert.deepEqual(readEvent(bye), bye);
  const status = { type: 'status', id: '1', peer: 'bob', state: 'sent', attempts: 3 };
  assert.deepEqual(readEvent(status), status);
  const others = [
    { type: 'transfer' },
    { ...status, state: 'read' },
    { ...status, id: 1 },
    {},
    [],
    null,
    7,
    'bye',
  ];
  for (const other of others) assert.equal(readEvent(other), null, JSON.stringify(other));
});

test('a reader passes on an error of a code that it does not know', () => {
  const event = { type: 'error', code: 'hub/full', message: 'no room', peer: 'bob' };
  assert.deepEqual(readEvent(event), event);
});

test('the server answers streamed lines with one status each, in order', options, async (context) => {
  const { path, fake } = await served(context);
  const body = Array.from({ length: 2_000 }, (_, i) => `{"text":"line ${i}"}\n`).join('');
  const { status, text } = await raw(path, '/v1/messages/stream?peer=bob', 'POST', body);
  assert.equal(status, 200);
  const ids = text
    .trim()
    .split('\n')
    .map((line): string => JSON.parse(line).id);
  assert.deepEqual(
    ids,
    fake.lines().map((line) => line.id),
  );
  assert.equal(fake.lines().at(-1)?.text, 'line 1999');
  const bad = await raw(path, '/v1/messages/stream?peer=nobody', 'POST', '{"text":"x"}\n');
  assert.equal(JSON.parse(bad.text).code, 'chat/unknown-peer');
});

test('the server closes a connection whose headers are slow', { timeout: testMsMax }, async (context) => {
  const { path } = await served(context);
  const socket = connect(path);
  const startedMs = usableNowMs();
  socket.write('GET /v1/self HTTP/1.1\r\nhost: x\r\n');
  await new Promise<void>((resolve) => {
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.resume();
  });
  assert.ok(usableNowMs() - startedMs < 8_000);
});
