/** Messages of older programs that cannot be read, and the sentences about them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ForeignDialectName, NodeEvent, NoticeEvent } from '../../src/index.js';
import { foreignRoutes } from '../../src/chat/foreign/limits.js';
import { eventually, hangMs } from '../support/deadline.js';
import { startScene, type Scene } from '../support/foreign-scene.js';
import { connectBlocking } from '../support/standins/blocking-socket.js';

const { toldEveryMs } = foreignRoutes;
const isUnreadable = (event: NodeEvent): event is NoticeEvent =>
  event.type === 'notice' && event.notice === 'unreadable';

/** The words of a program before it closes, and the sentence that our user reads behind the name of the host. */
const unreadable: readonly (readonly [ForeignDialectName, string | Uint8Array, RegExp])[] = [
  ['cmp2204', '{"unencrypted message": "wor', /^broke off in the middle of a message over cmp2204/],
  ['cmp2204', '{"unencrypted message": unquoted}', /^sent a message over cmp2204 that cannot be read \(json/],
  ['cmp2204', '{"unencrypted_message": ["hi"]}', /\(a message that is not text\): ask for it again$/],
  ['cmp2204', '{"key": "eight"}', /\(a key that is not a number\)/],
  // Case O7
  [
    'cmp2204',
    `{"key": "b'8'"}{"encrypted message": "c2VhbGVkLi4="}`,
    /^sent an encrypted .* its numbers P and Q/,
  ],
  ['cmp2204', '{"encrypted message": "NJEPJH6cW3w="}', /\(an encrypted text before a key\)/],
  ['synergy', '{"type": "file", "content": "hi"}', /over synergy .*\(an object of another type\)/],
  ['synergy', '{"sender_name": "ann", "sender_port": 7000}', /\(a message without content\)/],
  ['synergy', '127.0.0.1:7000 ', /\(neither JSON nor IP:PORT NAME TEXT\)/],
  [
    'netech',
    Buffer.from('LISTENING_PORT:7070|TEAM_NAME:blue|caf\xe9', 'latin1'),
    /over netech .*\(not UTF-8\)/,
  ],
  ['chatbuddy', Buffer.from('caf\xe9', 'latin1'), /over chatbuddy .*\(not UTF-8\)/],
  ['cse310', Buffer.from('Pat: caf\xe9 noir', 'latin1'), /over cse310 .*\(not UTF-8\)/],
];

async function say(scene: Scene, dialect: ForeignDialectName, words: string | Uint8Array, host: string) {
  const socket = await connectBlocking('127.0.0.1', scene.port(dialect), host);
  socket.send(words);
  await socket.close();
}

const told = ({ seen }: Scene, host: string): readonly string[] =>
  seen.filter(isUnreadable).flatMap(({ text }) => (text.includes(`${host} `) ? [text] : []));

test('a host whose message cannot be read is named in one sentence with the reason', async (t) => {
  const scene = await startScene(t);
  for (const [at, [dialect, words, expected]] of unreadable.entries()) {
    const host = `127.0.4.${at + 1}`;
    await say(scene, dialect, words, host);
    await eventually(() => told(scene, host).length > 0, hangMs, `a sentence about ${String(words)}`);
    const [text = ''] = told(scene, host);
    assert.match(text.replace(`somebody at ${host} `, ''), expected);
  }
  assert.equal(scene.seen.filter(isUnreadable).length, unreadable.length);
  // The next message of the same host is shown.
  await say(scene, 'cmp2204', '{"unencrypted message": "whole"}', '127.0.4.1');
  assert.deepEqual(await scene.texts('cmp2204', 1), ['whole']);
});

test('a host that sends nonsense all the time is named once, and a blocked one never', async (t) => {
  const scene = await startScene(t);
  (await scene.node.block('cmp2204://127.0.4.8', true))._unsafeUnwrap();
  const startedMs = performance.now();
  for (const host of ['127.0.4.7', '127.0.4.7', '127.0.4.8', '127.0.4.7'])
    await say(scene, 'cmp2204', '{"key": "eight"}', host);
  await say(scene, 'cmp2204', '{"unencrypted message": "later"}', '127.0.4.9');
  assert.deepEqual(await scene.texts('cmp2204', 1), ['later']);
  const pauses = Math.floor((performance.now() - startedMs) / toldEveryMs);
  const times = told(scene, '127.0.4.7').length;
  assert.ok(times >= 1 && times <= 1 + pauses, `${times} sentences`);
  assert.equal(told(scene, '127.0.4.8').length, 0);
});
