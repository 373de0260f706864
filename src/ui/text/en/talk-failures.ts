/** English: failures of people, messages and sessions. */
import { foreignDialectNames } from '../../../index.js';
import {
  kindOfWord,
  say,
  shortId,
  type CodesOf,
  type Failure,
  type FailureTexts,
  type FailureWords,
} from '../failure-facts.js';

type Code = CodesOf<'chat' | 'message' | 'session' | 'wire' | 'dialect'>;

function unknownPeer({ peer }: Failure<'chat/unknown-peer'>): FailureWords {
  const what = `no peer "${peer}"`;
  const kind = kindOfWord(peer);
  if (kind === 'foreign')
    return say(
      what,
      'this is not an address of an older program',
      `write DIALECT://HOST:PORT, the dialect one of ${foreignDialectNames.join(', ')}`,
    );
  return kind === 'address'
    ? say(what, 'this is not an address', 'write HOST:PORT, the port a number from 1 to 65535')
    : say(what, 'no peer with that name is known here', 'see "parlance peers", or give HOST:PORT');
}

function keyChanged({ peer, claimant }: Failure<'chat/key-changed'>): FailureWords {
  const [bearer, fresh] = claimant === '' ? ['somebody', 'NAME#TAG of the new key'] : [claimant, claimant];
  return say(
    `"${peer}" has another key than before`,
    `${bearer} has that name now: a new device, or a person who poses as the peer`,
    `compare codes with "parlance verify", then "parlance contact accept ${fresh}" or "parlance contact reject ${fresh}"`,
  );
}

/** Several codes share each of the following texts. */
const noSession = (why: string): FailureWords =>
  say('no session with that address', why, 'nothing was sent; check that Parlance runs there');

const unproved = (error: { readonly code: string }): FailureWords =>
  say(
    'the session was refused',
    `the peer's identity could not be verified (${error.code})`,
    'nothing was sent; try again, and compare codes if it fails again',
  );

const notUnderstood = (error: { readonly code: string }): FailureWords =>
  say('the peer sent something unreadable', error.code, 'check which program it runs');

/** English texts: failures of people, messages and sessions. */
export const talkFailures: Pick<FailureTexts, Code> = {
  'chat/unknown-peer': unknownPeer,
  'chat/own-name': (error) =>
    say(`"${error.peer}" is you`, 'a node does not talk with itself', 'see "parlance peers" for others'),
  'chat/ambiguous-peer': (error) =>
    say(
      `"${error.peer}" is ambiguous`,
      `more than one peer has that name: ${error.candidates.join(', ')}`,
      'add the tag, as in this list',
    ),
  'chat/text-empty': () => say('not sent', 'the text is empty', 'add a text'),
  'chat/text-too-long': (error) =>
    say(
      'not sent',
      `the text has ${error.gotBytes} bytes, and a message at most ${error.limitBytes}`,
      'split the text',
    ),
  'chat/text-invalid': (error) =>
    say('not sent', `the text cannot be carried (${error.detail})`, 'send valid Unicode text'),
  'message/id-taken': (error) =>
    say('not sent', `another message has the id ${error.id}`, 'give each message an id of its own'),
  'message/id-invalid': (error) =>
    say('not sent', error.detail, 'give a UUID in lower case, or no id at all'),
  'message/unknown': (error: { readonly id: string }) =>
    say(`no message "${error.id}"`, 'no message with that id is known here', 'see "parlance history --json"'),
  'message/ambiguous': (error: { readonly id: string }) =>
    say(
      `"${error.id}" is ambiguous`,
      'more than one message ends with it',
      'give more of the id, or all of it',
    ),
  'message/not-yours': (error: { readonly id: string }) =>
    say(
      'not changed',
      `the message ${error.id} is of the other side`,
      'to remove it here, add --for-me to delete',
    ),
  'message/deleted': (error: { readonly id: string }) =>
    say('not changed', `the message ${error.id} is deleted`, 'name another message, or send a new one'),
  'message/changed-too-often': (error: { readonly id: string }) =>
    say('not changed', `the message ${error.id} was changed too often`, 'send a new message'),
  'message/timer-invalid': (error: { readonly seconds: number }) =>
    say(
      'the timer is unchanged',
      `${String(error.seconds)} seconds are too short or too long`,
      'give a time from 5s to 366d, or off',
    ),
  'message/emoji-invalid': (error: { readonly emoji: string }) =>
    say('no reaction', `"${error.emoji}" is not one emoji`, 'give a single emoji such as 👍'),
  'chat/peer-cannot': (error: { readonly peer: string; readonly what: string }) =>
    say(
      'nothing was sent',
      `the program of "${error.peer}" does not know ${error.what}`,
      'send a message instead',
    ),
  'chat/name-invalid': (error) =>
    say('that name cannot be used', error.detail, 'choose a name of 1 to 64 visible characters'),
  'chat/status-invalid': (error) =>
    say('that status cannot be used', error.detail, 'give a shorter text, or a later time'),
  'chat/outbox-full': () => say('not queued', 'the outbox is full', 'wait until some are delivered'),
  'chat/blocked': (error) =>
    say(
      `"${error.peer}" is blocked`,
      'you blocked this peer',
      `unblock it with "parlance unblock ${error.peer}"`,
    ),
  'chat/key-changed': keyChanged,
  'chat/own-address': (error) =>
    say(
      `${error.address} is this node`,
      'a node does not talk with itself',
      'see "parlance peers" for others',
    ),
  'chat/code-mismatch': (error) =>
    say(
      `"${error.peer}" is not verified`,
      'the code differs from the safety code of your pair',
      'compare again over a channel you trust',
    ),
  'chat/secure-only': (error) =>
    say(
      `${error.dialect} is refused`,
      'only encrypted peers are allowed (--secure-only)',
      'leave that option out to talk with older programs',
    ),
  'chat/dialect-off': (error) =>
    say(
      `${error.dialect} is refused`,
      'this node does not talk with that older program',
      `start the node with --dialects ${error.dialect}; its messages are not protected`,
    ),
  'session/key-changed': (error) =>
    say(
      'the peer has another key than before',
      `expected the key ${shortId(error.expected)}, got ${shortId(error.got)}`,
      'compare codes, then "parlance verify PEER"',
    ),
  'session/blocked': () => say('refused', 'the peer is blocked', 'unblock it with "parlance unblock PEER"'),
  'session/downgrade': unproved,
  'session/serial-rollback': unproved,
  'session/bad-certificate': unproved,
  'session/busy': (error) =>
    say('the peer is busy', 'all its connections are in use', `try again in ${error.retryAfterMs} ms`),
  'session/unsupported-version': (error) =>
    say(
      'no session',
      `the peer speaks only wire versions ${error.offered.join(', ')}`,
      'update the older of the two',
    ),
  'session/malformed': (error) => noSession(error.detail),
  'session/own-identity': () => noSession('this node itself, or a copy of its home, answers there'),
  'session/order': (error) => noSession(error.detail),
  'session/limit': (error) => noSession(error.detail),
  'session/decrypt-failed': () => noSession('its answer could not be decrypted'),
  'session/deadline': () => noSession('it did not answer in time'),
  'wire/frame-too-large': notUnderstood,
  'wire/malformed': notUnderstood,
  'dialect/malformed': notUnderstood,
  'dialect/unreadable': notUnderstood,
  'dialect/too-long': (error) =>
    say('not possible', `${error.dialect} carries at most ${error.limitBytes} bytes`, 'send it in parts'),
  'dialect/unsupported': (error) =>
    say(
      'not possible',
      `${error.dialect} cannot carry ${error.what}`,
      'leave it out: the older program has no form for it',
    ),
  'dialect/bad-option': (error) =>
    say(`wrong setting for ${error.dialect}`, error.detail, 'correct it, then start again'),
};
