/** Peers that vanish without a word: a process that is frozen looks like a machine that lost its power. */
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { deliver, liveNode, message, must, peer, status, type LiveNode } from '../support/live-node.js';
import { runProgram, sceneOptions, temporaryHome, type Program } from '../support/program.js';
import { usableNowMs } from '../support/usable-time.js';
import { freeUdpPort } from '../support/free-port.js';

interface Frozen {
  readonly program: Program;
  readonly home: string;
  readonly id: string;
}

async function serve(context: TestContext, name: string, beaconPort: number): Promise<Frozen> {
  const home = temporaryHome(context);
  const args = ['serve', '--json', '--home', home, '--name', name, '--beacon-interval', '1'];
  const program = runProgram(context, [...args, ...sceneOptions(beaconPort)], {}, 'inline');
  const ready = await program.until(({ type }) => type === 'ready');
  return { program, home, id: String(ready['id']) };
}

const isTold = (text: string) => (fields: Readonly<Record<string, unknown>>) =>
  fields['type'] === 'message' && fields['text'] === text;

// Side by side, since most of their time is spent waiting.
describe('a peer that vanishes', { concurrency: true }, () => {
  test('a frozen peer is noticed within 15 s, and gets its messages once when it wakes', async (context) => {
    const beaconPort = await freeUdpPort();
    const alice = await liveNode(context, { name: 'alice', beaconPort });
    const bob = await serve(context, 'bob', beaconPort);
    const carol = await serve(context, 'carol', beaconPort);
    for (const { id } of [bob, carol]) await alice.until(peer(id, 'online'), 'there');
    await deliver(alice, 'bob', 'before');
    await deliver(alice, 'carol', 'before');
    bob.program.kill('SIGSTOP');
    carol.program.kill('SIGSTOP');
    const startedMs = usableNowMs();
    const { id } = await must(alice.handle.send('bob', 'into the ice'));
    for (const frozen of [bob, carol]) await alice.until(peer(frozen.id, 'away'), 'noticed');
    const noticedMs = usableNowMs() - startedMs;
    assert.ok(noticedMs < 15_000, `noticed after ${Math.round(noticedMs)} ms`);
    assert.equal(isDelivered(alice, id), false);

    bob.program.kill('SIGCONT');
    await alice.until(status(id, 'delivered'), 'delivered after the thaw');
    await deliver(alice, 'bob', 'after');
    await bob.program.until(isTold('after'));
    assert.equal(bob.program.seen.filter(isTold('into the ice')).length, 1);
  });

  test('a frozen sender is noticed, reports nothing false, and goes on when it wakes', async (context) => {
    const beaconPort = await freeUdpPort();
    const alice = await liveNode(context, { name: 'alice', beaconPort });
    const bob = await serve(context, 'bob', beaconPort);
    await alice.until(peer(bob.id, 'online'), 'there');
    await deliver(alice, 'bob', 'before');
    const texts = Array.from({ length: 150 }, (_, n) => `text ${n}`);
    const sending = runProgram(context, ['send', 'alice', '--home', bob.home, '--timeout', '60']);
    sending.end(texts.join('\n'));
    await alice.until(message('text 0'), 'it has begun');
    bob.program.kill('SIGSTOP');
    const startedMs = usableNowMs();
    await alice.until(peer(bob.id, 'away'), 'noticed');
    const noticedMs = usableNowMs() - startedMs;
    assert.ok(noticedMs < 15_000, `noticed after ${Math.round(noticedMs)} ms`);
    const { id } = await must(alice.handle.send('bob', 'into the ice'));
    assert.equal(isDelivered(alice, id), false);

    bob.program.kill('SIGCONT');
    assert.equal(await sending.exit(), 0, sending.stderr());
    assert.deepEqual(alice.heard(), texts);
    await alice.until(status(id, 'delivered'), 'delivered after the thaw');
  });
});

const isDelivered = (node: LiveNode, id: string): boolean =>
  node.events.some((event) => status(id, 'delivered')(event) !== undefined);
