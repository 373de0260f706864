/**
 * Dialect cse310: one peer waits on TCP port 65500, the other connects.
 *
 * A conversation; `>` marks bytes of the connecting side:
 *   > 436c69656e743a2068656c6c6f                                           Client: hello
 *   < 5365727665723a206869                                                 Server: hi
 *   > 436c69656e74206368616e676564207468656972206e69636b6e616d6520746f20416e6e2e
 *                                                                          Client changed their nickname to Ann.
 *   < 2f646973636f6e6e65637453657276657220646973636f6e6e65637465642066726f6d2074686520636861742e
 *                                                                          /disconnectServer disconnected from the chat.
 *
 * Layout: `NICK: TEXT`, UTF-8, one message in one write of at most 1,024 bytes, no delimiter; `/nickname NEW` and
 * `/disconnect` travel as the sentences above. After `/disconnect…` the sender closes.
 *
 * COMPAT the real program takes strict turns, the connecting side first: each reads once after each send, at most 1,024
 * bytes. Early bytes of ours lie in its socket until it reads, so `turns.ts` limits them to one read. COMPAT a text
 * without a nick is read as a text of an unnamed peer. COMPAT a sentence that is not a plain rename is read as text, so
 * that it is shown. COMPAT joined messages are separated (`words.ts`).
 */
import { ok, type Result } from 'neverthrow';
import { foreignFrames } from '../limits.js';
import { unreachable } from '../../exhaustive.js';
import type { DialectError } from '../errors.js';
import { splitText, utf8Cost } from '../../wire/utf8.js';
import type {
  ForeignDialect,
  ForeignMachine,
  ForeignOptions,
  ForeignOutput,
  ForeignRole,
  Utterance,
} from '../dialect.js';
import { openTurns } from './turns.js';
import {
  format,
  isNick,
  leaveCommand,
  leaveWords,
  nickAfter,
  parse,
  partFrame,
  type Cse310Message,
} from './words.js';
import {
  boundedName,
  cutReads,
  frameText,
  oneLine,
  oneSentence,
  openMachine,
  tooLong,
  unsupported,
  utf8Bytes,
} from '../foreign.js';

/** The default names: of the side that waits, and of the side that connects. */
export const cse310DefaultNick: Readonly<Record<ForeignRole, string>> = { accept: 'Server', dial: 'Client' };

/** The dialect. */
export const cse310: ForeignDialect<Cse310Message> = {
  name: 'cse310',
  framing: { type: 'read', bytesMax: foreignFrames.frameBytesMax, idleGapMs: foreignFrames.idleGapMs },
  can: {
    receipts: false,
    connection: 'conversation',
    encryption: ['none'],
    textBytesMax: foreignFrames.writeBytesMax,
  },
  decode: (frame) => frameText('cse310', frame).map(parse),
  encode,
  pieces: (text, options) => pieces(text, ownNick(options.name, 'dial')),
  means: () => 'text',
  encodeFarewell: (words) => utf8Bytes(format(farewell(words, cse310DefaultNick.accept))),
  openPacing: openTurns,
  openMachine: openCse310Machine,
};

function encode(message: Cse310Message): Result<Uint8Array, DialectError> {
  const bytes = utf8Bytes(format(message));
  return bytes.length > foreignFrames.writeBytesMax
    ? tooLong('cse310', foreignFrames.writeBytesMax)
    : ok(bytes);
}

function pieces(text: string, nick: string): Result<readonly string[], DialectError> {
  if (text === '') return unsupported('cse310', 'an empty text');
  return ok(splitText(text, foreignFrames.writeBytesMax - utf8Bytes(`${nick}: `).length, utf8Cost));
}

/** A nick that the other side cannot mistake: no command at its start, no words of the dialect within. */
function ownNick(name: string, role: ForeignRole): string {
  const plain = boundedName(
    oneLine(name)
      .replace(/:+ /g, ' ')
      .replace(/^[/\s]+/, ''),
  );
  return plain !== null && isNick(plain) ? plain : cse310DefaultNick[role];
}

/** The present names of the two sides. */
interface Nicks {
  readonly role: ForeignRole;
  own: string;
  theirs: string | null;
}

function openCse310Machine(role: ForeignRole, options: ForeignOptions): ForeignMachine {
  const nicks: Nicks = { role, own: ownNick(options.name, role), theirs: null };
  return openMachine('cse310', cutReads(), {
    hear: (frame, end, nowMs) =>
      frameText('cse310', frame)
        .map((text) => partFrame(text, nicks.theirs, end === 'closed'))
        .map((messages) => messages.flatMap((message) => hear(nicks, message, nowMs))),
    say: (utterance) => say(nicks, utterance),
  });
}

function hear(nicks: Nicks, message: Cse310Message, nowMs: number): ForeignOutput[] {
  const heard = (utterance: Utterance): ForeignOutput => ({
    type: 'heard',
    utterance,
    speaker: { name: nicks.theirs, listeningPort: null, form: null },
    encryption: 'none',
  });
  nicks.theirs = nickAfter(nicks.theirs, message);
  switch (message.type) {
    case 'text':
      return [heard({ type: 'text', id: null, sentAtMs: nowMs, text: message.text })];
    case 'renamed':
      return [heard({ type: 'profile', name: message.to, instance: '' })];
    case 'disconnect': {
      const words = message.words === '' ? null : message.words;
      return [heard({ type: 'leave', words }), { type: 'close' }];
    }
    default:
      return unreachable(message);
  }
}

function say(nicks: Nicks, utterance: Utterance): Result<readonly ForeignOutput[], DialectError> {
  const nick = nicks.own;
  switch (utterance.type) {
    case 'text':
      return pieces(utterance.text, nick).map((texts) =>
        written(
          texts.map((text) => ({ type: 'text', nick, text })),
          utterance,
        ),
      );
    case 'profile':
      nicks.own = ownNick(utterance.name, nicks.role);
      return ok(
        written(nick === nicks.own ? [] : [{ type: 'renamed', from: nick, to: nicks.own }], utterance),
      );
    case 'leave':
      return ok([...written([farewell(utterance.words ?? '', nick)], utterance), { type: 'close' }]);
    case 'connect':
    case 'receipt':
    case 'status':
    case 'typing':
    case 'inquiry':
    case 'operation':
    case 'offer':
    case 'file':
    case 'unknown':
      return unsupported('cse310', utterance.type);
    default:
      return unreachable(utterance);
  }
}

/** The words of a farewell; of an empty one, the words of the real program. */
function farewell(words: string, nick: string): Cse310Message {
  const bytesMax = foreignFrames.writeBytesMax - utf8Bytes(leaveCommand).length;
  const sentence = oneSentence(words, bytesMax);
  return { type: 'disconnect', words: sentence === '' ? `${nick}${leaveWords}` : sentence };
}

/** Each message is a write of its own. */
const written = (messages: readonly Cse310Message[], utterance: Utterance): ForeignOutput[] => [
  ...messages.map((message): ForeignOutput => ({ type: 'write', bytes: utf8Bytes(format(message)) })),
  { type: 'sent', utterance, encryption: 'none' },
];
