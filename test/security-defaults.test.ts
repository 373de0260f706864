/**
 * The security defaults of the design, as the limits of the rooms set them. Where a value differs on purpose, DECISIONS.md
 * says why. Faults N1, N3, P6, D3.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { beaconSocket } from '../src/actors/presence/limits.js';
import { admission } from '../src/admission/limits.js';
import { outbox } from '../src/chat/delivery/limits.js';
import { name } from '../src/chat/people/limits.js';
import { beaconGate, roster } from '../src/chat/presence/limits.js';
import { dialing } from '../src/chat/routes/limits.js';
import { text } from '../src/dialects/limits.js';
import { runtime } from '../src/runtime/limits.js';
import { session, sessionV1 } from '../src/session/limits.js';
import { controlApi } from '../src/ui/api/limits.js';
import { logFile } from '../src/ui/cli/limits.js';
import { beacon, json, wireV1 } from '../src/wire/limits.js';
import { root } from './house/sources.js';

const mib = 2 ** 20;

/** Each value at most as large as the design allows. */
const defaults: readonly (readonly [what: string, is: number, atMost: number])[] = [
  ['hops of a beacon', beaconSocket.ttlHops, 1],
  ['bytes of a datagram', beacon.datagramBytesMax, 1_200],
  ['datagrams of one source a second', beaconGate.sourceRatePerSecond, 5],
  ['burst of one source', beaconGate.sourceBurst, 20],
  [
    'signature checks a second',
    beaconGate.contactVerifyPerSecond + beaconGate.rosteredVerifyPerSecond + beaconGate.cookieVerifyPerSecond,
    200,
  ],
  ['rows of the roster', roster.rowsMax, 4_096],
  ['identities of one address', roster.identitiesPerAddressMax, 4],
  ['ms of a handshake in all', wireV1.handshakeDeadlineMs, 3_000],
  ['callers of one address without a proof', admission.unauthenticatedPerAddressMax, 2],
  ['inbound connections', admission.connectionsMax, 5],
  ['ms of an idle stranger', admission.strangerIdleMs, 60_000],
  ['s that BUSY asks for', admission.busyRetryMaxS, 2],
  ['ms of the longest penalty', admission.penaltyMostMs, 600_000],
  ['outgoing connections', dialing.outgoingMax, 16],
  ['ms that a stranger can silence a peer', session.busyWaitMaxMs, 60_000],
  ['records of one key', sessionV1.rekeyEveryRecords, 2 ** 20],
  ['ms of one session before a rekey', sessionV1.rekeySessionAfterMs, 3_600_000],
  ['graphemes of a name', name.graphemesMax, 64],
  ['bytes of a name', text.nameBytesMax, 256],
  ['bytes of a text', text.messageBytesMax, 64 * 1_024],
  ['bytes of JSON', json.bytesMax, 64 * 1_024],
  ['depth of JSON', json.depthMax, 16],
  ['keys of JSON', json.keysMax, 1_000],
  ['bytes on their way to one peer', outbox.windowBytesMax, mib],
  ['messages that wait', outbox.entriesMax, 10_000],
  ['bytes that wait', outbox.bytesMax, 256 * mib],
  ['ms between two dials', outbox.dialDelayMaxMs, 60_000],
  ['dead letters', runtime.deadLettersMax, 1_000],
  ['bytes off heap of a thread', runtime.offHeapBytesMax, 128 * mib],
  ['bytes of a log file', logFile.bytesMax, 10 * mib],
  ['log files', logFile.filesMax, 5],
  ['ms of HTTP headers', controlApi.headersTimeoutMs, 5_000],
  ['ms of an HTTP request', controlApi.requestTimeoutMs, 10_000],
];

test('no limit is wider than the security default that the design sets', () => {
  assert.deepEqual(
    defaults.filter(([, is, atMost]) => !(is > 0 && is <= atMost)),
    [],
  );
});

// Case N15, fault D3
test('a slot is kept for contacts, and each commit of the history is synced', () => {
  assert.equal(admission.reservedConnections, 1);
  assert.equal(outbox.dialDelayMinMs, 1_000);
  const open = readFileSync(join(root, 'src/actors/history/open.ts'), 'utf8');
  assert.match(open, /journal_mode = WAL; PRAGMA synchronous = FULL/u);
});
