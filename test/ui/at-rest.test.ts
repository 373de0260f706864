/** Commands that read a home without a running node: they open no socket and announce nothing. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSocket } from 'node:dgram';
import { test } from 'node:test';
import { errAsync, okAsync } from 'neverthrow';
import { TransferFolder } from '../../src/actors/files/store.js';
import { peerIdOf } from '../../src/chat/people/identity.js';
import { newMessageId } from '../../src/node/message-id.js';
import { openRestingNode } from '../../src/ui/api/attach.js';
import { openIntermittent } from '../../src/ui/api/intermittent.js';
import { run } from '../../src/ui/cli/program.js';
import { eventually, testMsMax } from '../support/deadline.js';
import { startFakeNode } from '../support/fake-node.js';
import { fakeWorld } from '../support/fake-world.js';
import { liveNode, sendPatiently } from '../support/live-node.js';
import { freeUdpPort } from '../support/free-port.js';
import { anyBytes } from '../support/seeds.js';
import { transferRecord } from '../support/transfer-record.js';

const options = { timeout: testMsMax };

// Case S2
test('commands that read send no datagram and start no node', options, async (context) => {
  const beaconPort = await freeUdpPort();
  const alice = await liveNode(context, { name: 'alice', beaconPort });
  const bob = await liveNode(context, { name: 'bob', beaconPort });
  await sendPatiently(alice.handle, `127.0.0.1:${bob.port}`, ['hello']);
  await bob.until((event) => (event.type === 'message' ? event : undefined), 'the message');
  await Promise.all([alice.close(), bob.close()]);

  const sniffer = createSocket({ type: 'udp4', reuseAddr: true });
  const heard: Buffer[] = [];
  sniffer.on('message', (bytes) => heard.push(bytes)).bind(beaconPort);
  await once(sniffer, 'listening');
  context.after(() => sniffer.close());

  const commands: readonly (readonly [readonly string[], number])[] = [
    [['id'], 0],
    [['history'], 0],
    [['history', 'alice', '--search', 'hello'], 0],
    [['unread'], 0],
    [['verify', 'alice'], 0],
    [['verify', 'alice', '--yes'], 0],
    // Somebody who was only heard is not known without a running node.
    [['verify', 'carol'], 3],
  ];
  for (const [args, code] of commands) {
    const it = fakeWorld({ home: bob.home });
    const network = ['--bind', '127.0.0.1', '--beacon-port', String(beaconPort)];
    const world = { ...it.world, restNode: openRestingNode };
    assert.equal(await run([...args, '--json', ...network], world), code, args.join(' '));
    assert.equal(it.started.length, 0);
    if (args[0] === 'history') assert.equal(it.stdout.json()[0]?.['text'], 'hello');
    if (args[0] === 'id') assert.equal(it.stdout.json()[0]?.['id'], bob.id);
    if (args[2] === '--yes') assert.equal(it.stdout.json()[0]?.['verified'], true);
  }
  assert.equal(heard.length, 0);
});

// Case S2
test('files list reads the transfers of a home without a node', options, async (context) => {
  const it = fakeWorld({});
  context.after(() => it.remove());
  const id = newMessageId();
  const peerId = peerIdOf(anyBytes(32));
  await new TransferFolder(join(it.home, 'transfers'), id).save(transferRecord({ id, peerId }));
  const world = { ...it.world, restNode: openRestingNode };
  assert.equal(await run(['files', 'list', '--json'], world), 0);
  assert.deepEqual(
    it.stdout.json().map((line) => [line['type'], line['id']]),
    [['transfer', id]],
  );
  assert.equal(it.started.length, 0);
});

// Case H3
test('a command that reads says once that the history is missing or empty', options, async (context) => {
  for (const isEmpty of [false, true]) {
    const it = fakeWorld();
    context.after(() => it.remove());
    const world = { ...it.world, restNode: openRestingNode };
    assert.equal(await run(['id'], world), 0);
    assert.equal(it.stderr.text, '');
    const file = join(it.world.env['PARLANCE_HOME'] ?? '', 'history.db');
    // All files of the database: the first command may still have them open, in this one process.
    for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
    if (isEmpty) writeFileSync(file, '');
    assert.equal(await run(['contact', 'list'], world), 0);
    assert.match(it.stderr.text, /warning: .*history\.db was missing or empty: .*pinned keys were kept/);
    const said = it.stderr.text;
    assert.equal(await run(['history'], world), 0);
    assert.equal(it.stderr.text, said);
  }
});

// Case S2
test('peers without a node prints who is heard, and announces nobody', options, async (context) => {
  const beaconPort = await freeUdpPort();
  const alice = await liveNode(context, { name: 'alice', beaconPort });
  const bob = fakeWorld();
  context.after(() => bob.remove());
  const network = ['--bind', '127.0.0.1', '--beacon-port', String(beaconPort)];
  const ended = bob.run('peers', '--json', '--timeout', '100', ...network);
  await bob.stdout.until((text) => text.includes('"online"'));
  bob.signal();
  assert.equal(await ended, 0);
  assert.equal(bob.stdout.json()[0]?.['id'], alice.id);
  assert.ok(alice.events.every(({ type }) => type !== 'peer'));
  assert.equal(await bob.run('peers', '--timeout', '0', ...network), 0);
});

test('a home at rest is free while its reader pauses, and a node answers then', options, async () => {
  const opened = [startFakeNode({ name: 'first' }), startFakeNode({ name: 'second' })];
  const running = startFakeNode({ name: 'running' });
  let isTaken = false;
  const { handle, close } = (
    await openIntermittent({
      open: () => {
        const [node] = opened.filter((each) => !each.isClosed());
        return node === undefined || isTaken
          ? errAsync({ code: 'home/in-use', home: '', pid: 1 })
          : okAsync(node);
      },
      connect: () => okAsync(running),
    })
  )._unsafeUnwrap();
  const name = async (): Promise<string> => (await handle.self())._unsafeUnwrap().name;
  assert.equal(await name(), 'first');
  await eventually(() => opened[0]?.isClosed() === true, 5_000, 'the pause');
  assert.equal(await name(), 'second');
  isTaken = true;
  await eventually(() => opened[1]?.isClosed() === true, 5_000, 'the pause');
  assert.equal(await name(), 'running');
  await close();
});
