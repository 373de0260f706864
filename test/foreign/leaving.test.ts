/** One peer of several is left: by a command, or by the word that its program knows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeEvent, NoticeEvent } from '../../src/index.js';
import { eventually } from '../support/deadline.js';
import { startScene, type Scene } from '../support/foreign-scene.js';
import { startChat, waitForChat } from '../support/standins/chatbuddy.js';
import { connectTo } from '../support/standins/cse310.js';
import { startNetech } from '../support/standins/netech.js';
import { startSynergy } from '../support/standins/synergy.js';

async function send(scene: Scene, peer: string, text: string): Promise<void> {
  (await scene.node.send(peer, text))._unsafeUnwrap();
}

// Cases O4, O12
for (const dialect of ['synergy', 'netech'] as const)
  for (const word of ['/disconnect', 'exit', 'EXIT'] as const)
    test(`${dialect}: ${word} leaves one of two peers, who keeps its name, and the other one stays`, async (t) => {
      const scene = await startScene(t);
      const open = (name: string) =>
        dialect === 'synergy' ? startSynergy({ name, form: 'course' }) : startNetech({ team: name });
      const [first, second] = [await open('ann'), await open('bob')];
      t.after(() => Promise.all([first.close(), second.close()]));
      const idOf = ({ port }: { readonly port: number }): string => `${dialect}://127.0.0.1:${port}`;
      const listed = async (): Promise<readonly string[]> =>
        (await scene.node.foreignPeers(dialect))._unsafeUnwrap().map(({ peer }) => peer);
      // The first one speaks to us, and we speak to the second one.
      await first.send(scene.port(), 'hi');
      await scene.texts(dialect, 1);
      await send(scene, idOf(second), 'hello');
      await heardBy(second);
      await eventually(async () => (await listed()).length === 2, 5_000, 'both are listed');
      for (const [leaver, other] of [
        [first, second],
        [second, first],
      ] as const) {
        if (word === '/disconnect') (await scene.node.disconnect(idOf(leaver)))._unsafeUnwrap();
        else await send(scene, idOf(leaver), word);
        assert.equal((await heardBy(leaver)).toLowerCase(), 'exit');
        await eventually(async () => !(await listed()).includes(idOf(leaver)), 5_000, 'it is off the list');
        assert.deepEqual(other.heard.waiting, []);
        if (leaver === first) assert.deepEqual(await listed(), [idOf(second)]);
      }
      // Its name still means it.
      const status = (await scene.node.send('ANN', 'come back'))._unsafeUnwrap();
      assert.equal(status.peer, 'ann (left)');
      assert.equal(await heardBy(first), 'come back');
    });

// Case O4
for (const role of ['we call', 'they call'] as const)
  test(`chatbuddy: a typed EOM ends the talk where ${role}, and is refused where none is open`, async (t) => {
    const scene = await startScene(t);
    const waiting = await waitForChat();
    t.after(waiting.close);
    const isOurs = role === 'we call';
    const peer = isOurs ? `chatbuddy://127.0.0.1:${waiting.port}` : 'chatbuddy://127.0.0.1';
    if (isOurs) (await scene.node.foreignConnect(peer))._unsafeUnwrap();
    const chat = isOurs ? await waiting.chat() : await startChat(scene.port('chatbuddy'));
    t.after(chat.close);
    chat.say('hi');
    await scene.texts('chatbuddy', 1);
    await send(scene, peer, 'bye');
    assert.equal(await chat.heard.take(), 'bye');
    await send(scene, peer, 'EOM');
    assert.equal(await chat.heard.take(), null);
    await eventually(
      async () => (await scene.node.send(peer, 'EOM')).isErr(),
      5_000,
      'no talk is open any more',
    );
  });

// Case O12
test('cse310: a peer whose talk has ended keeps its name, marked as left, and is found by it', async (t) => {
  const scene = await startScene(t);
  const pat = await connectTo(scene.port('cse310'));
  t.after(pat.close);
  await pat.type('/nickname Pat');
  await scene.until((event): event is NodeEvent => event.type === 'peer' && event.name === 'Pat');
  (await scene.node.send('Pat', 'hello'))._unsafeUnwrap();
  assert.match((await pat.read()) ?? '', /hello/);
  await pat.type('/disconnect');
  await scene.until(isEnd);
  assert.equal((await scene.node.send('pat', 'later'))._unsafeUnwrap().peer, 'Pat (left)');
});

/** The next text that a program hears. */
async function heardBy(
  program: Awaited<ReturnType<typeof startSynergy | typeof startNetech>>,
): Promise<string> {
  const heard = await program.heard.take();
  return 'content' in heard ? heard.content : heard.text;
}

const isEnd = (event: NodeEvent): event is NoticeEvent =>
  event.type === 'notice' && (event.notice === 'disconnected' || event.notice === 'lost');

test('chatbuddy: a connection that ends without EOM is reported to the user', async (t) => {
  const scene = await startScene(t);
  const chat = await startChat(scene.port('chatbuddy'));
  chat.say('hi');
  await scene.texts('chatbuddy', 1);
  await chat.close();
  assert.equal((await scene.until(isEnd)).peerId, 'chatbuddy://127.0.0.1');
});
