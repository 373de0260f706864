/**
 * Dialect chatbuddy: MessageBuddy to MessageBuddy, TCP port 9090 unless the user types another. Its hub:
 * `hub-codec.ts`.
 *
 * A conversation; `>` marks bytes of the dialling side:
 *   > 68656c6c6f                     hello
 *   < 6869207468657265               hi there
 *   > 454f4d                         EOM, then the connection is closed
 *
 * Layout: raw UTF-8 both ways at any time, one message in one write, no delimiter. `EOM` alone ends the chat.
 *
 * COMPAT the real reader takes the bytes of one `recv(1024)` as one message: longer texts go in several writes.
 * COMPAT a line end after the text (a peer typing into netcat) is not part of it. COMPAT `EOM` glued to the last
 * message counts where the close follows at once, as it does after a real `EOM`.
 */
import { ok, type Result } from 'neverthrow';
import { foreignFrames } from '../limits.js';
import type { DialectError } from '../errors.js';
import { splitText, utf8Cost } from '../../wire/utf8.js';
import type { ForeignDialect, ForeignMachine, ForeignOutput, Utterance } from '../dialect.js';
import {
  cutReads,
  frameText,
  oneSentence,
  openMachine,
  tooLong,
  unsupported,
  utf8Bytes,
  withoutLineEnd,
  type FrameEnd,
} from '../foreign.js';

/** One message on the wire. `end`: the chat is over. */
export type ChatbuddyMessage = { readonly type: 'text'; readonly text: string } | { readonly type: 'end' };

/** The text that the program shows once the other side has ended the chat. */
export const chatbuddyFarewell = 'Looks like your friend stepped away.';

/** The dialect. */
export const chatbuddy: ForeignDialect<ChatbuddyMessage> = {
  name: 'chatbuddy',
  framing: { type: 'read', bytesMax: foreignFrames.frameBytesMax, idleGapMs: foreignFrames.idleGapMs },
  can: {
    receipts: false,
    connection: 'conversation',
    encryption: ['none'],
    textBytesMax: foreignFrames.writeBytesMax,
  },
  decode,
  encode,
  pieces,
  means: (text) => (text === endMark ? 'leave' : 'text'),
  encodeFarewell: (words) => utf8Bytes(oneSentence(words, foreignFrames.writeBytesMax)),
  openMachine: openChatbuddyMachine,
};

const endMark = 'EOM';

function decode(frame: Uint8Array): Result<ChatbuddyMessage, DialectError> {
  return frameText('chatbuddy', frame).map((text) => {
    const words = withoutLineEnd(text);
    return words === endMark ? { type: 'end' } : { type: 'text', text: words };
  });
}

function encode(message: ChatbuddyMessage): Result<Uint8Array, DialectError> {
  if (message.type === 'end') return ok(utf8Bytes(endMark));
  if (message.text === '') return unsupported('chatbuddy', 'an empty text');
  if (message.text === endMark) return unsupported('chatbuddy', 'the text EOM, which would end the chat');
  const bytes = utf8Bytes(message.text);
  return bytes.length > foreignFrames.writeBytesMax
    ? tooLong('chatbuddy', foreignFrames.writeBytesMax)
    : ok(bytes);
}

function pieces(text: string): Result<readonly string[], DialectError> {
  if (text === '') return unsupported('chatbuddy', 'an empty text');
  if (text === endMark) return ok([text]);
  const cut = splitText(text, foreignFrames.writeBytesMax, utf8Cost);
  // A cut that leaves just `EOM` would end the chat: such a piece is cut once more.
  return ok(cut.flatMap((piece) => (piece === endMark ? ['EO', 'M'] : [piece])));
}

function openChatbuddyMachine(): ForeignMachine {
  return openMachine('chatbuddy', cutReads(), {
    hear: (frame, end, nowMs) => frameText('chatbuddy', frame).map((text) => hear(text, end, nowMs)),
    say,
  });
}

function hear(frame: string, end: FrameEnd, nowMs: number): ForeignOutput[] {
  const text = withoutLineEnd(frame);
  const isEnd = text === endMark || (end === 'closed' && text.endsWith(endMark));
  const words = isEnd ? withoutLineEnd(text.slice(0, -endMark.length)) : text;
  const outputs: ForeignOutput[] = [];
  if (words !== '' || !isEnd) outputs.push(heard({ type: 'text', id: null, sentAtMs: nowMs, text: words }));
  if (isEnd) outputs.push(heard({ type: 'leave', words: null }), { type: 'close' });
  return outputs;
}

const heard = (utterance: Utterance): ForeignOutput => ({
  type: 'heard',
  utterance,
  speaker: { name: null, listeningPort: null, form: null },
  encryption: 'none',
});

/** The words before the end mark, in a write of their own. */
function farewellOutputs(utterance: Utterance): readonly ForeignOutput[] {
  const words = utterance.type === 'leave' ? (utterance.words ?? '') : '';
  const sentence = oneSentence(words, foreignFrames.writeBytesMax);
  return sentence === '' || sentence === endMark ? [] : [{ type: 'write', bytes: utf8Bytes(sentence) }];
}

function say(utterance: Utterance): Result<readonly ForeignOutput[], DialectError> {
  const sent: ForeignOutput = { type: 'sent', utterance, encryption: 'none' };
  if (utterance.type === 'leave' || (utterance.type === 'text' && utterance.text === endMark))
    return ok([
      ...farewellOutputs(utterance),
      { type: 'write', bytes: utf8Bytes(endMark) },
      sent,
      { type: 'close' },
    ]);
  if (utterance.type !== 'text') return unsupported('chatbuddy', utterance.type);
  return pieces(utterance.text).map((texts) => [
    ...texts.map((text): ForeignOutput => ({ type: 'write', bytes: utf8Bytes(text) })),
    sent,
  ]);
}
