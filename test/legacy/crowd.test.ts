/** All programs at once through five places, what is refused, and what no program would send. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startScene } from '../support/legacy-scene.js';
import { newTally, simulatedPeer } from '../support/simulated-peer.js';
import { startChat } from '../support/standins/chatbuddy.js';
import { initiate } from '../support/standins/cmp2204.js';
import { connectTo } from '../support/standins/cse310.js';
import { startNetech } from '../support/standins/netech.js';
import { startSynergy } from '../support/standins/synergy.js';

const count = 100;
const numbered = (what: string): readonly string[] =>
  Array.from({ length: count }, (_, at) => `${what} ${String(at)}`);

test('five older programs and a native peer say a hundred messages each; nothing is lost, order is kept', async (t) => {
  const scene = await startScene(t);
  const synergy = await startSynergy({ name: 'sue', host: '127.0.0.2' });
  const netech = await startNetech({ team: 'ned', host: '127.0.0.3' });
  t.after(() => Promise.all([synergy.close(), netech.close()]).then(() => undefined));
  const chat = await startChat(scene.port('chatbuddy'));
  const turns = await connectTo(scene.port('cse310'));
  t.after(() => Promise.all([chat.close(), turns.close()]));
  const native = simulatedPeer(
    'pat',
    { host: '127.0.0.1', port: scene.port(), from: '127.0.0.5' },
    newTally(),
  );

  const speak = async (what: string, say: (text: string) => Promise<void>): Promise<void> => {
    for (const text of numbered(what)) await say(text);
  };
  await Promise.all([
    speak('synergy', (text) => synergy.send(scene.port(), text)),
    speak('netech', (text) => netech.send(scene.port(), text)),
    speak('cmp2204', (text) => initiate({ port: scene.port(), text, secret: 6, localAddress: '127.0.0.4' })),
    speak('chatbuddy', async (text) => {
      chat.say(text);
      // A program without frames: what is said within one silence is one message.
      await scene.texts('chatbuddy', numbered('').findIndex((each) => text.endsWith(each)) + 1);
    }),
    (async () => {
      for (const [at, text] of numbered('cse310').entries()) {
        await turns.type(text);
        await scene.texts('cse310', at + 1);
        (await scene.node.send('cse310://127.0.0.1', `answer ${String(at)}`))._unsafeUnwrap();
        assert.equal(await turns.read(), `nora: answer ${String(at)}`);
      }
    })(),
    native.deliver(numbered('native')),
  ]);
  for (const dialect of ['synergy', 'netech', 'cmp2204', 'chatbuddy', 'cse310'] as const)
    assert.deepEqual(await scene.texts(dialect, count, 10_000), numbered(dialect), dialect);
  const inbound = scene.seen.flatMap((event) =>
    event.type === 'message' && event.direction === 'in' && event.dialect === 'native' ? [event.text] : [],
  );
  assert.deepEqual(inbound, numbered('native'));
});

test('with secure-only, nothing is said to older programs and nothing is heard of them', async (t) => {
  const scene = await startScene(t, { secureOnly: true });
  const sent = await scene.node.send('netech://127.0.0.1:7070', 'hi');
  assert.deepEqual(sent._unsafeUnwrapErr(), { code: 'chat/secure-only', dialect: 'netech' });
  await initiate({ port: scene.port(), text: 'hello' });
  assert.deepEqual((await scene.node.history({}))._unsafeUnwrap(), []);
  assert.deepEqual((await scene.node.self())._unsafeUnwrap().legacyPorts, []);
});

test('a dialect that is not switched on is refused, and a text it cannot carry, too', async (t) => {
  const scene = await startScene(t, { dialects: ['chatbuddy'] });
  const off = await scene.node.send('netech://127.0.0.1:7070', 'hi');
  assert.deepEqual(off._unsafeUnwrapErr(), { code: 'chat/dialect-off', dialect: 'netech' });
  const mark = await scene.node.send('chatbuddy://127.0.0.1', 'EOM');
  assert.equal(mark._unsafeUnwrapErr().code, 'dialect/unsupported');
});

test('nonsense over every port ends its connection and nothing else', async (t) => {
  const scene = await startScene(t);
  const ports = [scene.port(), scene.port('chatbuddy'), scene.port('cse310')];
  const openings = [
    '{"key": "b\'',
    '{"type": 1, ',
    'LISTENING_PORT:99999999|',
    '{"encrypted message": "AAAA"}',
    '9.9.9.9:1 ',
  ];
  for (let round = 0; round < 40; round += 1) {
    const socket = connect({ host: '127.0.0.1', port: ports[round % ports.length] ?? 0 });
    socket.on('error', () => undefined);
    socket.write(openings[round % openings.length] ?? '');
    socket.end(randomBytes(2_000));
    await new Promise((resolve) => socket.once('close', resolve));
  }
  await pause(50);
  await initiate({ port: scene.port(), text: 'still here' });
  const texts = await scene.texts('cmp2204', 1);
  assert.equal(texts.at(-1), 'still here');
  const { malformed } = (await scene.node.stats())._unsafeUnwrap();
  assert.ok(Object.keys(malformed ?? {}).length > 0);
});
