/** The form of a status, in beacons and on sessions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { native, pack, unpack } from '../../src/dialects/native.js';
import { decodeBeacon } from '../../src/wire/beacon.js';
import { beacon, status as limits } from '../../src/wire/limits.js';
import { decodeStatus, encodeStatus, presenceWords, type Status } from '../../src/wire/status.js';
import { newIdentity, recordOf, signedDatagram } from '../support/beacon-node.js';
import { withSeeds } from '../support/seeds.js';

const statuses = fc.record(
  {
    presence: fc.constantFrom(...presenceWords),
    text: fc
      .string({ unit: 'grapheme', maxLength: 60 })
      .filter((text) => new TextEncoder().encode(text).length <= limits.textBytesMax),
    untilMs: fc.option(fc.integer({ min: 1, max: 2 ** 48 - 1 })),
  },
  { noNullPrototype: true },
);

test('a status comes back as it was, from a beacon and from a session', (t) =>
  withSeeds(t, (seed) => {
    const identity = newIdentity();
    fc.assert(
      fc.property(statuses, (status) => {
        assert.deepEqual(decodeStatus(encodeStatus(status)), status);
        const heard = decodeBeacon(signedDatagram(identity, recordOf(identity, { status })))._unsafeUnwrap();
        assert.ok(heard.kind === 'native');
        assert.deepEqual(heard.record.status, status);
        const said = unpack(pack([{ type: 'status', status }])._unsafeUnwrap()[0] ?? new Uint8Array());
        assert.deepEqual(said._unsafeUnwrap(), [{ type: 'status', status }]);
      }),
      { seed, numRuns: 200 },
    );
  }));

test('the longest name and status fit a datagram', () => {
  const identity = newIdentity();
  const status: Status = { presence: 'busy', text: 'x'.repeat(limits.textBytesMax), untilMs: 2 ** 48 - 1 };
  const datagram = signedDatagram(identity, recordOf(identity, { name: 'n'.repeat(64), status }));
  assert.ok(datagram.length <= beacon.datagramBytesMax);
  assert.ok(decodeBeacon(datagram).isOk());
});

test('a status that this version cannot read is passed over, not refused', () => {
  for (const bytes of [[], [0], [5, 0, 0, 0, 0, 0, 0], [1, 0, 0], [...new Uint8Array(257).fill(1)]])
    assert.equal(decodeStatus(Uint8Array.from(bytes)), null, bytes.join());
  for (const body of [[], [4, 6], [7], [3], [3, 9, 0, 0, 0, 0, 0, 0]]) {
    const frame = Uint8Array.from([10, 0, 0, 0, body.length, ...body]);
    assert.deepEqual(native.decode(frame)._unsafeUnwrap(), { type: 'unknown', kind: 10, bytes: body.length });
  }
});
