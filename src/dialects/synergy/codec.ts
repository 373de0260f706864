/**
 * Dialect synergy: one peer to another, on a TCP port of the user's choice. Its list of active peers: `peers.ts`.
 *
 * A message of the JSON version, the receiver closes:
 *   > 7b2274797065223a20226d657373616765222c202273656e6465725f6e616d65223a2022616e6e222c202273
 *     656e6465725f706f7274223a20383038302c2022636f6e74656e74223a20226869227d
 *     {"type": "message", "sender_name": "ann", "sender_port": 8080, "content": "hi"}
 * A message in the text form, which today's version and its siblings read and send:
 *   > 31302e302e302e373a3830383020616e6e206869      10.0.0.7:8080 ann hi
 *
 * Layout: `json` one object of at most 1,024 bytes in one write; `course` `IP:PORT NAME TEXT`, parted at the first
 * two blanks. The content `connect` is a connection message and `exit` the leave, in any case. One message per
 * connection. Peer identity: source address and `sender_port`.
 *
 * COMPAT a peer is answered in the form it last used; the text form comes first. JSON would deafen a reader of the text
 * form that parses in its only accept thread, while the JSON version survives a text. COMPAT a port written as text, a
 * missing type, name or port, and other spellings of the keys are read. COMPAT a message with an invalid port is still
 * a message, from its source port, in either form. COMPAT a name with blanks cannot travel in the text form: there they become
 * underscores.
 */
import { ok, type Result } from 'neverthrow';
import { foreignFrames, text as textLimits } from '../limits.js';
import { unreachable } from '../../exhaustive.js';
import type { DialectError } from '../errors.js';
import { parsePort } from '../../wire/address.js';
import { jsonCost, openingStart, splitText, unfinishedBytes, utf8Cost } from '../../wire/utf8.js';
import type {
  ForeignDialect,
  Speaker,
  ForeignMachine,
  ForeignOptions,
  ForeignOutput,
  ForeignRole,
  Utterance,
} from '../dialect.js';
import {
  boundedName,
  cutJson,
  cutReads,
  frameFields,
  frameText,
  malformed,
  oneLine,
  openMachine,
  scalarText,
  textsBetween,
  tooLong,
  unsupported,
  utf8Bytes,
  withoutLineEnd,
  type Cutter,
} from '../foreign.js';

/** One message on the wire. */
export type SynergyMessage =
  | {
      readonly form: 'json';
      readonly name: string | null;
      readonly port: number | null;
      readonly content: string;
    }
  | {
      readonly form: 'course';
      readonly host: string;
      /** Null where it is none. */
      readonly port: number | null;
      readonly name: string;
      readonly content: string;
    };

/** `ForeignOptions.form` of a peer that reads JSON. */
export const synergyJson = 'json';

/** Returns the hint for the user after the first message to a peer that never spoke. */
export const synergyFormHint = (endpoint: string): string =>
  `sent in the text form; if nothing shows there, write synergy+json://${endpoint}`;

/** The dialect. */
export const synergy: ForeignDialect<SynergyMessage> = {
  name: 'synergy',
  // Silence ends a message of the text form. A JSON object ends with its brace, and silence within it means nothing.
  framing: {
    type: 'read',
    bytesMax: foreignFrames.frameBytesMax,
    idleGapMs: foreignFrames.messageGapMs,
    finishAfterMs: foreignFrames.idleGapMs,
  },
  can: {
    receipts: false,
    connection: 'message',
    encryption: ['none'],
    textBytesMax: foreignFrames.writeBytesMax,
  },
  decode,
  encode,
  means: meaning,
  pieces,
  openMachine: openSynergyMachine,
};

function decode(frame: Uint8Array): Result<SynergyMessage, DialectError> {
  return frame[0] === brace
    ? decodeJson(frame)
    : frameText('synergy', frame).andThen((text) => decodeCourse(withoutLineEnd(text)));
}

function decodeJson(frame: Uint8Array): Result<SynergyMessage, DialectError> {
  return frameFields('synergy', frame).andThen((fields): Result<SynergyMessage, DialectError> => {
    const type = fields.get('type')?.value ?? null;
    if (type !== null && scalarText(type)?.trim().toLowerCase() !== 'message')
      return unsupported('synergy', 'an object of another type');
    const content = scalarText(fields.get('content')?.value);
    if (content === null) return malformed('synergy', 'a message without content');
    return ok({
      form: 'json',
      name: boundedName(scalarText(fields.get('sendername')?.value) ?? ''),
      port: parsePort(scalarText(fields.get('senderport')?.value) ?? ''),
      content,
    });
  });
}

function decodeCourse(text: string): Result<SynergyMessage, DialectError> {
  const first = text.indexOf(' ');
  const second = text.indexOf(' ', first + 1);
  const [, host = '', digits = ''] = sender.exec(text.slice(0, Math.max(0, first))) ?? [];
  const name = first < 0 || second < 0 ? '' : text.slice(first + 1, second);
  if (host === '' || boundedName(name) === null)
    return malformed('synergy', 'neither JSON nor IP:PORT NAME TEXT');
  return ok({ form: 'course', host, port: parsePort(digits), name, content: text.slice(second + 1) });
}

/** The address is that of the connection, so its own claim counts for nothing but its form. */
const sender = /^(localhost|(?:\d{1,3}\.){3}\d{1,3}):(\d{1,5})$/i;

function encode(message: SynergyMessage): Result<Uint8Array, DialectError> {
  if (message.form === 'course' && message.port === null)
    return unsupported('synergy', 'a sender without a port');
  const bytes = utf8Bytes(format(message));
  return bytes.length > foreignFrames.writeBytesMax
    ? tooLong('synergy', foreignFrames.writeBytesMax)
    : ok(bytes);
}

function format(message: SynergyMessage): string {
  switch (message.form) {
    case 'json': {
      const name = message.name === null ? '' : `"sender_name": ${JSON.stringify(message.name)}, `;
      const port = message.port === null ? '' : `"sender_port": ${message.port}, `;
      return `{"type": "message", ${name}${port}"content": ${JSON.stringify(message.content)}}`;
    }
    case 'course':
      return `${message.host}:${message.port} ${message.name.replaceAll(' ', '_')} ${message.content}`;
    default:
      return unreachable(message);
  }
}

/** Returns the meaning of a content. */
function meaning(content: string): 'connect' | 'leave' | 'text' {
  const word = content.trim().toLowerCase();
  return word === 'connect' ? 'connect' : word === 'exit' ? 'leave' : 'text';
}

function ownMessage(options: ForeignOptions, content: string): SynergyMessage {
  const name = boundedName(oneLine(options.name)) ?? 'unknown';
  const port = options.listeningPort;
  return options.form === synergyJson
    ? { form: 'json', name, port, content }
    : { form: 'course', host: options.address, port, name: name.replace(/\s+/g, '_'), content };
}

/** A command stands alone: other programs compare the whole text with it. */
const spoken = (text: string): string => (meaning(text) === 'text' ? text : text.trim());

function pieces(text: string, options: ForeignOptions): Result<readonly string[], DialectError> {
  if (text === '') return unsupported('synergy', 'an empty text');
  // The words of a command are what the program itself sends for it.
  if (meaning(text) !== 'text') return ok([text]);
  const head = utf8Bytes(format(ownMessage(options, ''))).length;
  const cost = options.form === synergyJson ? jsonCost : utf8Cost;
  const cut = splitText(text, foreignFrames.writeBytesMax - head, cost);
  // A cut that leaves just a command would be obeyed: such a piece is cut once more.
  return ok(cut.flatMap((piece) => (meaning(piece) === 'text' ? [piece] : splitText(piece, 6, () => 3))));
}

function openSynergyMachine(role: ForeignRole, options: ForeignOptions): ForeignMachine {
  let hasSaid = false;
  return openMachine('synergy', cutEitherForm(), {
    hear: (frame, _end, nowMs) => hear(frame, nowMs),
    // The receiver closes, once nothing more of a message is on its way.
    settled: () => [{ type: 'close' }],
    say(utterance) {
      if (role === 'accept') return unsupported('synergy', 'a message on an accepted connection');
      if (hasSaid) return unsupported('synergy', 'a second message on one connection');
      return contentOf(utterance, options).andThen((content) =>
        encode(ownMessage(options, content)).map((bytes): readonly ForeignOutput[] => {
          hasSaid = true;
          // The receiver closes, too; our close serves a receiver that reads to the end.
          return [
            { type: 'write', bytes },
            { type: 'sent', utterance, encryption: 'none' },
            { type: 'close' },
          ];
        }),
      );
    },
  });
}

function contentOf(utterance: Utterance, options: ForeignOptions): Result<string, DialectError> {
  switch (utterance.type) {
    case 'connect':
      return ok('connect');
    case 'leave':
      return ok('exit');
    case 'text':
      return pieces(utterance.text, options).andThen((cut) =>
        cut.length > 1 ? tooLong('synergy', foreignFrames.writeBytesMax) : ok(spoken(utterance.text)),
      );
    case 'receipt':
    case 'profile':
    case 'status':
    case 'typing':
    case 'inquiry':
    case 'operation':
    case 'offer':
    case 'file':
    case 'unknown':
      return unsupported('synergy', utterance.type);
    default:
      return unreachable(utterance);
  }
}

function hear(frame: Uint8Array, nowMs: number): Result<readonly ForeignOutput[], DialectError> {
  return decode(frame).andThen((message) =>
    contentsOf(message, frame).map((contents) => {
      const speaker: Speaker = {
        name: boundedName(message.name ?? ''),
        listeningPort: message.port,
        form: message.form,
      };
      return contents.map((content): ForeignOutput => {
        return { type: 'heard', utterance: understood(content, nowMs), speaker, encryption: 'none' };
      });
    }),
  );
}

function contentsOf(message: SynergyMessage, frame: Uint8Array): Result<readonly string[], DialectError> {
  return message.form === 'json'
    ? ok([message.content])
    : // Glued ones begin with the same address and name, since one connection has one sender.
      frameText('synergy', frame).map((text) => textsBetween(text, courseHead(text)));
}

/** `IP:PORT NAME ` as the peer spells it. */
const courseHead = (text: string): string => text.slice(0, text.indexOf(' ', text.indexOf(' ') + 1) + 1);

function understood(content: string, nowMs: number): Utterance {
  const meant = meaning(content);
  if (meant === 'text') return { type: 'text', id: null, sentAtMs: nowMs, text: content };
  return meant === 'connect' ? { type: 'connect' } : { type: 'leave', words: null };
}

const brace = 0x7b;

/** `IP:PORT NAME ` has not ended, and may yet. */
const isWithinHead = (held: Uint8Array): boolean =>
  held.length < headBytesMax && held.reduce((blanks, byte) => blanks + (byte === 0x20 ? 1 : 0), 0) < 2;

/** Silence within a character does not end a message either: the close that follows would lose its rest. */
const isUnfinished = (held: Uint8Array): boolean => isWithinHead(held) || unfinishedBytes(held) > 0;
const headBytesMax = textLimits.nameBytesMax + '255.255.255.255:65535  '.length;

/** Cuts either form: the first byte of the message decides. */
function cutEitherForm(): Cutter {
  let cutter: Cutter | null = null;
  return {
    push(bytes) {
      if (cutter !== null) return cutter.push(bytes);
      const start = openingStart(bytes);
      if (start === bytes.length) return { frames: [], error: null };
      cutter = bytes[start] === brace ? cutJson() : cutReads(isUnfinished);
      return cutter.push(bytes.subarray(start));
    },
    gap: () => cutter?.gap() ?? null,
    end: () => cutter?.end() ?? null,
    isPartial: () => cutter?.isPartial() ?? false,
  };
}
