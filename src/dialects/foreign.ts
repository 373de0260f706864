/**
 * The common part of all foreign machines: bytes are cut into frames, a failure is reported once, and no output
 * follows the end. A dialect adds its conduct: the meaning of a frame, and the writes of an utterance. Pure.
 */
import { err, ok, type Result } from 'neverthrow';
import { foreignFrames, text as textLimits } from './limits.js';
import type { DialectError } from './errors.js';
import type { WireError } from '../wire/errors.js';
import { isJsonObject, parseBoundedJson, type JsonValue } from '../wire/json/parse.js';
import { openJsonFrames, type FrameCut } from '../wire/json/frames.js';
import { plainKey } from '../wire/json/keys.js';
import { openReadFrames } from '../wire/read-frames.js';
import { decodeUtf8, openingStart, splitText, utf8Cost } from '../wire/utf8.js';
import type { ForeignDialectName, ForeignMachine, ForeignOutput, Utterance } from './dialect.js';

/**
 * The end of a frame: its own shape or the bound (`cut`), silence (`gap`), or the end of the connection (`closed`).
 */
export type FrameEnd = 'cut' | 'gap' | 'closed';

/** The part of a machine that differs between dialects. */
export interface Conduct {
  hear(frame: Uint8Array, end: FrameEnd, nowMs: number): Result<readonly ForeignOutput[], DialectError>;
  say(utterance: Utterance): Result<readonly ForeignOutput[], DialectError>;
  /** Called when all bytes are handled and no part of a frame is held. */
  settled?(): readonly ForeignOutput[];
}

/** Cuts the bytes of one connection into frames. */
export interface Cutter {
  readonly push: (bytes: Uint8Array) => FrameCut;
  /** Returns the frame that a silence ends; null: none. */
  readonly gap: () => Uint8Array | null;
  /** Returns the frame that the close ends; null: none. */
  readonly end: () => Uint8Array | null;
  readonly isPartial: () => boolean;
}

/** Makes a machine of a cutter and a conduct. */
export function openMachine(dialect: ForeignDialectName, cutter: Cutter, conduct: Conduct): ForeignMachine {
  let isOver = false;

  /** Passes outputs up to the end, and notes the end. */
  const through = (all: readonly ForeignOutput[]): readonly ForeignOutput[] => {
    const end = all.findIndex(({ type }) => type === 'close' || type === 'failed');
    if (end < 0) return all;
    isOver = true;
    return all.slice(0, end + 1);
  };
  const hearAll = (frames: readonly Uint8Array[], end: FrameEnd, nowMs: number): ForeignOutput[] => {
    const outputs: ForeignOutput[] = [];
    for (const frame of frames) {
      if (isOver) break;
      outputs.push(
        ...conduct.hear(frame, end, nowMs).match(through, (error) => through([{ type: 'failed', error }])),
      );
    }
    return outputs;
  };
  const fail = (error: WireError): readonly ForeignOutput[] =>
    isOver ? [] : through([{ type: 'failed', error: dialectError(dialect, error) }]);

  return {
    receive(input, nowMs) {
      if (isOver) return [];
      if (input.type === 'bytes') {
        const { frames, error } = cutter.push(input.bytes);
        const outputs = hearAll(frames, 'cut', nowMs);
        if (error !== null) outputs.push(...fail(error));
        else if (!isOver && frames.length > 0 && !cutter.isPartial())
          outputs.push(...through(conduct.settled?.() ?? []));
        return outputs;
      }
      const isClosed = input.type === 'closed';
      const held = isClosed ? cutter.end() : cutter.gap();
      const outputs = held === null ? [] : hearAll([held], isClosed ? 'closed' : 'gap', nowMs);
      if (isClosed && cutter.isPartial())
        outputs.push(...fail({ code: 'wire/malformed', detail: 'closed within a message' }));
      else if (!isOver && held !== null) outputs.push(...through(conduct.settled?.() ?? []));
      isOver ||= isClosed;
      return outputs;
    },
    say: (utterance) =>
      isOver ? unsupported(dialect, 'a connection that is over') : conduct.say(utterance).map(through),
  };
}

/** Cuts JSON objects. Silence has no meaning. */
export function cutJson(): Cutter {
  const frames = openJsonFrames(foreignFrames.frameBytesMax, foreignFrames.jsonDepthMax);
  let isOpening = true;
  return {
    push(bytes) {
      const start = isOpening ? openingStart(bytes) : 0;
      isOpening &&= start === bytes.length;
      return frames.push(bytes.subarray(start));
    },
    gap: () => null,
    end: () => null,
    isPartial: frames.isPartial,
  };
}

/**
 * Cuts at silence, at most `foreignFrames.frameBytesMax` bytes. `isUnfinished`: whether silence does not end these
 * bytes.
 */
export function cutReads(isUnfinished?: (held: Uint8Array) => boolean): Cutter {
  const frames = openReadFrames(foreignFrames.frameBytesMax, isUnfinished);
  return {
    push: (bytes) => ({ frames: frames.push(bytes), error: null }),
    gap: frames.gap,
    end: frames.end,
    isPartial: () => false,
  };
}

/** Makes a `dialect/malformed`. */
export const malformed = (dialect: ForeignDialectName, detail: string) =>
  err<never, DialectError>({ code: 'dialect/malformed', dialect, detail });

/** Makes a `dialect/unsupported`. */
export const unsupported = (dialect: ForeignDialectName, what: string) =>
  err<never, DialectError>({ code: 'dialect/unsupported', dialect, what });

/** Makes a `dialect/too-long`. */
export const tooLong = (dialect: ForeignDialectName, limitBytes: number) =>
  err<never, DialectError>({ code: 'dialect/too-long', dialect, limitBytes });

/** Translates a failure of framing or JSON into one of the dialect. */
export function dialectError(dialect: ForeignDialectName, error: WireError): DialectError {
  if (error.code === 'wire/frame-too-large')
    return { code: 'dialect/too-long', dialect, limitBytes: error.limitBytes };
  return { code: 'dialect/malformed', dialect, detail: error.detail };
}

/** Decodes the text of a frame. Errors: `dialect/malformed` (not UTF-8). */
export const frameText = (dialect: ForeignDialectName, frame: Uint8Array): Result<string, DialectError> =>
  decodeUtf8(frame).mapErr((error) => dialectError(dialect, error));

/** Cuts a sentence of this side to one line of at most `bytesMax` bytes. */
export const oneSentence = (words: string, bytesMax: number): string =>
  splitText(oneLine(words), bytesMax, utf8Cost)[0] ?? '';

/** A member of a JSON object, with each way in which its key was spelled. */
export interface Field {
  readonly spelled: readonly string[];
  readonly value: JsonValue;
}

/**
 * The members of a JSON object by `plainKey`, so that the spellings of one assignment are one. A member under several
 * spellings is one member where all have the same value. Errors: `dialect/malformed`, `dialect/too-long`.
 */
export function frameFields(
  dialect: ForeignDialectName,
  frame: Uint8Array,
): Result<ReadonlyMap<string, Field>, DialectError> {
  const bounds = {
    bytesMax: foreignFrames.frameBytesMax,
    depthMax: foreignFrames.jsonDepthMax,
    keysMax: foreignFrames.jsonKeysMax,
  };
  return parseBoundedJson(frame, bounds)
    .mapErr((error) => dialectError(dialect, error))
    .andThen((value) => {
      if (!isJsonObject(value)) return malformed(dialect, 'no JSON object');
      const fields = new Map<string, Field>();
      for (const [spelled, member = null] of Object.entries(value)) {
        const key = plainKey(spelled);
        const known = fields.get(key);
        if (known !== undefined && known.value !== member)
          return malformed(dialect, 'a key in two spellings with two values');
        fields.set(key, { spelled: [...(known?.spelled ?? []), spelled], value: member });
      }
      return ok(fields);
    });
}

/** Returns a text, or a number as text, which some programs send; `null` for anything else. */
export const scalarText = (value: JsonValue | undefined): string | null =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : null;

/** Trims the name of a peer and cuts it to our bound; `null`: nothing is left. */
export function boundedName(name: string): string | null {
  return splitText(name.trim(), textLimits.nameBytesMax, utf8Cost)[0]?.trimEnd() ?? null;
}

/** Makes one line of a text: characters that break a line or reorder it become blanks. */
export const oneLine = (text: string): string =>
  text.replace(/\r\n|[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, ' ');

/** Encodes a text as UTF-8. Every lone surrogate becomes U+FFFD. */
export const utf8Bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/**
 * Separates messages that the network has joined, each of which begins with `head`. The part before the first one is
 * the rest of an earlier text. A message that quotes `head` is separated, too; no real program writes one.
 */
export function textsBetween(frame: string, head: string): readonly string[] {
  const texts = frame.split(head).map(withoutLineEnd);
  return frame.startsWith(head) ? texts.slice(1) : texts;
}

/** Removes the one line end that a terminal adds to a typed text. */
export function withoutLineEnd(text: string): string {
  if (text.endsWith('\r\n')) return text.slice(0, -2);
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}
