/**
 * Bytes of a connection cut into frames, however they arrive: byte by byte or many frames at once. Length-prefixed
 * frames (`u16be length | body`), with the preamble and the clear control frames of the native protocol.
 * Source: session-protocol, section 5.1.
 */
import { err, ok, type Result } from 'neverthrow';
import { unreachable } from '../exhaustive.js';
import type { WireError } from './errors.js';
import { wireV1 } from './limits.js';
import { ByteReader, ByteWriter, copy } from './bytes.js';

/** First bytes of every native connection. */
export const magic = new Uint8Array([0x50, 0x41, 0x52, 0x4c]);
/** Places of the bytes that follow `magic` in a preamble. */
export const preambleAt = { version: 4, mode: 5 } as const;
/** Values of the mode of a preamble. */
export const preambleMode = { full: 0, resume: 1 } as const;

/** The start of a native connection: the handshake that the dialling side wants. */
export type Preamble =
  | { readonly mode: 'full' }
  | { readonly mode: 'resume'; readonly ticketId: Uint8Array }
  /** A version that this build does not speak; the bytes after it cannot be read. */
  | { readonly mode: 'other-version'; readonly version: number };

/** A frame of length 0, which a responder may send in the clear before its first Noise message. */
export type ControlFrame =
  | { readonly control: 'ticket-unknown' }
  | { readonly control: 'unsupported-version'; readonly versions: readonly number[] }
  | { readonly control: 'busy'; readonly retryAfterSeconds: number };

/** One frame of a native connection. `wire`: a view of its bytes as they travelled, for the prologue. */
export type NativeFrame =
  | { readonly type: 'message'; readonly body: Uint8Array; readonly wire: Uint8Array }
  | { readonly type: 'control'; readonly control: ControlFrame; readonly wire: Uint8Array };

/**
 * Bytes that arrived and were not read yet, as one run. Memory grows with the bytes that arrived, never with an
 * announced length.
 */
export class ByteQueue {
  #bytes: Uint8Array = new Uint8Array(0);
  #start = 0;
  #end = 0;
  /** Whether the run is memory of this queue, which it may write behind `#end`. A chunk from outside is read only. */
  #isOwn = false;

  get length(): number {
    return this.#end - this.#start;
  }

  push(chunk: Uint8Array): void {
    if (this.length === 0) {
      this.#bytes = chunk;
      this.#start = 0;
      this.#end = chunk.length;
      this.#isOwn = false;
      return;
    }
    const needed = this.length + chunk.length;
    if (!this.#isOwn || this.#end + chunk.length > this.#bytes.length) {
      // Earlier views point into the old memory, so it is replaced rather than shifted.
      const larger = new Uint8Array(Math.max(needed, this.length * 2));
      larger.set(this.peek(this.length));
      this.#bytes = larger;
      this.#end = this.length;
      this.#start = 0;
      this.#isOwn = true;
    }
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** Returns a view of the first `count` bytes, or of all where fewer are held. */
  peek(count: number): Uint8Array {
    return this.#bytes.subarray(this.#start, Math.min(this.#start + count, this.#end));
  }

  take(count: number): Uint8Array {
    const view = this.peek(count);
    this.#start += view.length;
    return view;
  }

  clear(): void {
    this.#bytes = new Uint8Array(0);
    this.#start = 0;
    this.#end = 0;
    this.#isOwn = false;
  }
}

/**
 * Cuts the native protocol into frames. The session asks for the frame that it expects next; `null`: the frame is
 * incomplete.
 */
export class NativeFrameReader {
  readonly #queue = new ByteQueue();

  get waitingBytes(): number {
    return this.#queue.length;
  }

  push(chunk: Uint8Array): void {
    this.#queue.push(chunk);
  }

  /** Reads the preamble. Errors: `wire/malformed` as soon as one byte cannot belong to a preamble. */
  preamble(): Result<{ readonly preamble: Preamble; readonly wire: Uint8Array } | null, WireError> {
    const head = this.#queue.peek(wireV1.preambleFullBytes);
    for (let i = 0; i < Math.min(head.length, magic.length); i += 1)
      if (head[i] !== magic[i]) return malformed('preamble');
    const version = head[4];
    if (version === undefined) return ok(null);
    if (version !== wireV1.version)
      return ok({ preamble: { mode: 'other-version', version }, wire: this.#queue.take(5) });
    switch (head[5]) {
      case undefined:
        return ok(null);
      case preambleMode.full:
        return ok({ preamble: { mode: 'full' }, wire: this.#queue.take(wireV1.preambleFullBytes) });
      case preambleMode.resume: {
        if (this.#queue.length < wireV1.preambleResumeBytes) return ok(null);
        const wire = this.#queue.take(wireV1.preambleResumeBytes);
        return ok({ preamble: { mode: 'resume', ticketId: copy(wire, 6) }, wire });
      }
      default:
        return malformed('preamble mode');
    }
  }

  /**
   * Reads one frame. Errors: `wire/frame-too-large` (its announced length exceeds `bytesMax`), `wire/malformed`
   * (unknown control code).
   */
  frame(bytesMax: number): Result<NativeFrame | null, WireError> {
    const head = this.#queue.peek(4);
    if (head.length < 2) return ok(null);
    const length = (head[0] ?? 0) * 256 + (head[1] ?? 0);
    if (length === 0) return this.#control(head);
    if (length > bytesMax)
      return err({ code: 'wire/frame-too-large', limitBytes: bytesMax, gotBytes: length });
    if (this.#queue.length < 2 + length) return ok(null);
    const wire = this.#queue.take(2 + length);
    return ok({ type: 'message', body: wire.subarray(2), wire });
  }

  clear(): void {
    this.#queue.clear();
  }

  #control(head: Uint8Array): Result<NativeFrame | null, WireError> {
    const length = controlFrameBytes(head);
    if (length === null) return ok(null);
    if (length === 0) return malformed('control code');
    if (this.#queue.length < length) return ok(null);
    const wire = this.#queue.take(length);
    const reader = new ByteReader(wire.subarray(3));
    switch (Number(head[2])) {
      case controlCode.ticketUnknown:
        return ok({ type: 'control', control: { control: 'ticket-unknown' }, wire });
      case controlCode.busy:
        return ok({ type: 'control', control: { control: 'busy', retryAfterSeconds: reader.u16() }, wire });
      default: {
        const versions = [...reader.take(reader.u8())];
        return ok({ type: 'control', control: { control: 'unsupported-version', versions }, wire });
      }
    }
  }
}

const controlCode = { ticketUnknown: 1, unsupportedVersion: 2, busy: 3 } as const;

const malformed = (detail: string) => err<never, WireError>({ code: 'wire/malformed', detail });

/**
 * Returns the length of the control frame that starts with `head`; `null`: the head is incomplete; 0: an unknown
 * code.
 */
function controlFrameBytes(head: Uint8Array): number | null {
  switch (head[2]) {
    case undefined:
      return null;
    case controlCode.ticketUnknown:
      return 3;
    case controlCode.unsupportedVersion:
      return head[3] === undefined ? null : 4 + head[3];
    case controlCode.busy:
      return 5;
    default:
      return 0;
  }
}

/** Encodes the preamble of the wire version that this build speaks. */
export function encodePreamble(preamble: Exclude<Preamble, { mode: 'other-version' }>): Uint8Array {
  const writer = new ByteWriter(wireV1.preambleResumeBytes).bytes(magic).u8(wireV1.version);
  switch (preamble.mode) {
    case 'full':
      return writer.u8(preambleMode.full).finish();
    case 'resume':
      return writer.u8(preambleMode.resume).bytes(preamble.ticketId).finish();
    default:
      return unreachable(preamble);
  }
}

/** Encodes a control frame: length 0, a code, and the fields of that code. */
export function encodeControl(frame: ControlFrame): Uint8Array {
  const writer = new ByteWriter(8).u16(0);
  switch (frame.control) {
    case 'ticket-unknown':
      return writer.u8(controlCode.ticketUnknown).finish();
    case 'unsupported-version':
      return writer
        .u8(controlCode.unsupportedVersion)
        .u8(frame.versions.length)
        .bytes(Uint8Array.from(frame.versions))
        .finish();
    case 'busy':
      return writer.u8(controlCode.busy).u16(Math.min(frame.retryAfterSeconds, 0xffff)).finish();
    default:
      return unreachable(frame);
  }
}

/** Encodes a Noise message as a frame. The caller keeps to `wireV1.noiseMessageBytesMax`. */
export function encodeMessage(body: Uint8Array): Uint8Array {
  return new ByteWriter(2 + body.length).u16(body.length).bytes(body).finish();
}
