/**
 * What must never change by accident: bytes of a whole deterministic conversation, from certificate to resume, and a
 * second small implementation of the key schedule, in Python.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
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
import { hexOf } from '../support/vectors.js';

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

const python = `
import hashlib, hmac, json, sys
mac = lambda key, data: hmac.new(key, data, hashlib.sha256).digest()
out = []
for ck, h in json.load(sys.stdin):
    exp = mac(bytes.fromhex(ck), b"parlance/1 exporter\\0" + bytes.fromhex(h))
    x = {name: mac(exp, name.encode() + b"\\1") for name in ("resumption", "group-wrap", "sas")}
    rms = x["resumption"]
    tickets = [[mac(rms, b"ticket id " + d + b"\\1")[:16].hex(), mac(rms, b"ticket psk " + d + b"\\1").hex()]
               for d in (b"lo>hi", b"hi>lo")]
    out.append([exp.hex(), [x[n].hex() for n in ("resumption", "group-wrap", "sas")], tickets])
json.dump(out, sys.stdout)
`;
const pythonAbsent = spawnSync('python3', ['--version']).status === 0 ? false : 'no python3 here';

test('exporter and tickets are what a second implementation says', { skip: pythonAbsent }, () => {
  const inputs = Array.from(
    { length: 20 },
    (_, i) => [seeded(`ck ${String(i)}`), seeded(`h ${String(i)}`)] as const,
  );
  const answer: unknown = JSON.parse(
    execFileSync('python3', ['-c', python], {
      input: JSON.stringify(inputs.map((pair) => pair.map(hexOf))),
      encoding: 'utf8',
    }),
  );
  const ours = inputs.map(([chainingKey, transcriptHash]) => {
    const exporter = exporterSecret(chainingKey, transcriptHash);
    const rms = exportKey(exporter, 'resumption');
    return [
      hexOf(exporter),
      (['resumption', 'group-wrap', 'sas'] as const).map((name) => hexOf(exportKey(exporter, name))),
      (['lo>hi', 'hi>lo'] as const).map((direction) => {
        const ticket = deriveTicket(rms, direction);
        return [hexOf(ticket.ticketId), hexOf(ticket.psk)];
      }),
    ];
  });
  assert.deepEqual(ours, answer);
});
