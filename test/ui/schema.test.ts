/** The JSON Schema against the real output of every command and of every method of the local API. */
import assert from 'node:assert/strict';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { request } from 'node:http';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { AnyMethod } from '../../src/ui/api/method.js';
import { methods, streams } from '../../src/ui/api/methods.js';
import { serveApi } from '../../src/ui/api/server.js';
import { fakeWorld, type FakeWorld } from '../support/fake-world.js';
import { deliver, liveNode, message, untilMet, type LiveNode } from '../support/live-node.js';
import { temporaryHome } from '../support/program.js';
import { testMsMax } from '../support/deadline.js';
import type { PeerEvent } from '../../src/index.js';
import { freeUdpPort } from '../support/free-port.js';

const options = { timeout: testMsMax };

interface Checks {
  /** Fails the test where the line does not fit the schema. */
  readonly line: (value: unknown) => void;
  /** The same for the definition of this name. */
  readonly definition: (name: string, value: unknown) => void;
}

async function checksOf(context: TestContext): Promise<Checks> {
  const it = fakeWorld();
  context.after(() => it.remove());
  assert.equal(await it.run('schema'), 0);
  const document = JSON.parse(it.stdout.text) as { readonly $schema: string };
  // Strict: an unknown keyword or format is a mistake in the schema.
  const ajv = new Ajv2020({ strict: true, allErrors: true, strictRequired: false });
  ajv.addSchema(document, 'parlance');
  const check = (reference: string, value: unknown): void => {
    const isValid = ajv.validate({ $ref: reference }, value);
    assert.ok(isValid, `${reference}: ${ajv.errorsText()} in ${JSON.stringify(value)}`);
  };
  return {
    line: (value) => check('parlance#', value),
    definition: (name, value) => check(`parlance#/$defs/${name}`, value),
  };
}

interface Scene {
  readonly alice: LiveNode;
  readonly bob: LiveNode;
  /** The control socket of alice. */
  readonly socket: string;
  /** A world in the home of alice. */
  readonly world: () => FakeWorld;
}

/** Starts two nodes that exchanged messages, one of them behind its control socket. */
async function sceneOf(context: TestContext): Promise<Scene> {
  const beaconPort = await freeUdpPort();
  const foreign = { dialects: ['all'], listen: ['chatbuddy=0', 'cse310=0'] } as const;
  const alice = await liveNode(context, { name: 'alice', beaconPort, ...foreign });
  const bob = await liveNode(context, { name: 'bob', beaconPort, ...foreign });
  await untilMet(alice, bob);
  const api = (await serveApi(alice.handle, alice.home, () => 60_000))._unsafeUnwrap();
  context.after(() => api.close());
  await deliver(alice, bob.id, 'hello');
  await deliver(bob, alice.id, 'grüße \u001b[31m "q" 你好');
  return { alice, bob, socket: api.path, world: () => fakeWorld({ home: alice.home }) };
}

/**
 * Runs one command with `--json`; a signal ends it once `until` has been printed. `also` happens once the command is
 * ready. Returns the types that it printed.
 */
async function linesOf(
  it: FakeWorld,
  checks: Checks,
  args: readonly string[],
  { until, input, also }: { until?: RegExp; input?: string; also?: () => Promise<unknown> } = {},
): Promise<readonly string[]> {
  const ended = it.run(...args, '--json');
  if (input !== undefined) it.stdin.end(input);
  if (until !== undefined) {
    if (also !== undefined) {
      await it.stdout.until((text) => text.includes('"ready"'));
      await also();
    }
    await Promise.race([it.stdout.until((text) => until.test(text)), ended]);
    it.signal();
  }
  await ended;
  const lines = it.stdout.json();
  assert.ok(lines.length > 0, `${args.join(' ')} printed no line: ${it.stderr.text}`);
  for (const line of lines) checks.line(line);
  return lines.map(({ type }) => String(type));
}

test('schema prints a JSON Schema without a node, and on one line with --json', options, async (context) => {
  const pretty = fakeWorld();
  const compact = fakeWorld();
  context.after(() => [pretty, compact].forEach((it) => it.remove()));
  assert.equal(await pretty.run('schema'), 0);
  assert.equal(await compact.run('schema', '--json'), 0);
  assert.equal(compact.stdout.lines().length, 1);
  const [document] = compact.stdout.json();
  assert.deepEqual(JSON.parse(pretty.stdout.text), document);
  assert.equal(document?.['$schema'], 'https://json-schema.org/draft/2020-12/schema');
});

test(
  'the schema refuses a known line with a wrong field and accepts one with unknown fields',
  options,
  async (context) => {
    const { line } = await checksOf(context);
    line({ type: 'status', id: '1', peer: 'bob', state: 'sent', attempts: 3 });
    for (const wrong of [
      { type: 'status', id: '1', peer: 'bob', state: 'read' },
      { type: 'status', id: 1, peer: 'bob', state: 'sent' },
      { type: 'status', peer: 'bob', state: 'sent' },
      { type: 'error', code: 'oops', message: '' },
      { id: '1' },
    ])
      assert.throws(() => line(wrong), assert.AssertionError, JSON.stringify(wrong));
  },
);

test('every line of every command fits the schema', options, async (context) => {
  const checks = await checksOf(context);
  const { alice, bob, world } = await sceneOf(context);
  const seen = new Set<string>();
  const covered = new Set<string>();
  const run = async (args: readonly string[], how: Parameters<typeof linesOf>[3] = {}): Promise<void> => {
    covered.add(args[0] ?? '');
    for (const type of await linesOf(world(), checks, args, how)) seen.add(type);
  };
  await run(['send', 'bob', 'one']);
  await run(['send', 'bob'], { input: 'two\nthree\n' });
  await run(['send', 'nobody', 'x']);
  await run(['recv', '--since', '0', '--count', '1']);
  await run(['recv', '--count', '1'], {
    until: /"message"/,
    also: () => deliver(bob, alice.id, 'and another'),
  });
  await run(['send', 'bob', '--file', import.meta.filename, '--wait', 'queued']);
  await run(['files']);
  await run(['contact', 'alias', 'bob', 'Bobby']);
  await run(['contact']);
  await run(['outbox', 'cancel', 'no such id']);
  await run(['unread']);
  await run(['top']);
  await run(['read', 'bob']);
  await run(['peers']);
  await run(['doctor', '--timeout', '1']);
  await run(['peers', '--watch'], { until: /"peer"/ });
  // Of a message that is not there, so that no clipboard is touched.
  await run(['copy', '@999']);
  await run(['react', '@1', '👍']);
  await run(['timer', 'bob', '1d']);
  await run(['timer', 'bob']);
  await run(['edit', '^1', 'another text']);
  await run(['delete', '^1']);
  await run(['history']);
  await run(['history', '--export', join(temporaryHome(context), 'all.csv')]);
  await run(['history', '--delete', '--before', '2000-01-01', '--yes']);
  await run(['service', 'status']);
  await run(['id']);
  await run(['verify', 'bob']);
  await run(['verify', 'bob', '--yes']);
  await run(['block', 'bob']);
  await run(['unblock', 'bob']);
  await run(['status', 'busy', 'in a call', '--until', '2h']);
  await run(['privacy', 'receipts', 'contacts']);
  await run(['privacy', 'typing', 'off', '--for', 'bob']);
  await run(['config']);
  await run(['config', 'check']);
  await run(['completion', 'bash']);
  await run(['schema']);
  await run(['hub', '--bind', '127.0.0.1', '--port', '0'], { until: /"ready"/ });
  await run(['announce'], { until: /"ready"/ });
  await run(['discover'], { until: /"ready"/ });
  await run(['respond'], { until: /"ready"/ });
  const toBob = `127.0.0.1:${bob.port}`;
  await run(['initiate'], { input: `2\n${toBob}\nn\nhi\n3\n4\n` });
  await run(['menu', 'synergy'], { input: `3\n${toBob}\nhi\n4\n` });
  await run(['menu', 'netech'], { input: `1\n127.0.0.1\n${bob.port}\nhi\n0\n` });
  const port = (await bob.handle.self())
    ._unsafeUnwrap()
    .foreignPorts?.find(({ dialect }) => dialect === 'cse310')?.port;
  await run(['connect', `127.0.0.1:${port}`], { input: 'hi\n' });
  await run(['wait'], { until: /"message".*cse310/s, also: () => callAs(bob, alice) });
  await bob.until(message('hi'), 'the message of an older program arrived');
  // Bob is known here, so his row is given as that of a stranger.
  const peers = () =>
    alice.handle.peers().map((rows) => rows.map((row): PeerEvent => ({ ...row, request: true })));
  const asked = fakeWorld({ node: { ...alice.handle, peers, close: () => Promise.resolve() } });
  context.after(() => asked.remove());
  for (const type of await linesOf(asked, checks, ['requests'])) seen.add(type);
  covered.add('requests');
  // These two are nodes: they start with a handle of their own, and end it.
  const serving = fakeWorld({ node: alice.handle });
  const prompting = fakeWorld({ node: bob.handle });
  context.after(() => [serving, prompting].forEach((it) => it.remove()));
  for (const type of await linesOf(serving, checks, ['serve'], { until: /"ready"/ })) seen.add(type);
  for (const type of await linesOf(prompting, checks, [], { input: '/exit\n' })) seen.add(type);
  covered.add('serve');

  const help = fakeWorld();
  context.after(() => help.remove());
  await help.run('help');
  const commands = [...help.stdout.text.matchAll(/^ {2}([a-z]+) /gm)].map(([, name = '']) => name);
  assert.ok(commands.length > 15, help.stdout.text);
  assert.deepEqual(
    commands.filter((name) => name !== 'help' && !covered.has(name)),
    [],
    'not covered',
  );
  const types = [
    'bye',
    'contact',
    'error',
    'export',
    'finding',
    'id',
    'message',
    'notice',
    'object',
    'peer',
    'ready',
    'request',
    'safety',
    'status',
    'top',
    'unread',
  ];
  assert.deepEqual(
    types.filter((type) => !seen.has(type)),
    [],
    'never printed',
  );
});

/** Opens a conversation in cse310 and sends a message. */
async function callAs(from: LiveNode, to: LiveNode): Promise<void> {
  const { foreignPorts = [] } = (await to.handle.self())._unsafeUnwrap();
  const port = foreignPorts.find(({ dialect }) => dialect === 'cse310')?.port;
  (await from.handle.foreignConnect(`cse310://127.0.0.1:${port}`))._unsafeUnwrap();
  (await from.handle.send(`cse310://127.0.0.1:${port}`, 'is anybody there'))._unsafeUnwrap();
}

function ask(socketPath: string, method: string, path: string, body?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(text));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const transferId = '01234567-89ab-7def-8123-456789abcdef';

test('every request and answer of the local API fits the schema', options, async (context) => {
  const checks = await checksOf(context);
  const { bob, socket } = await sceneOf(context);
  const given: Readonly<Record<keyof typeof methods, object>> = {
    startedWith: {},
    release: {},
    setTyping: { peer: 'bob', isTyping: true },
    privacy: {},
    timer: { peer: 'bob' },
    setTimer: { peer: 'bob', seconds: 60 },
    setPrivacy: { receipts: 'verified' },
    self: {},
    ownSafetyCode: {},
    peers: {},
    find: { peer: 'bob' },
    unread: {},
    markRead: { peer: 'bob', upToSeq: null },
    emittedSeq: {},
    markEmitted: { seq: 1 },
    erase: { id: '01a22df6-903b-7320-9bd7-9347ba95e228' },
    contacts: {},
    contact: { peer: 'bob' },
    changeContact: { peer: 'bob', choice: { alias: 'Bobby', muted: true } },
    acceptContact: { peer: 'bob' },
    rejectContact: { peer: 'bob' },
    forgetContact: { peer: 'bob' },
    outbox: { peer: 'bob', afterSeq: 0 },
    withdraw: { peer: 'bob', ids: [] },
    operate: { word: '^1', operation: { do: 'react', emoji: '👍' }, peer: 'bob' },
    retry: { peer: null },
    history: { peer: 'bob', limit: 5, sinceMs: 0 },
    safety: { peer: 'bob' },
    stats: {},
    network: {},
    probe: { peer: 'bob' },
    offerFiles: { peer: 'bob', paths: [import.meta.filename], id: transferId },
    transfers: {},
    actOnTransfer: { id: transferId, action: 'cancel', directory: null },
    send: { peer: 'bob', text: 'x' },
    sendAll: { peer: 'bob', texts: ['y', 'z'] },
    verify: { peer: 'bob', code: null },
    block: { peer: 'bob', blocked: false },
    rename: { name: 'alicia' },
    status: {},
    setStatus: { presence: 'busy', text: 'in a call' },
    setIdle: { isIdle: false },
    disconnect: { peer: 'bob' },
    sendVia: { peer: `cmp2204://127.0.0.1:${bob.port}`, text: 'x', isPlain: true },
    foreignPeers: { dialect: 'cmp2204' },
    foreignConnect: { peer: `synergy://127.0.0.1:${bob.port}`, isManual: false },
    foreignLeave: { dialect: 'synergy', peer: null },
  };
  for (const [name, { verb, path }] of Object.entries<AnyMethod>(methods)) {
    const input = given[name as keyof typeof methods];
    const isQuery = verb === 'GET';
    const words = new URLSearchParams(
      Object.entries(input).map(([key, value]): [string, string] => [key, String(value)]),
    );
    if (Object.keys(input).length > 0) checks.definition(`${name}.${isQuery ? 'query' : 'body'}`, input);
    const answer = await ask(
      socket,
      verb,
      isQuery ? `${path}?${words.toString()}` : path,
      isQuery ? undefined : JSON.stringify(input),
    );
    checks.definition(`${name}.answer`, JSON.parse(answer));
  }
  checks.definition('failure', JSON.parse(await ask(socket, 'GET', `${methods.find.path}?peer=nobody`)));
  for (const line of ['{"text":"a"}\n', '{"no":1}\n']) {
    const told = await ask(socket, 'POST', `${streams.sendLines.path}?peer=bob`, line);
    checks.definition('sendLines.answer', JSON.parse(told));
  }
  assert.throws(() => checks.definition('self.answer', { value: { id: 'x' } }), assert.AssertionError);
});
