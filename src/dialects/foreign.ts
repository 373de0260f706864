/**
 * What the talks of all older programs have in common: bytes are cut into frames, a failure is told once, and nothing
 * comes after the end. A dialect adds its conduct: what a frame means to it, and how it says something. Pure.
 */
import { err, ok, type Result } from 'neverthrow';
import { foreignFrames, text as textLimits } from './limits.js';
import type { DialectError } from './errors.js';
import type { WireError } from '../wire/errors.js';
import { isJsonObject, parseBoundedJson, type JsonValue } from '../wire/json/parse.js';
import { openJsonFrames, type FrameCut } from '../wire/json/frames.js';
import { plainKey } from '../wire/json/keys.js';
import { openReadFrames } from '../wire/read-frames.js';
import { decodeUtf8, splitText, utf8Cost } from '../wire/utf8.js';
import type { ForeignDialectName, ForeignMachine, ForeignOutput, Utterance } from './dialect.js';

/** What ended a frame: its own shape or the bound (`cut`), silence (`gap`), or the end of the connection. */
export type FrameEnd = 'cut' | 'gap' | 'closed';

export interface Conduct {
  hear(frame: Uint8Array, end: FrameEnd, nowMs: number): Result<readonly ForeignOutput[], DialectError>;
  say(utterance: Utterance): Result<readonly ForeignOutput[], DialectError>;
  /** Bytes were dealt with and no part of a frame is held. */
  settled?(): readonly ForeignOutput[];
}

/** Cuts the bytes of one connection. */
export interface Cutter {
  readonly push: (bytes: Uint8Array) => FrameCut;
  /** What silence makes a frame. */
  readonly gap: () => Uint8Array | null;
  /** What the close makes a frame. */
  readonly end: () => Uint8Array | null;
  readonly isPartial: () => boolean;
}

export function openMachine(dialect: ForeignDialectName, cutter: Cutter, conduct: Conduct): ForeignMachine {
  let isOver = false;

  /** Lets through what may come before the end, and remembers the end. */
  const through = (all: readonly ForeignOutput[]): readonly ForeignOutput[] => {
    const outputs = all.filter((output) => !isNothing(output));
    const end = outputs.findIndex(({ type }) => type === 'close' || type === 'failed');
    if (end < 0) return outputs;
    isOver = true;
    return outputs.slice(0, end + 1);
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
      isOver ? unsupported(dialect, 'a talk that is over') : conduct.say(utterance).map(through),
  };
}

/** Some programs let their users send empty texts; nothing was said then. */
const isNothing = (output: ForeignOutput): boolean =>
  output.type === 'heard' && output.utterance.type === 'text' && output.utterance.text === '';

/** JSON objects; silence means nothing. */
export function cutJson(): Cutter {
  const frames = openJsonFrames(foreignFrames.frameBytesMax, foreignFrames.jsonDepthMax);
  return { push: frames.push, gap: () => null, end: () => null, isPartial: frames.isPartial };
}

/** What arrived together; at most `foreignFrames.frameBytesMax` bytes. `isUnfinished`: silence does not end this. */
export function cutReads(isUnfinished?: (held: Uint8Array) => boolean): Cutter {
  const frames = openReadFrames(foreignFrames.frameBytesMax, isUnfinished);
  return {
    push: (bytes) => ({ frames: frames.push(bytes), error: null }),
    gap: frames.gap,
    end: frames.end,
    isPartial: () => false,
  };
}

export const malformed = (dialect: ForeignDialectName, detail: string) =>
  err<never, DialectError>({ code: 'dialect/malformed', dialect, detail });

export const unsupported = (dialect: ForeignDialectName, what: string) =>
  err<never, DialectError>({ code: 'dialect/unsupported', dialect, what });

export const tooLong = (dialect: ForeignDialectName, limitBytes: number) =>
  err<never, DialectError>({ code: 'dialect/too-long', dialect, limitBytes });

/** A failure of framing or JSON as the dialect's own. */
export function dialectError(dialect: ForeignDialectName, error: WireError): DialectError {
  if (error.code === 'wire/frame-too-large')
    return { code: 'dialect/too-long', dialect, limitBytes: error.limitBytes };
  return { code: 'dialect/malformed', dialect, detail: error.detail };
}

/** Text of a frame. Errors: `dialect/malformed` where it is no UTF-8. */
export const frameText = (dialect: ForeignDialectName, frame: Uint8Array): Result<string, DialectError> =>
  decodeUtf8(frame).mapErr((error) => dialectError(dialect, error));

/**
 * The members of a JSON object by `plainKey`, so that the spellings of one assignment are one. `spelled` keeps how
 * each was written. Errors: `dialect/malformed`, `dialect/too-long`.
 */
export function frameFields(
  dialect: ForeignDialectName,
  frame: Uint8Array,
): Result<ReadonlyMap<string, { readonly spelled: string; readonly value: JsonValue }>, DialectError> {
  const bounds = {
    bytesMax: foreignFrames.frameBytesMax,
    depthMax: foreignFrames.jsonDepthMax,
    keysMax: foreignFrames.jsonKeysMax,
  };
  return parseBoundedJson(frame, bounds)
    .mapErr((error) => dialectError(dialect, error))
    .andThen((value) => {
      if (!isJsonObject(value)) return malformed(dialect, 'no JSON object');
      const fields = new Map<string, { spelled: string; value: JsonValue }>();
      for (const [spelled, member] of Object.entries(value)) {
        const key = plainKey(spelled);
        if (fields.has(key)) return malformed(dialect, 'a key in two spellings');
        fields.set(key, { spelled, value: member ?? null });
      }
      return ok(fields);
    });
}

/** Text, or a number where an answer to the assignment sends one; `null` for anything else. */
export const scalarText = (value: JsonValue | undefined): string | null =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : null;

/** A name as a peer gives it: trimmed and cut to our bound; `null` when nothing is left. */
export function boundedName(name: string): string | null {
  return splitText(name.trim(), textLimits.nameBytesMax, utf8Cost)[0]?.trimEnd() ?? null;
}

/** For where a line or a name ends with its line: what breaks it, or turns what a reader sees, becomes a blank. */
export const oneLine = (text: string): string =>
  text.replace(/\r\n|[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, ' ');

/** `text` of bytes; every lone surrogate becomes U+FFFD, since UTF-8 has none. */
export const utf8Bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/**
 * The texts of messages that were glued by the network, where each begins with the same `head`; what stands before the
 * first one is the rest of an earlier text. A message that quotes its own head is parted too: no real program writes one.
 */
export function textsBetween(frame: string, head: string): readonly string[] {
  const texts = frame.split(head).map(withoutLineEnd);
  return frame.startsWith(head) ? texts.slice(1) : texts;
}

/** Without the one line end that a peer typing into a terminal sends along. */
export function withoutLineEnd(text: string): string {
  if (text.endsWith('\r\n')) return text.slice(0, -2);
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}
