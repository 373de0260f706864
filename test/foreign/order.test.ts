/** A program that opens a connection for each message is shown in the order in which it spoke. */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { busyMachine } from '../support/busy-machine.js';
import { startScene } from '../support/foreign-scene.js';

const count = 50;

/** The texts that each program writes. */
const programs = [
  { name: 'cmp2204', from: '127.0.0.2', wordsOf: (text: string) => `{"unencrypted message": "${text}"}` },
  {
    name: 'synergy',
    from: '127.0.0.3',
    wordsOf: (text: string) =>
      `{"type": "message", "sender_name": "sue", "sender_port": 8080, "content": "${text}"}`,
  },
  {
    name: 'netech',
    from: '127.0.0.4',
    wordsOf: (text: string) => `LISTENING_PORT:7070|TEAM_NAME:ned|${text}`,
  },
] as const;

async function dial(port: number, localAddress: string): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, localAddress });
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
}

/** Writes and closes as these programs do: without a look at what the other side makes of it. */
async function say(port: number, from: string, words: string): Promise<void> {
  const socket = await dial(port, from);
  await new Promise<void>((resolve) => socket.end(words, () => resolve()));
}

test('messages on fifty connections, back to back, are shown in their order on a busy machine', async (t) => {
  t.after(await busyMachine(3));
  // The order is at risk where connections are on threads of their own.
  const scene = await startScene(t, {}, 'threads');
  const texts = Array.from({ length: count }, (_, at) => String(at));
  await Promise.all(
    programs.map(async ({ from, wordsOf }) => {
      for (const text of texts) await say(scene.port(), from, wordsOf(text));
    }),
  );
  for (const { name } of programs) assert.deepEqual(await scene.texts(name, count), texts, name);
});

test('a stuck connection holds up later ones of its program for a moment only', async (t) => {
  const scene = await startScene(t);
  const { from, wordsOf } = programs[0];
  const stalled = await dial(scene.port(), from);
  t.after(() => stalled.destroy());
  stalled.write('{"unencrypted message": "I was just ab');
  await say(scene.port(), from, wordsOf('one'));
  await say(scene.port(), from, wordsOf('two'));
  assert.deepEqual(await scene.texts('cmp2204', 2), ['one', 'two']);
  assert.ok(!stalled.destroyed && !stalled.readableEnded, 'they were shown while it was open');
});

test('two hundred connections of a program at once get through one place, and nothing is lost', async (t) => {
  const scene = await startScene(t, { maxConnections: 1 });
  const { from, wordsOf } = programs[2];
  const texts = Array.from({ length: 200 }, (_, at) => `line ${at}`);
  await Promise.all(texts.map((text) => say(scene.port(), from, wordsOf(text))));
  const shown = await scene.texts('netech', texts.length);
  assert.deepEqual(shown.toSorted(), texts.toSorted());
});
