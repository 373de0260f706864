import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ForeignOptions, ForeignOutput, Utterance } from '../../src/dialects/dialect.js';
import { foreignDialects } from '../../src/dialects/sniff.js';
import { plainOptions } from '../support/captures.js';
import { within } from '../support/deadline.js';
import { connectBlocking, listenBlocking } from '../support/standins/blocking-socket.js';
import { register, startChat, startHub, waitForChat } from '../support/standins/chatbuddy.js';
import { initiate, startAnnouncer, startDiscovery, startResponder } from '../support/standins/cmp2204.js';
import { connectTo, waitFor } from '../support/standins/cse310.js';
import { startNetech } from '../support/standins/netech.js';
import { startSynergy } from '../support/standins/synergy.js';
import { dialTalk, listenTalks, type LiveTalk } from '../support/standins/talk-socket.js';

const text = (words: string): Utterance => ({ type: 'text', id: null, sentAtMs: 0, text: words });
const options = (more: Partial<ForeignOptions> = {}): ForeignOptions => ({
  ...plainOptions,
  address: '127.0.0.1',
  ...more,
});

/** The next thing that a talk of ours heard, as few words as tell it. */
async function heard(talk: LiveTalk): Promise<readonly unknown[]> {
  for (;;) {
    const output: ForeignOutput = await talk.outputs.take();
    if (output.type === 'failed') return ['failed', output.error.code];
    if (output.type !== 'heard') continue;
    const { utterance, speaker } = output;
    return [
      utterance.type,
      utterance.type === 'text' ? utterance.text : null,
      speaker.name,
      speaker.listeningPort,
    ];
  }
}

describe('a blocking socket', () => {
  test('returns what has come, torn at the limit and glued below it', async () => {
    const server = await listenBlocking('127.0.0.1', 0);
    const one = await connectBlocking('127.0.0.1', server.port);
    const other = await server.accept();
    one.send('x'.repeat(1_500));
    assert.equal((await other.recv(1_024)).length, 1_024);
    await one.close();
    let rest = '';
    for (let words = await other.recv(1_024); words !== ''; words = await other.recv(1_024)) rest += words;
    assert.equal(rest.length, 476);
    await server.close();
  });
});

describe('cmp2204', () => {
  test('initiator and responder understand each other, plain and secure, however they spell', async () => {
    for (const spelling of ['real', 'underscore', 'joined'] as const) {
      const responder = await startResponder({ spelling });
      await initiate({ port: responder.port, text: 'plain é', spelling });
      await initiate({ port: responder.port, text: 'secret é', secret: 6, spelling });
      assert.deepEqual(await responder.received.take(), {
        text: 'plain é',
        isEncrypted: false,
        from: '127.0.0.1',
      });
      assert.deepEqual(await responder.received.take(), {
        text: 'secret é',
        isEncrypted: true,
        from: '127.0.0.1',
      });
      await responder.close();
    }
  });

  test('an announcement is discovered by its name and source', async () => {
    const discovery = await startDiscovery();
    const announcer = await startAnnouncer({
      username: 'ann',
      address: '10.9.9.9',
      to: { host: '127.0.0.1', port: discovery.port },
    });
    assert.deepEqual(await discovery.heard.take(), {
      username: 'ann',
      host: '127.0.0.1',
      port: announcer.port,
    });
    await announcer.close();
    await discovery.close();
  });

  test('the initiator is heard by our talk, and the responder hears it', async () => {
    for (const [spelling, form] of [
      ['real', 'blank/repr'],
      ['underscore', 'underscore/string'],
      ['joined', 'joined/bare'],
    ] as const) {
      const ours = await listenTalks(foreignDialects.cmp2204, options());
      for (const secret of [undefined, 6]) {
        const sent = initiate({
          port: ours.port,
          text: 'Grüße',
          spelling,
          ...(secret === undefined ? {} : { secret }),
        });
        assert.deepEqual(await heard(await ours.talks.take()), ['text', 'Grüße', null, null]);
        await sent;
      }
      await ours.close();

      const responder = await startResponder({ spelling });
      for (const secure of [false, true]) {
        const talk = await dialTalk(foreignDialects.cmp2204, responder.port, options({ secure, form }));
        talk.say(text('world 世界'));
        assert.deepEqual(await responder.received.take(), {
          text: 'world 世界',
          isEncrypted: secure,
          from: '127.0.0.1',
        });
        await within(talk.closed, 5_000, 'the close');
      }
      await responder.close();
    }
  });
});

describe('chatbuddy', () => {
  test('the hub lists who is registered, twins too, and logs who leaves', async () => {
    const hub = await startHub();
    const first = await register(hub.port, 'ann');
    assert.match(await hub.log.take(), /^New connection from 127\.0\.0\.1:\d+$/);
    assert.equal(await hub.log.take(), "New user 'ann' has joined.");
    const second = await register(hub.port, 'ann', '127.0.0.1');
    await hub.log.take();
    assert.equal(await hub.log.take(), "New user 'ann' has joined.");
    assert.equal((await second.list()).split('Username: ann\n').length, 3);
    await first.close();
    assert.equal(await hub.log.take(), "User 'ann' has disconnected.");
    assert.equal(
      await second.list(),
      '=== Currently Online Users ===\nUsername: ann\nAddress: 127.0.0.1\n-------------------\n',
    );
    await second.close();
    await hub.close();
    assert.equal(hub.log.waiting.at(-1), 'Server shutting down...');
  });

  test('two buddies talk both ways until one says EOM', async () => {
    const waiting = await waitForChat();
    const dialled = await startChat(waiting.port);
    const accepted = await waiting.chat();
    dialled.say('hello');
    assert.equal(await accepted.heard.take(), 'hello');
    accepted.say('hi');
    assert.equal(await dialled.heard.take(), 'hi');
    await accepted.end();
    assert.equal(await dialled.heard.take(), null);
    await waiting.close();
  });

  test('our talk is a buddy, dialled and accepted', async () => {
    const waiting = await waitForChat();
    const talk = await dialTalk(foreignDialects.chatbuddy, waiting.port, options());
    const buddy = await waiting.chat();
    talk.say(text('hello'));
    assert.equal(await buddy.heard.take(), 'hello');
    buddy.say('Grüße');
    assert.deepEqual(await heard(talk), ['text', 'Grüße', null, null]);
    await buddy.end();
    assert.deepEqual(await heard(talk), ['leave', null, null, null]);
    await waiting.close();

    const ours = await listenTalks(foreignDialects.chatbuddy, options());
    const dialled = await startChat(ours.port);
    dialled.say('hello');
    const accepted = await ours.talks.take();
    assert.deepEqual(await heard(accepted), ['text', 'hello', null, null]);
    accepted.say({ type: 'leave', words: null });
    assert.equal(await dialled.heard.take(), null);
    await ours.close();
  });
});

describe('synergy', () => {
  test('two peers become active, connect, talk and leave', async () => {
    const bob = await startSynergy({ name: 'bob' });
    const ann = await startSynergy({ name: 'ann', mandatory: [bob.port] });
    const [annAt, bobAt] = [`127.0.0.1:${ann.port}`, `127.0.0.1:${bob.port}`];
    assert.deepEqual(await bob.heard.take(), {
      name: 'ann',
      host: '127.0.0.1',
      port: ann.port,
      content: 'Hello!',
      form: 'json',
    });
    await bob.send(ann.port, 'connect');
    assert.deepEqual(await ann.heard.take(), {
      name: 'bob',
      host: '127.0.0.1',
      port: bob.port,
      content: 'connect',
      form: 'json',
    });
    assert.deepEqual([ann.active.get(bobAt), bob.active.get(annAt)], ['Yet to connect', 'Connected']);
    await ann.quit();
    assert.equal((await bob.heard.take()).content, 'exit');
    assert.deepEqual([ann.active.size, bob.active.size], [0, 0]);
    await ann.close();
    await bob.close();
  });

  test('our talk is a peer in both forms, dialled and accepted', async () => {
    for (const form of ['json', 'course'] as const) {
      const ours = await listenTalks(foreignDialects.synergy, options());
      const ann = await startSynergy({ name: 'ann', form });
      const sent = ann.send(ours.port, 'Grüße und mehr');
      const accepted = await ours.talks.take();
      assert.deepEqual(await heard(accepted), ['text', 'Grüße und mehr', 'ann', ann.port]);
      // The receiver closes: this ends only when it has.
      await sent;
      const talk = await dialTalk(
        foreignDialects.synergy,
        ann.port,
        options({ form, listeningPort: ours.port }),
      );
      talk.say({ type: 'connect' });
      assert.deepEqual(await ann.heard.take(), {
        name: 'ann',
        host: '127.0.0.1',
        port: ours.port,
        content: 'connect',
        form,
      });
      await within(talk.closed, 5_000, 'the close');
      await ours.close();
      await ann.close();
    }
  });
});

describe('cse310', () => {
  test('the two sides take strict turns', async () => {
    const waiting = await waitFor();
    const client = await connectTo(waiting.port);
    const server = await waiting.turns();
    await assert.rejects(server.type('too early'), /waits for the other side/);
    await assert.rejects(client.read(), /waits for a line/);
    await client.type('hello');
    assert.equal(await server.read(), 'Client: hello');
    await server.type('/nickname Bob');
    assert.equal(await client.read(), 'Server changed their nickname to Bob.');
    await client.type('/disconnect');
    assert.equal(await server.read(), 'Client disconnected from the chat.');
    assert.equal(await server.read(), null);
    await waiting.close();
  });

  test('our machine never waits for its turn, and works with a program that does', async () => {
    const waiting = await waitFor();
    const talk = await dialTalk(foreignDialects.cse310, waiting.port, options({ name: 'Ann' }));
    const server = await waiting.turns();
    talk.say(text('one'));
    assert.equal(await server.read(), 'Ann: one');
    // Two at once, while the program waits for a line: they lie in its socket until it reads.
    talk.say(text('two'));
    talk.say(text('three'));
    await server.type('hi');
    assert.deepEqual(await heard(talk), ['text', 'hi', 'Server', null]);
    let rest = await server.read();
    if (rest === 'Ann: two') {
      await server.type('next');
      rest += (await server.read()) ?? '';
    }
    assert.equal(rest, 'Ann: twoAnn: three');
    await waiting.close();

    const ours = await listenTalks(foreignDialects.cse310, options({ name: 'Bob' }));
    const client = await connectTo(ours.port);
    await client.type('hello');
    const accepted = await ours.talks.take();
    assert.deepEqual(await heard(accepted), ['text', 'hello', 'Client', null]);
    accepted.say({ type: 'profile', name: 'Rob', instance: '' });
    assert.equal(await client.read(), 'Bob changed their nickname to Rob.');
    await client.type('/disconnect');
    assert.deepEqual(await heard(accepted), ['leave', null, 'Client', null]);
    await within(accepted.closed, 5_000, 'the close');
    await ours.close();
  });
});

describe('netech', () => {
  test('two peers become active, connected, and leave both lists', async () => {
    const blue = await startNetech({ team: 'blue' });
    const red = await startNetech({ team: 'red' });
    const redAt = `127.0.0.1:${red.port}`;
    await red.send(blue.port, 'a|b');
    assert.deepEqual(await blue.heard.take(), {
      team: 'red',
      host: '127.0.0.1',
      port: red.port,
      text: 'a|b',
    });
    assert.deepEqual([blue.active.has(redAt), blue.connected.has(redAt)], [true, false]);
    await red.send(blue.port, 'Connection Message');
    await blue.heard.take();
    assert.ok(blue.connected.has(redAt));
    await red.send(blue.port, 'exit');
    await blue.heard.take();
    assert.deepEqual([blue.active.size, blue.connected.size], [0, 0]);
    await red.close();
    await blue.close();
  });

  test('our talk is a peer, dialled and accepted', async () => {
    const ours = await listenTalks(foreignDialects.netech, options());
    const blue = await startNetech({ team: 'blue' });
    for (const [words, kind] of [
      ['Grüße | mehr', 'text'],
      ['manual connection message', 'connect'],
      ['exit', 'leave'],
    ] as const) {
      await blue.send(ours.port, words);
      const [type, , team, port] = await heard(await ours.talks.take());
      assert.deepEqual([type, team, port], [kind, 'blue', blue.port]);
    }
    const talk = await dialTalk(
      foreignDialects.netech,
      blue.port,
      options({ name: 'ours', listeningPort: ours.port }),
    );
    talk.say(text('hi|there'));
    assert.deepEqual(await blue.heard.take(), {
      team: 'ours',
      host: '127.0.0.1',
      port: ours.port,
      text: 'hi|there',
    });
    await within(talk.closed, 5_000, 'the close');
    await blue.close();
    await ours.close();
  });
});
