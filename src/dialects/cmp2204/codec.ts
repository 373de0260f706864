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
 * COMPAT other answers spell the keys with underscores or as one word: any spelling is read, and answered in kind. A
 * text for a program that has not spoken yet stands under all three spellings, since every program tests by key.
 * COMPAT a public number without b'' means that the cipher key is made of the plain digits. COMPAT programs that send
 * such numbers use the group of 23 and 5, that of 19 and 2 or another one, and do not say which: they get the number 1,
 * by which both sides share the number 1 in every group. So does an initiator whose number is not of our group. COMPAT a
 * text of an initiator in another known group than ours is read. COMPAT a text beside a key without a use is read, and a member `user` names the sender.
 * COMPAT base64 wrapped in b'' as well: it is what `str()` of Python's bytes gives. COMPAT the real responder prints
 * and never answers but with its key, so nothing is said on an accepted connection.
 */
import { err, ok, type Result } from 'neverthrow';
import { foreignFrames } from '../limits.js';
import { unreachable } from '../../exhaustive.js';
import type { DialectError } from '../errors.js';
import { jsonCost, splitText, utf8Cost } from '../../wire/utf8.js';
import {
  cipherKey,
  defaultGroup,
  drawPrivate,
  knownGroups,
  openText,
  parseNumber,
  privateOf,
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
  boundedName,
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
  readonly keys: Spelling | 'every';
  readonly number: NumberForm;
}

type Spelling = 'blank' | 'underscore' | 'joined';
/** The form of a public number. */
export type NumberForm = 'repr' | 'string' | 'bare';

/** One message on the wire. */
export type Cmp2204Message =
  | {
      readonly type: 'plain';
      readonly keys: Cmp2204Form['keys'];
      readonly text: string;
      readonly user: string | null;
    }
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
            ? splitText(text, sealableBytes(room('encrypted message', options)), utf8Cost)
            : splitText(text, room('unencrypted message', options), jsonCost),
        ),
  means: () => 'text',
  openMachine: openCmp2204Machine,
};

/** Bytes left for the value of `key` in one write, under each of its spellings. */
function room(key: string, options: ForeignOptions): number {
  const { keys } = parseForm(options.form);
  const left = foreignFrames.writeBytesMax - utf8Bytes(object(key, keys, '')).length;
  return Math.floor(left / spellingsOf(keys).length);
}

function decode(frame: Uint8Array): Result<Cmp2204Message, DialectError> {
  return frameFields('cmp2204', frame).andThen((fields): Result<Cmp2204Message, DialectError> => {
    const plain = fields.get('unencryptedmessage');
    const sealed = fields.get('encryptedmessage');
    const key = fields.get('key');
    const isPlain = plain !== undefined && !(plain.value === '' && isText(sealed?.value));
    const message = isPlain ? plain : sealed;
    if (message === undefined)
      return key === undefined ? malformed('cmp2204', 'neither a text nor a key') : decodeKey(key.value);
    if (!isPlain && (key !== undefined || plain !== undefined))
      return malformed('cmp2204', 'an encrypted text beside a text or a key');
    const words = scalarText(message.value);
    const keys = keysForm(message.spelled);
    if (words === null) return malformed('cmp2204', 'a message that is not text');
    const user = boundedName(scalarText((fields.get('user') ?? fields.get('username'))?.value) ?? '');
    return ok(
      isPlain
        ? { type: 'plain', keys, text: words, user }
        : { type: 'sealed', keys, base64: unquoteRepr(words) ?? words },
    );
  });
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

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
      return object('unencrypted message', message.keys, message.text);
    case 'sealed':
      return object('encrypted message', message.keys, message.base64);
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
const spellings = ['blank', 'underscore', 'joined'] as const;
const spellingsOf = (keys: Cmp2204Form['keys']): readonly Spelling[] =>
  keys === 'every' ? spellings : [keys];
/** One object that has the value under each spelling. */
const object = (key: string, keys: Cmp2204Form['keys'], value: string): string =>
  `{${spellingsOf(keys)
    .map((spelling) => `"${key.replace(' ', separators[spelling])}": ${JSON.stringify(value)}`)
    .join(', ')}}`;
const keysForm = (spelled: readonly string[]): Cmp2204Form['keys'] => {
  const [first = '', ...others] = spelled;
  if (others.length > 0) return 'every';
  return first.includes('_') ? 'underscore' : first.includes(' ') ? 'blank' : 'joined';
};

/** Returns the content of Python's repr of bytes, `b'…'` or `b"…"`; `null` for any other text. */
function unquoteRepr(text: string): string | null {
  const match = /^b(['"])([^'"\\]*)\1$/.exec(text.trim());
  return match?.[2] ?? null;
}

/** The form for a program of which nothing is known: the repr of bytes would end a program that reads a number. */
const firstForm: Cmp2204Form = { keys: 'every', number: 'bare' };
/** Formats a form as the word of `ForeignOptions.form`. */
export const formatForm = (form: Cmp2204Form): string => `${form.keys}/${form.number}`;

/** Parses `ForeignOptions.form` of this dialect. Any other word, and null, give the form for an unknown program. */
export function parseForm(text: string | null): Cmp2204Form {
  for (const keys of [...spellings, 'every'] as const) {
    for (const number of ['repr', 'string', 'bare'] as const) {
      if (text === formatForm({ keys, number })) return { keys, number };
    }
  }
  return firstForm;
}

/** The state of one connection. */
interface Exchange {
  readonly role: ForeignRole;
  readonly options: ForeignOptions;
  readonly group: ToyGroup;
  form: Cmp2204Form;
  secret: bigint | null;
  key: Uint8Array | null;
  /** The public number of the other side, with its form. */
  theirs: Extract<Cmp2204Message, { type: 'key' }> | null;
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
    theirs: null,
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
  exchange.form = { keys: message.keys, number: guessNumber(exchange, message.keys) };
  let text: string | null;
  if (message.type === 'plain') text = message.text;
  else if (exchange.key === null) return malformed('cmp2204', 'an encrypted text before a key');
  else text = openText(message.base64, exchange.key) ?? openInKnownGroup(exchange, message.base64);
  if (text === null) return unreadable('a text that does not open with the key that was agreed on');
  return ok([
    {
      type: 'heard',
      utterance: { type: 'text', id: null, sentAtMs: nowMs, text },
      speaker: {
        name: message.type === 'plain' ? message.user : null,
        listeningPort: null,
        form: formatForm(exchange.form),
      },
      encryption: message.type === 'plain' ? 'none' : 'toy-dh-3des',
    },
  ]);
}

function hearKey(exchange: Exchange, message: Extract<Cmp2204Message, { type: 'key' }>): Outputs {
  const { role, group, waiting } = exchange;
  if (role === 'dial' && waiting === null) return malformed('cmp2204', 'a key nobody asked for');
  const shared = sharedIn(exchange, message);
  if (shared === null) return unreadable(`a public number that is not below ${group.prime}`);
  exchange.form = { keys: guessKeys(exchange.form, message.number), number: message.number };
  exchange.theirs = message;
  exchange.key = cipherKey(shared, message.number === 'repr' ? 'encoded' : 'plain');
  if (waiting === null) return writeKey(exchange);
  exchange.waiting = null;
  const base64 = sealText(waiting.text, exchange.key);
  return writeText(waiting.utterance, { type: 'sealed', keys: exchange.form.keys, base64 }, 'toy-dh-3des');
}

/** Null: their number is not of our group. An initiator of another group gets the number that works in each. */
function sharedIn(
  exchange: Exchange,
  { number, publicNumber: theirs }: Extract<Cmp2204Message, { type: 'key' }>,
): bigint | null {
  const { role, group, options } = exchange;
  const isOfAnyGroup = options.group === null && options.privateNumber === null && number !== 'repr';
  const isOfOther = theirs < 1n || theirs >= group.prime;
  if (role === 'accept' && (isOfAnyGroup || isOfOther)) exchange.secret ??= neutralSecret;
  const secret = ownSecret(exchange);
  // Any number to the power of 0 is 1.
  return secret === neutralSecret ? 1n : sharedNumber(group, secret, theirs);
}

/**
 * The text, where the initiator works in another one of the known groups: it raised our number to its private one,
 * which its public number gives away in a group as small as these.
 */
function openInKnownGroup(exchange: Exchange, base64: string): string | null {
  const { theirs, group } = exchange;
  if (theirs === null) return null;
  const ours = publicNumber(group, ownSecret(exchange));
  for (const other of knownGroups) {
    const secret = privateOf(other, theirs.publicNumber);
    if (secret === null) continue;
    const shared = publicNumber({ prime: other.prime, generator: ours }, secret);
    for (const derivation of ['encoded', 'plain'] as const) {
      const text = openText(base64, cipherKey(shared, derivation));
      if (text !== null) return text;
    }
  }
  return null;
}

const unreadable = (detail: string) =>
  err<never, DialectError>({ code: 'dialect/unreadable', dialect: 'cmp2204', detail });

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
      return writeText(utterance, { type: 'plain', keys: exchange.form.keys, text, user: null }, 'none');
    exchange.waiting = { utterance, text };
    return writeKey(exchange);
  });
}

function ownSecret(exchange: Exchange): bigint {
  const { privateNumber, random, group } = exchange.options;
  const isGroupOpen = exchange.role === 'dial' && exchange.form.number !== 'repr' && group === null;
  exchange.secret ??= isGroupOpen ? neutralSecret : (privateNumber ?? drawPrivate(exchange.group, random));
  return exchange.secret;
}

/** Its public number is 1 in every group, and so is what is shared. */
const neutralSecret = 0n;

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
function guessNumber({ form, theirs }: Exchange, keys: Cmp2204Form['keys']): NumberForm {
  if (theirs !== null) return theirs.number;
  if (keys === 'every') return form.number;
  if (keys === 'blank') return 'repr';
  return form.keys === 'every' || form.number === 'repr' ? 'string' : form.number;
}

function guessKeys(form: Cmp2204Form, number: NumberForm): Cmp2204Form['keys'] {
  if (number === 'repr') return 'blank';
  return form.keys === 'blank' ? 'every' : form.keys;
}
