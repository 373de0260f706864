import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteReader, ByteWriter, concat, copy } from '../../src/wire/bytes.js';
import {
  ByteQueue,
  encodeControl,
  encodeMessage,
  encodePreamble,
  NativeFrameReader,
  type ControlFrame,
  type NativeFrame,
} from '../../src/wire/frames.js';
import { holds } from '../support/seeds.js';

const bytesMax = 65_535;

/** All frames in `bytes`, fed in pieces that end at `cuts`. */
function read(bytes: Uint8Array, cuts: readonly number[], isPreambleFirst = false): unknown[] {
  const reader = new NativeFrameReader();
  const found: unknown[] = [];
  let isPreambleDue = isPreambleFirst;
  let at = 0;
  for (const cut of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
    reader.push(Uint8Array.from(bytes.subarray(at, cut)));
    at = Math.max(at, cut);
    for (;;) {
      if (isPreambleDue) {
        const preamble = reader.preamble()._unsafeUnwrap();
        if (preamble === null) break;
        isPreambleDue = false;
        found.push({ ...preamble, wire: Uint8Array.from(preamble.wire) });
        continue;
      }
      const frame = reader.frame(bytesMax)._unsafeUnwrap();
      if (frame === null) break;
      found.push(plain(frame));
    }
  }
  return found;
}

const plain = (frame: NativeFrame) =>
  frame.type === 'message'
    ? { type: frame.type, body: Uint8Array.from(frame.body) }
    : { type: frame.type, control: frame.control };

const anyFrame = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 400 }).map((body) => ({
    bytes: encodeMessage(body),
    meant: { type: 'message', body },
  })),
  fc
    .oneof(
      fc.constant<ControlFrame>({ control: 'ticket-unknown' }),
      fc.nat(65_535).map((retryAfterSeconds): ControlFrame => ({ control: 'busy', retryAfterSeconds })),
      fc
        .array(fc.nat(255), { maxLength: 255 })
        .map((versions): ControlFrame => ({ control: 'unsupported-version', versions })),
    )
    .map((control) => ({ bytes: encodeControl(control), meant: { type: 'control', control } })),
);

test('frames are the same however the bytes are cut, and views stay what they were', (t) => {
  holds(
    t,
    fc.property(
      fc.array(anyFrame, { maxLength: 12 }),
      fc.array(fc.nat(4_000), { maxLength: 30 }),
      fc.option(fc.uint8Array({ minLength: 16, maxLength: 16 })),
      (frames, cuts, ticketId) => {
        const preamble = encodePreamble(ticketId === null ? { mode: 'full' } : { mode: 'resume', ticketId });
        const bytes = concat([preamble, ...frames.map((frame) => frame.bytes)]);
        const expected = [
          {
            preamble: ticketId === null ? { mode: 'full' } : { mode: 'resume', ticketId },
            wire: preamble,
          },
          ...frames.map((frame) => frame.meant),
        ];
        const inBounds = cuts.map((cut) => cut % (bytes.length + 1));
        assert.deepEqual(read(bytes, inBounds, true), expected);
        assert.deepEqual(read(bytes, Array.from(bytes.keys()), true), expected);
      },
    ),
    { numRuns: 80 },
  );
});

test('a preamble is refused at its first wrong byte; another version is recognised', () => {
  for (const wrong of ['Q', 'PB', 'PAS', 'GET ', 'PARl', 'PARL\x01\x02', 'PARL\x01\xff']) {
    const reader = new NativeFrameReader();
    reader.push(Buffer.from(wrong, 'latin1'));
    assert.equal(reader.preamble()._unsafeUnwrapErr().code, 'wire/malformed', wrong);
  }
  const reader = new NativeFrameReader();
  reader.push(Buffer.from('PARL\x02', 'latin1'));
  assert.deepEqual(reader.preamble()._unsafeUnwrap()?.preamble, { mode: 'other-version', version: 2 });
});

test('a length beyond the bound is refused from its header alone; an unknown control code too', () => {
  const reader = new NativeFrameReader();
  reader.push(Uint8Array.of(0x10, 0x01));
  assert.deepEqual(reader.frame(4_096)._unsafeUnwrapErr(), {
    code: 'wire/frame-too-large',
    limitBytes: 4_096,
    gotBytes: 4_097,
  });
  for (const code of [0, 4, 255]) {
    const other = new NativeFrameReader();
    other.push(Uint8Array.of(0, 0, code));
    assert.equal(other.frame(4_096)._unsafeUnwrapErr().code, 'wire/malformed');
  }
});

test('any bytes at all give frames, a wait or a typed error, and memory follows what arrived', (t) => {
  holds(
    t,
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 20 }), (chunks) => {
      const reader = new NativeFrameReader();
      let arrived = 0;
      for (const chunk of chunks) {
        reader.push(chunk);
        arrived += chunk.length;
        assert.ok(reader.waitingBytes <= arrived);
        for (;;) {
          const frame = reader.frame(4_096);
          if (frame.isErr()) return;
          if (frame.value === null) break;
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('a queue gives back what was put in, and never writes into what it was given', (t) => {
  holds(
    t,
    fc.property(
      fc.array(fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.nat(60)), { maxLength: 40 }),
      (steps) => {
        const queue = new ByteQueue();
        let model: number[] = [];
        const kept: { readonly view: Uint8Array; readonly copy: Uint8Array }[] = [];
        for (const step of steps) {
          if (typeof step === 'number') {
            const view = queue.take(step);
            assert.deepEqual([...view], model.slice(0, step));
            model = model.slice(step);
            kept.push({ view, copy: copy(view) });
          } else {
            kept.push({ view: step, copy: copy(step) });
            queue.push(step);
            model.push(...step);
          }
          assert.equal(queue.length, model.length);
        }
        for (const { view, copy: before } of kept) assert.deepEqual([...view], [...before]);
      },
    ),
  );
});

test('numbers are read back as written; a reader that runs short says so and gives zeros', (t) => {
  holds(
    t,
    fc.property(
      fc.nat(255),
      fc.nat(65_535),
      fc.nat(2 ** 31 - 1),
      fc.maxSafeNat(),
      fc.uint8Array(),
      (a, b, c, d, rest) => {
        const bytes = new ByteWriter(1)
          .u8(a)
          .u16(b)
          .u32(c)
          .u64(d)
          .u48(d % 2 ** 48)
          .bytes(rest)
          .finish();
        assert.equal(bytes.length, bytes.buffer.byteLength);
        const reader = new ByteReader(bytes);
        assert.deepEqual(
          [
            reader.u8(),
            reader.u16(),
            reader.u32(),
            reader.u64(),
            reader.u48(),
            [...reader.take(rest.length)],
          ],
          [a, b, c, d, d % 2 ** 48, [...rest]],
        );
        assert.ok(reader.isExactlyRead);
        assert.equal(reader.u16(), 0);
        assert.ok(reader.isShort);
      },
    ),
  );
  const reader = new ByteReader(Uint8Array.of(1, 2, 3));
  assert.equal(reader.u32(), 0);
  assert.equal(reader.u8(), 0, 'short once is short for good');
  assert.equal(new ByteReader(new Uint8Array(8).fill(0xff)).u64(), null);
});

test('a copy of a Buffer is a copy, where its slice would be a view', () => {
  const buffer = Buffer.from([1, 2, 3]);
  const copied = copy(buffer, 1);
  buffer.fill(0);
  assert.deepEqual(copied, Uint8Array.of(2, 3));
});
