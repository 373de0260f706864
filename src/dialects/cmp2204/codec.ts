/**
 * Dialect cmp2204: Chat_Responder and Chat_Initiator, TCP port 6001. Announcements and files: `files.ts`.
 *
 * A secure exchange, initiator's bytes marked `>`, responder's `<` (private numbers 6 and 15, shared number 2):
 *   > 7b226b6579223a202262273827227d                        {"key": "b'8'"}
 *   < 7b226b6579223a20226227313927227d                      {"key": "b'19'"}
 *   > 7b22656e63727970746564206d657373616765223a20224e4a45504a4836635733773d227d
 *                                                           {"encrypted message": "NJEPJH6cW3w="}, which is: hi
 * and without a key
 *   > 7b22756e656e63727970746564206d657373616765223a20226869227d
 *                                                           {"unencrypted message": "hi"}
 *
 * Layout: one JSON object in one write, UTF-8, no delimiter. One message per connection; the initiator closes.
 *   key                  public number as Python's repr of bytes, b'DIGITS' (other answers: "DIGITS" or DIGITS)
 *   encrypted message    base64 of Triple-DES (`cmp2204-cipher.ts`)
 *   unencrypted message  the text
 *
 * COMPAT other answers spell the keys with underscores or as one word: any spelling is read, and answered in kind.
 * COMPAT a public number without b'' means that the cipher key is made of the plain digits. COMPAT base64 wrapped in
 * b'' as well: it is what `str()` of Python's bytes gives. COMPAT the real responder prints and never answers but
 * with its key, so nothing is said on an accepted connection.
 */
import { ok, type Result } from 'neverthrow';
import { foreignFrames } from '../limits.js';
import { unreachable } from '../../exhaustive.js';
import type { DialectError } from '../errors.js';
import { jsonCost, splitText, utf8Cost } from '../../wire/utf8.js';
import {
  cipherKey,
  defaultGroup,
  drawPrivate,
  openText,
  parseNumber,
  publicNumber,
  sealableBytes,
  sealText,
  sharedNumber,
  type ToyGroup,
} from './cipher.js';
import type {
  Encryption,
  ForeignDialect,
  ForeignMachine,
  ForeignOptions,
  ForeignOutput,
  ForeignRole,
  Utterance,
} from '../dialect.js';
import {
  cutJson,
  frameFields,
  malformed,
  openMachine,
  scalarText,
  tooLong,
  unsupported,
  utf8Bytes,
} from '../foreign.js';

/** The spelling of a peer: the form of its JSON keys, and that of its public number. */
export interface Cmp2204Form {
  readonly keys: 'blank' | 'underscore' | 'joined';
  readonly number: 'repr' | 'string' | 'bare';
}

/** One message on the wire. */
export type Cmp2204Message =
  | { readonly type: 'plain'; readonly keys: Cmp2204Form['keys']; readonly text: string }
  | { readonly type: 'sealed'; readonly keys: Cmp2204Form['keys']; readonly base64: string }
  | { readonly type: 'key'; readonly number: Cmp2204Form['number']; readonly publicNumber: bigint };

/** The dialect. */
export const cmp2204: ForeignDialect<Cmp2204Message> = {
  name: 'cmp2204',
  framing: { type: 'json-value', bytesMax: foreignFrames.frameBytesMax },
  can: {
    receipts: false,
    connection: 'message',
    encryption: ['none', 'toy-dh-3des'],
    textBytesMax: foreignFrames.writeBytesMax,
  },
  decode,
  encode,
  pieces: (text, options) =>
    text === ''
      ? unsupported('cmp2204', 'an empty text')
      : ok(
          options.secure
            ? splitText(text, sealableBytes(room('encrypted message')), utf8Cost)
            : splitText(text, room('unencrypted message'), jsonCost),
        ),
  openMachine: openCmp2204Machine,
};

/** Bytes left for the value of `key` in one write. */
const room = (key: string): number => foreignFrames.writeBytesMax - utf8Bytes(`{"${key}": ""}`).length;

function decode(frame: Uint8Array): Result<Cmp2204Message, DialectError> {
  return frameFields('cmp2204', frame).andThen((fields): Result<Cmp2204Message, DialectError> => {
    const plain = fields.get('unencryptedmessage');
    const sealed = fields.get('encryptedmessage');
    const key = fields.get('key');
    if ([plain, sealed, key].filter((field) => field !== undefined).length !== 1)
      return malformed('cmp2204', 'not exactly one of a text, an encrypted text and a key');
    if (key !== undefined) return decodeKey(key.value);
    const words = scalarText((plain ?? sealed)?.value);
    const keys = keysForm((plain ?? sealed)?.spelled ?? '');
    if (words === null) return malformed('cmp2204', 'a message that is not text');
    return ok(
      plain !== undefined
        ? { type: 'plain', keys, text: words }
        : { type: 'sealed', keys, base64: unquoteRepr(words) ?? words },
    );
  });
}

function decodeKey(value: unknown): Result<Cmp2204Message, DialectError> {
  const isBare = typeof value === 'number';
  const words =
    isBare && Number.isSafeInteger(value) ? String(value) : typeof value === 'string' ? value : '';
  const inner = unquoteRepr(words);
  const number = parseNumber(inner ?? words);
  if (number === null) return malformed('cmp2204', 'a key that is not a number');
  return ok({
    type: 'key',
    number: inner !== null ? 'repr' : isBare ? 'bare' : 'string',
    publicNumber: number,
  });
}

function encode(message: Cmp2204Message): Result<Uint8Array, DialectError> {
  const bytes = utf8Bytes(format(message));
  return bytes.length > foreignFrames.writeBytesMax
    ? tooLong('cmp2204', foreignFrames.writeBytesMax)
    : ok(bytes);
}

function format(message: Cmp2204Message): string {
  switch (message.type) {
    case 'plain':
      return `{"${joinKey('unencrypted message', message.keys)}": ${JSON.stringify(message.text)}}`;
    case 'sealed':
      return `{"${joinKey('encrypted message', message.keys)}": ${JSON.stringify(message.base64)}}`;
    case 'key': {
      const digits = message.publicNumber.toString();
      const value = { repr: `"b'${digits}'"`, string: `"${digits}"`, bare: digits }[message.number];
      return `{"key": ${value}}`;
    }
    default:
      return unreachable(message);
  }
}

const separators = { blank: ' ', underscore: '_', joined: '' } as const;
const joinKey = (words: string, keys: Cmp2204Form['keys']): string => words.replace(' ', separators[keys]);
const keysForm = (spelled: string): Cmp2204Form['keys'] =>
  spelled.includes('_') ? 'underscore' : spelled.includes(' ') ? 'blank' : 'joined';

/** Returns the content of Python's repr of bytes, `b'…'` or `b"…"`; `null` for any other text. */
function unquoteRepr(text: string): string | null {
  const match = /^b(['"])([^'"\\]*)\1$/.exec(text.trim());
  return match?.[2] ?? null;
}

const realForm: Cmp2204Form = { keys: 'blank', number: 'repr' };
const formatForm = (form: Cmp2204Form): string => `${form.keys}/${form.number}`;

function parseForm(text: string | null): Cmp2204Form {
  for (const keys of ['blank', 'underscore', 'joined'] as const) {
    for (const number of ['repr', 'string', 'bare'] as const) {
      if (text === formatForm({ keys, number })) return { keys, number };
    }
  }
  return realForm;
}

/** The state of one connection. */
interface Exchange {
  readonly role: ForeignRole;
  readonly options: ForeignOptions;
  readonly group: ToyGroup;
  form: Cmp2204Form;
  secret: bigint | null;
  key: Uint8Array | null;
  /** The utterance that waits for the key of the other side. */
  waiting: { readonly utterance: Utterance; readonly text: string } | null;
  hasSaid: boolean;
}

type Outputs = Result<readonly ForeignOutput[], DialectError>;

function openCmp2204Machine(role: ForeignRole, options: ForeignOptions): ForeignMachine {
  const exchange: Exchange = {
    role,
    options,
    group: options.group ?? defaultGroup,
    form: parseForm(options.form),
    secret: null,
    key: null,
    waiting: null,
    hasSaid: false,
  };
  return openMachine('cmp2204', cutJson(), {
    hear: (frame, _end, nowMs) =>
      decode(frame).andThen((message) =>
        message.type === 'key' ? hearKey(exchange, message) : hearText(exchange, message, nowMs),
      ),
    say: (utterance) => say(exchange, utterance),
  });
}

function hearText(
  exchange: Exchange,
  message: Exclude<Cmp2204Message, { type: 'key' }>,
  nowMs: number,
): Outputs {
  exchange.form = { keys: message.keys, number: guessNumber(exchange.form, message.keys) };
  let text: string | null;
  if (message.type === 'plain') text = message.text;
  else if (exchange.key === null) return malformed('cmp2204', 'an encrypted text before a key');
  else text = openText(message.base64, exchange.key);
  if (text === null) return malformed('cmp2204', 'an encrypted text that does not open');
  return ok([
    {
      type: 'heard',
      utterance: { type: 'text', id: null, sentAtMs: nowMs, text },
      speaker: { name: null, listeningPort: null, form: formatForm(exchange.form) },
      encryption: message.type === 'plain' ? 'none' : 'toy-dh-3des',
    },
  ]);
}

function hearKey(exchange: Exchange, message: Extract<Cmp2204Message, { type: 'key' }>): Outputs {
  const { role, group, waiting } = exchange;
  if (role === 'dial' && waiting === null) return malformed('cmp2204', 'a key nobody asked for');
  const secret = ownSecret(exchange);
  const shared = sharedNumber(group, secret, message.publicNumber);
  if (shared === null) return malformed('cmp2204', 'a public number outside the group');
  exchange.form = { keys: guessKeys(exchange.form, message.number), number: message.number };
  exchange.key = cipherKey(shared, message.number === 'repr' ? 'encoded' : 'plain');
  if (waiting === null) return writeKey(exchange);
  exchange.waiting = null;
  const base64 = sealText(waiting.text, exchange.key);
  return writeText(waiting.utterance, { type: 'sealed', keys: exchange.form.keys, base64 }, 'toy-dh-3des');
}

function say(exchange: Exchange, utterance: Utterance): Outputs {
  const { role, options } = exchange;
  if (utterance.type === 'leave') return ok([{ type: 'close' }]);
  if (utterance.type !== 'text') return unsupported('cmp2204', utterance.type);
  if (role === 'accept') return unsupported('cmp2204', 'a text on an accepted connection');
  if (exchange.hasSaid) return unsupported('cmp2204', 'a second text on one connection');
  return cmp2204.pieces(utterance.text, options).andThen((pieces): Outputs => {
    const [text = '', ...rest] = pieces;
    if (rest.length > 0) return tooLong('cmp2204', foreignFrames.writeBytesMax);
    exchange.hasSaid = true;
    if (!options.secure)
      return writeText(utterance, { type: 'plain', keys: exchange.form.keys, text }, 'none');
    exchange.waiting = { utterance, text };
    return writeKey(exchange);
  });
}

function ownSecret(exchange: Exchange): bigint {
  const { privateNumber, random } = exchange.options;
  exchange.secret ??= privateNumber ?? drawPrivate(exchange.group, random);
  return exchange.secret;
}

const writeKey = (exchange: Exchange): Outputs =>
  encode({
    type: 'key',
    number: exchange.form.number,
    publicNumber: publicNumber(exchange.group, ownSecret(exchange)),
  }).map((bytes) => [{ type: 'write', bytes }]);

/** One message per connection, so the close follows. */
const writeText = (utterance: Utterance, message: Cmp2204Message, encryption: Encryption): Outputs =>
  encode(message).map((bytes) => [
    { type: 'write', bytes },
    { type: 'sent', utterance, encryption },
    { type: 'close' },
  ]);

/** Guesses the other half of a peer's form: both halves are those of the real program, or neither is. */
const guessNumber = (form: Cmp2204Form, keys: Cmp2204Form['keys']): Cmp2204Form['number'] =>
  (keys === 'blank') === (form.number === 'repr') ? form.number : keys === 'blank' ? 'repr' : 'string';
const guessKeys = (form: Cmp2204Form, number: Cmp2204Form['number']): Cmp2204Form['keys'] =>
  (number === 'repr') === (form.keys === 'blank') ? form.keys : number === 'repr' ? 'blank' : 'underscore';
