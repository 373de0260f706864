/**
 * Bytes that must never change by accident: a whole deterministic conversation, from certificate to resume, and a
 * second small implementation of the key schedule (test/support/oracle).
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { messageIdFromBytes } from '../../src/ids.js';
import { nobleKem } from '../../src/session/noise/kem.js';
import type { SessionOptions } from '../../src/session/contract.js';
import { deriveTicket, exporterSecret, exportKey } from '../../src/session/tickets.js';
import { dhKeyPairFromPrivate } from '../support/dh-key.js';
import { connect, makeNode, settle, wallClockMs, type Pair } from '../support/session-pair.js';
import { fromHex, hexOf, readOwn } from '../support/vectors.js';

const frozenFile = join(import.meta.dirname, '../../../test/session/frozen.json');

const seeded = (text: string, bytes = 32): Uint8Array =>
  Uint8Array.from(createHash('shake256', { outputLength: bytes }).update(text).digest());

/** Randomness of one session: a stream that depends on its name alone. */
function dice(name: string): Pick<SessionOptions, 'random' | 'generateKeyPair' | 'kem'> {
  let draws = 0;
  const random = (bytes: number) => seeded(`${name} ${String((draws += 1))}`, bytes);
  return { random, generateKeyPair: () => dhKeyPairFromPrivate(random(32)), kem: nobleKem };
}

const node = (name: string) =>
  makeNode({
    seed: seeded(`${name} identity`),
    staticPair: dhKeyPairFromPrivate(seeded(`${name} static`)),
    serial: 1_700_000_000_000,
    bootId: seeded(`${name} boot`, 8),
  });

/** Short messages as they are, long ones by their hash. */
const shown = (bytes: Uint8Array): string =>
  bytes.length <= 200
    ? hexOf(bytes)
    : `${String(bytes.length)} bytes, sha256 ${createHash('sha256').update(bytes).digest('hex')}`;

function conversation(): Readonly<Record<string, unknown>> {
  const [a, b] = [node('a'), node('b')];
  const wire: string[] = [];
  const tap = (bytes: Uint8Array, from: string) => {
    wire.push(`${from}: ${shown(bytes)}`);
    return bytes;
  };
  const talk = (pair: Pair) => {
    const id = messageIdFromBytes(seeded('message', 16));
    const said = [
      { type: 'profile' as const, name: 'Zoë', instance: '0011223344556677' },
      { type: 'text' as const, id, sentAtMs: wallClockMs, text: 'bonjour 🎈' },
    ];
    pair.initiator.take(pair.initiator.session.say(said, 1));
    pair.responder.take(pair.responder.session.say([{ type: 'receipt', ids: [id] }], 1));
    settle(pair, tap);
    pair.responder.take(pair.responder.session.close('park'));
    settle(pair, tap);
    assert.deepEqual(pair.responder.said, said);
  };
  const tickets = () => {
    const kept = a.book.dial(b.idKey, wallClockMs);
    assert.ok(kept);
    return [kept.rms, kept.dial.ticketId, kept.dial.psk, kept.accept.ticketId, kept.accept.psk].map(hexOf);
  };
  const full = connect(a, b, { initiator: dice('full i'), responder: dice('full r') }, tap);
  talk(full);
  const ticketsOfFull = tickets();
  const options = {
    resumption: a.book.dial(b.idKey, wallClockMs),
    initiator: dice('resume i'),
    responder: dice('resume r'),
  };
  const resumed = connect(a, b, options, tap);
  assert.equal(resumed.initiator.resumed, true);
  talk(resumed);
  return {
    certificates: [hexOf(a.local.certificate), hexOf(b.local.certificate)],
    wire,
    ticketsOfFull,
    ticketsOfResume: tickets(),
  };
}

test('a conversation with fixed keys and dice has the bytes it always had', () => {
  assert.deepEqual(conversation(), JSON.parse(readFileSync(frozenFile, 'utf8')));
});

interface ScheduleCase {
  readonly chainingKey: string;
  readonly transcriptHash: string;
  readonly exporter: string;
  readonly exported: Readonly<Record<'resumption' | 'group-wrap' | 'sas', string>>;
  readonly tickets: Readonly<Record<'lo>hi' | 'hi>lo', { readonly id: string; readonly psk: string }>>;
}

test('exporter and tickets are what a second implementation says', () => {
  const { cases } = readOwn<{ cases: readonly ScheduleCase[] }>('session/schedule');
  assert.equal(cases.length, 8);
  for (const { chainingKey, transcriptHash, exporter, exported, tickets } of cases) {
    const ours = exporterSecret(fromHex(chainingKey), fromHex(transcriptHash));
    assert.equal(hexOf(ours), exporter);
    for (const name of ['resumption', 'group-wrap', 'sas'] as const)
      assert.equal(hexOf(exportKey(ours, name)), exported[name], name);
    for (const direction of ['lo>hi', 'hi>lo'] as const) {
      const { ticketId, psk } = deriveTicket(exportKey(ours, 'resumption'), direction);
      assert.deepEqual({ id: hexOf(ticketId), psk: hexOf(psk) }, tickets[direction]);
    }
  }
});
