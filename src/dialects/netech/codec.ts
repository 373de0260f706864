/**
 * Dialect netech: one peer to another, on a TCP port of the user's choice. Its lists of active and connected peers:
 * `peers.ts`.
 *
 * A message, the sender closes:
 *   > 4c495354454e494e475f504f52543a373037307c5445414d5f4e414d453a626c75657c6869
 *     LISTENING_PORT:7070|TEAM_NAME:blue|hi
 *
 * Layout: `LISTENING_PORT:PORT|TEAM_NAME:NAME|TEXT`, UTF-8, parted at the first two `|` (TEXT may hold more). One
 * message per connection. Peer identity: source address and LISTENING_PORT. `connection message` (automatic) and
 * `manual connection message` (typed address) connect, `exit` leaves; in any case.
 *
 * COMPAT the labels are read in any case, with blanks, hyphens or nothing for their underscores, and behind white space.
 * COMPAT text without the header is from `unknown_team`, at its source port. COMPAT a header that ends too early is
 * text without a header; an invalid port becomes the source port, and a missing team `unknown_team`: no text that can
 * be shown is refused. COMPAT later texts on a connection come from the sender of the first one. COMPAT a team name
 * cannot hold `|`: there it becomes `/`.
 */
import { ok, type Result } from 'neverthrow';
import { foreignFrames, text as textLimits } from '../limits.js';
import { unreachable } from '../../exhaustive.js';
import type { DialectError } from '../errors.js';
import { parsePort } from '../../wire/address.js';
import { plainKey } from '../../wire/json/keys.js';
import { openingStart, splitText, utf8Cost } from '../../wire/utf8.js';
import type {
  ForeignDialect,
  ForeignMachine,
  ForeignOptions,
  ForeignOutput,
  ForeignRole,
  Utterance,
} from '../dialect.js';
import {
  boundedName,
  cutReads,
  frameText,
  oneLine,
  openMachine,
  textsBetween,
  tooLong,
  unsupported,
  utf8Bytes,
  withoutLineEnd,
} from '../foreign.js';

/** One message on the wire. */
export interface NetechMessage {
  /** `null`: text without the header. `port`: null where it is none. `team` as it stands there, blanks and all. */
  readonly sender: { readonly port: number | null; readonly team: string } | null;
  readonly text: string;
}

/** The name of a sender without a header. */
export const netechUnknownTeam = 'unknown_team';

/** `ForeignOptions.form` that makes a connect say that a person typed the address. */
export const netechManual = 'manual';

/** The dialect. */
export const netech: ForeignDialect<NetechMessage> = {
  name: 'netech',
  framing: { type: 'read', bytesMax: foreignFrames.frameBytesMax, idleGapMs: foreignFrames.messageGapMs },
  can: {
    receipts: false,
    connection: 'message',
    encryption: ['none'],
    textBytesMax: foreignFrames.writeBytesMax,
  },
  decode: (frame) =>
    frameText('netech', frame)
      .map((text) => parse(headOn(withoutLineEnd(text))))
      .map(({ sender, text }) => ({ sender, text })),
  encode,
  means: meaning,
  pieces,
  openMachine: openNetechMachine,
};

const portLabel = 'LISTENING_PORT:';
const teamLabel = 'TEAM_NAME:';

const portHead = /^listening[ _-]?port\s*:/i;
const teamHead = /^\s*team[ _-]?name\s*:/i;

/** A text with a header begins with it; any other text stays as it is. */
function headOn(text: string): string {
  const trimmed = text.replace(/^\ufeff?\s*/, '');
  return portHead.test(trimmed) ? trimmed : text;
}

/** `head`: the header as the peer spells it. */
interface Headed extends NetechMessage {
  readonly head: string;
}

/** Parses a message. Never fails: without a whole header all is text. */
function parse(text: string): Headed {
  const first = text.indexOf('|');
  const second = text.indexOf('|', first + 1);
  if (!portHead.test(text) || first < 0 || second < 0) return { sender: null, text, head: '' };
  const port = parsePort(text.slice(0, first).replace(portHead, ''));
  const label = text.slice(first + 1, second);
  const team = teamHead.test(label) ? label.replace(teamHead, '') : '';
  return { sender: { port, team }, text: text.slice(second + 1), head: text.slice(0, second + 1) };
}

function encode(message: NetechMessage): Result<Uint8Array, DialectError> {
  if (message.sender?.port === null) return unsupported('netech', 'a sender without a port');
  const bytes = utf8Bytes(format(message));
  return bytes.length > foreignFrames.writeBytesMax
    ? tooLong('netech', foreignFrames.writeBytesMax)
    : ok(bytes);
}

const format = ({ sender, text }: NetechMessage): string =>
  sender === null
    ? text
    : `${portLabel}${sender.port}|${teamLabel}${sender.team.replaceAll('|', '/')}|${text}`;

/** The words that a text means something by. */
function meaning(text: string): 'connect' | 'leave' | 'text' {
  const words = text.trim().toLowerCase();
  if (words === 'connection message' || words === 'manual connection message') return 'connect';
  return words === 'exit' ? 'leave' : 'text';
}

const ownSender = (options: ForeignOptions): NonNullable<NetechMessage['sender']> => ({
  port: options.listeningPort,
  team: boundedName(oneLine(options.name)) ?? netechUnknownTeam,
});

/** A command stands alone: other programs compare the whole text with it. */
const spoken = (text: string): string => (meaning(text) === 'text' ? text : text.trim());

function pieces(text: string, options: ForeignOptions): Result<readonly string[], DialectError> {
  if (text === '') return unsupported('netech', 'an empty text');
  // The words of a command are what the program itself sends for it.
  if (meaning(text) !== 'text') return ok([text]);
  const head = utf8Bytes(format({ sender: ownSender(options), text: '' })).length;
  const cut = splitText(text, foreignFrames.writeBytesMax - head, utf8Cost);
  // A cut that leaves just a command would be obeyed: such a piece is cut once more.
  return ok(cut.flatMap((piece) => (meaning(piece) === 'text' ? [piece] : splitText(piece, 6, () => 3))));
}

function textOf(utterance: Utterance, options: ForeignOptions): Result<string, DialectError> {
  switch (utterance.type) {
    case 'connect':
      return ok(options.form === netechManual ? 'manual connection message' : 'connection message');
    case 'leave':
      return ok('exit');
    case 'text':
      return pieces(utterance.text, options).andThen((cut) =>
        cut.length > 1 ? tooLong('netech', foreignFrames.writeBytesMax) : ok(spoken(utterance.text)),
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
      return unsupported('netech', utterance.type);
    default:
      return unreachable(utterance);
  }
}

function openNetechMachine(role: ForeignRole, options: ForeignOptions): ForeignMachine {
  let speaking: Headed | null = null;
  let hasSaid = false;

  const hear = (read: string, nowMs: number): readonly ForeignOutput[] => {
    const frame = headOn(read);
    const message = parse(frame);
    if (message.sender !== null) speaking = message;
    const texts = speaking === null ? [withoutLineEnd(frame)] : textsBetween(frame, speaking.head);
    return texts.flatMap((text) => understood(text, speaking?.sender ?? null, nowMs));
  };
  return openMachine('netech', cutReads(isWithinHeader), {
    hear: (frame, _end, nowMs) => frameText('netech', frame).map((text) => hear(text, nowMs)),
    say(utterance) {
      if (role === 'accept') return unsupported('netech', 'a message on an accepted connection');
      if (hasSaid) return unsupported('netech', 'a second message on one connection');
      return textOf(utterance, options).andThen((text) =>
        encode({ sender: ownSender(options), text }).map((bytes): readonly ForeignOutput[] => {
          hasSaid = true;
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

function understood(text: string, sender: NetechMessage['sender'], nowMs: number): ForeignOutput[] {
  const heard = (utterance: Utterance): ForeignOutput => ({
    type: 'heard',
    utterance,
    speaker: {
      name: boundedName(sender?.team ?? '') ?? netechUnknownTeam,
      listeningPort: sender?.port ?? null,
      form: null,
    },
    encryption: 'none',
  });
  const meant = meaning(text);
  if (meant === 'text') return [heard({ type: 'text', id: null, sentAtMs: nowMs, text })];
  if (meant === 'connect') return [heard({ type: 'connect' })];
  return [heard({ type: 'leave', words: null }), { type: 'close' }];
}

const headerBytesMax = utf8Bytes(`${portLabel}65535|${teamLabel}|`).length + textLimits.nameBytesMax;

/** The header has not ended, and may yet. */
function isWithinHeader(held: Uint8Array): boolean {
  if (held.length >= headerBytesMax) return false;
  const text = String.fromCharCode(...held.subarray(openingStart(held)));
  const spelled = plainKey(text);
  const label = plainKey(portLabel);
  return spelled.startsWith(label) ? text.split('|', 3).length < 3 : label.startsWith(spelled);
}
