/** Every expected failure in words: what happened, why, what to do; and the exit code that goes with it. */
import {
  escapeForTerminal,
  foreignDialectNames,
  resolvePeer,
  type ErrorCode,
  type ParlanceError,
} from '../../../index.js';

/** 0 done · 1 unexpected · 2 usage · 3 no such peer · 4 timeout · 5 security · 6 in use · 78 home unusable. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 78;

export interface Wording {
  readonly what: string;
  readonly why: string;
  readonly remedy: string;
  readonly exit: ExitCode;
}

/** One line without a control character, whoever chose the words in it. */
export function lineOf({ what, why, remedy }: Wording): string {
  return escapeForTerminal(`${what}: ${why}; ${remedy}`);
}

export function wordingOf(error: ParlanceError): Wording {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the table's type pairs each code with its error
  const wording = wordings[error.code] as (error: ParlanceError) => Wording;
  return wording(error);
}

type Wordings = {
  readonly [C in ErrorCode]: (error: Extract<ParlanceError, { code: C }>) => Wording;
};

const say = (exit: ExitCode, what: string, why: string, remedy: string): Wording => ({
  exit,
  what,
  why,
  remedy,
});

function notDelivered(error: Extract<ParlanceError, { code: 'command/not-delivered' }>): Wording {
  const { peer, waitedMs, queued, unsent } = error;
  const why =
    queued === 0
      ? `"${peer}" took nothing within ${seconds(waitedMs)}`
      : `"${peer}" did not confirm ${queued === 1 ? 'it' : `${queued} messages`} within ${seconds(waitedMs)}`;
  const remedy =
    unsent > 0
      ? `${queued} stay queued, ${unsent} lines were not taken: send them again`
      : 'it stays queued and goes out when the peer is back';
  return say(4, 'not delivered yet', why, remedy);
}

function unknownPeer({ peer }: Extract<ParlanceError, { code: 'chat/unknown-peer' }>): Wording {
  const what = `no peer "${peer}"`;
  if (peer.includes('://')) {
    const remedy = `write DIALECT://HOST:PORT, the dialect one of ${foreignDialectNames.join(', ')}`;
    return say(3, what, 'that is no address of an older program', remedy);
  }
  const isAddress = resolvePeer(peer, []).isOk();
  if (!isAddress && /^[^\s:]+:\d+$/.test(peer))
    return say(3, what, 'that is no address', 'write HOST:PORT, the port a number from 1 to 65535');
  const remedy = 'see "parlance peers", or give HOST:PORT';
  return say(3, what, 'nobody of that name was heard of here', remedy);
}

const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;

/** What several codes have in common is said once. */
const noSession = (why: string): Wording =>
  say(1, 'no session with that address', why, 'nothing was sent; check that Parlance runs there');

const unproved = (error: { readonly code: ErrorCode }): Wording =>
  say(
    5,
    'the session was refused',
    `it did not prove who the peer is (${error.code})`,
    'nothing was sent; try again, and if it stays so, compare codes',
  );

const homeTrouble = (error: { readonly file: string; readonly reason: string }): Wording =>
  say(78, 'the home cannot be used', `${error.file}: ${error.reason}`, 'check the disk and the permissions');

const unwell = (error: { readonly code: ErrorCode; readonly actor: string }): Wording =>
  say(1, 'the node is not well', `${error.code} at ${error.actor}`, 'try again; the log says more');

const notUnderstood = (error: { readonly code: ErrorCode }): Wording =>
  say(1, 'the peer was not understood', error.code, 'check which program it runs');

/** One row per code: a code without words does not compile. */
const wordings: Wordings = {
  'chat/unknown-peer': unknownPeer,
  'chat/ambiguous-peer': (error) =>
    say(
      3,
      `"${error.peer}" is not clear`,
      `several have that name: ${error.candidates.join(', ')}`,
      'add the tag, as in the list',
    ),
  'chat/text-empty': () => say(2, 'not sent', 'the text is empty', 'give some words'),
  'chat/text-too-long': (error) =>
    say(
      2,
      'not sent',
      `the text has ${error.gotBytes} bytes, at most ${error.limitBytes} go into one message`,
      'split it',
    ),
  'chat/text-invalid': (error) =>
    say(2, 'not sent', `the text cannot be carried (${error.detail})`, 'send valid Unicode text'),
  'message/id-taken': (error) =>
    say(2, 'not sent', `another message has the id ${error.id}`, 'give each message an id of its own'),
  'message/id-invalid': (error) =>
    say(2, 'not sent', error.detail, 'give a UUID in lower case, or no id at all'),
  'chat/name-invalid': (error) =>
    say(2, 'that name cannot be used', error.detail, 'choose a name of 1 to 64 visible characters'),
  'chat/outbox-full': (error) =>
    say(1, 'not queued', `${error.limit} messages wait already`, 'wait until some are delivered'),
  'chat/blocked': (error) =>
    say(
      5,
      `"${error.peer}" is blocked`,
      'you asked for nothing to pass between you',
      `"parlance unblock ${error.peer}" lifts it`,
    ),
  'chat/key-changed': (error) =>
    say(
      5,
      `"${error.peer}" has another key than before`,
      'a new device, or somebody in the middle',
      `compare codes, then "parlance verify ${error.peer}"`,
    ),
  'chat/own-address': (error) =>
    say(2, `${error.address} is nobody else`, 'that is this node itself', 'see "parlance peers" for others'),
  'chat/code-mismatch': (error) =>
    say(
      5,
      `"${error.peer}" is not verified`,
      'the code differs from the one of your pair',
      'compare again over a channel you trust',
    ),
  'chat/secure-only': (error) =>
    say(
      5,
      `${error.dialect} is refused`,
      'only encrypted peers are allowed (--secure-only)',
      'leave that option out to talk with older programs',
    ),
  'chat/dialect-off': (error) =>
    say(
      5,
      `${error.dialect} is refused`,
      'this node does not talk with that older program',
      `start the node with --dialects ${error.dialect}; such talks are not protected`,
    ),
  'session/key-changed': (error) =>
    say(
      5,
      'the peer has another key than before',
      `expected ${error.expected}, got ${error.got}`,
      'compare codes, then "parlance verify PEER"',
    ),
  'session/blocked': () => say(5, 'refused', 'the peer is blocked', '"parlance unblock PEER" lifts it'),
  'session/downgrade': unproved,
  'session/serial-rollback': unproved,
  'session/bad-certificate': unproved,
  'session/busy': (error) =>
    say(1, 'the peer is busy', 'all its connections are taken', `try again in ${error.retryAfterMs} ms`),
  'session/unsupported-version': (error) =>
    say(
      1,
      'no session',
      `the peer speaks wire versions ${error.offered.join(', ')} only`,
      'update the older of the two',
    ),
  'session/malformed': (error) => noSession(error.detail),
  'session/own-identity': () => noSession('this node itself, or a copy of its home, answers there'),
  'session/order': (error) => noSession(error.detail),
  'session/limit': (error) => noSession(error.detail),
  'session/decrypt-failed': () => noSession('what it answered could not be read'),
  'session/deadline': () => noSession('it did not answer in time'),
  'store/newer-schema': (error) =>
    say(
      78,
      'the home is of a newer Parlance',
      `${error.file} has schema ${error.found}, this one knows ${error.known}`,
      'update Parlance; nothing was changed',
    ),
  'store/full': (error) =>
    say(78, 'the disk is full', `${error.file} cannot grow`, 'free some space; nothing queued is lost'),
  'store/unusable': homeTrouble,
  'store/io': homeTrouble,
  'store/bad-query': (error) =>
    say(2, 'the search was not understood', error.detail, 'search for words, or "a phrase" in quotes'),
  'transport/port-in-use': (error) =>
    say(
      6,
      `port ${error.port} is in use`,
      `another program listens on ${error.address}`,
      'choose another with --port, or leave out --port-strict',
    ),
  'transport/dialect-port-in-use': (error) =>
    say(
      6,
      `port ${error.port} of ${error.dialect} is in use`,
      `another program listens on ${error.address}`,
      `end it, or choose another with --listen ${error.dialect}=PORT`,
    ),
  'transport/beacon-ports-in-use': (error) =>
    say(
      6,
      error.ports.length === 1
        ? `UDP port ${error.ports[0]} is in use`
        : `UDP ports ${error.ports.join(' and ')} are in use`,
      'another program hears the beacons there and shares them with nobody',
      'end it, or choose others with --beacon-port, the same for all',
    ),
  'transport/cannot-listen': (error) =>
    say(
      1,
      `cannot listen on ${error.address}:${error.port}`,
      error.reason,
      'choose another with --bind or --port',
    ),
  'transport/dial-failed': (error) =>
    say(
      1,
      `cannot reach ${error.address}:${error.port}`,
      error.reason,
      'check the address and that the other side runs',
    ),
  'transport/too-many-dials': (error) =>
    say(
      1,
      'too many connections at once',
      `${error.limit} are being opened already`,
      'try again in a moment',
    ),
  'home/in-use': (error) =>
    say(
      6,
      'the home is in use',
      `process ${error.pid} runs in ${error.home}`,
      'end it, or give another --home',
    ),
  'home/unusable': (error) =>
    say(78, 'the home cannot be used', `${error.home}: ${error.reason}`, 'mend that, or give another --home'),
  'home/bad-settings': (error) =>
    say(78, 'the settings cannot be read', `${error.file}: ${error.detail}`, 'mend or remove that file'),
  'home/bad-identity': (error) =>
    say(
      78,
      'the identity cannot be read',
      `${error.file}: ${error.reason}`,
      'restore it from a backup; it is never replaced by itself',
    ),
  'api/no-node': (error) =>
    say(1, 'no node runs', `nobody listens in ${error.home}`, 'start one with "parlance serve"'),
  'api/lost': (error) =>
    say(1, 'the node went away', error.detail, 'what was queued stays queued; try again'),
  'api/malformed': (error) =>
    say(1, 'the node was not understood', error.detail, 'run the same version on both sides'),
  'api/too-large': (error) => say(2, 'too large', `at most ${error.limitBytes} bytes`, 'send it in parts'),
  'api/deadline': (error) =>
    say(1, 'the node does not answer', `waited ${error.deadlineMs} ms`, 'look at its log, or start it again'),
  'command/usage': (error) =>
    say(
      2,
      'wrong usage',
      error.detail,
      `see "parlance help${error.command === '' ? '' : ` ${error.command}`}"`,
    ),
  'command/not-delivered': (error) => notDelivered(error),
  'command/timeout': (error) =>
    say(
      4,
      error.what,
      `nothing within ${seconds(error.waitedMs)}`,
      'try again, or allow more with --timeout',
    ),
  'command/failed': (error) =>
    say(1, `not delivered to "${error.peer}"`, error.reason, 'see "parlance history" for what went out'),
  'command/too-late': (error) =>
    say(
      6,
      `too late for ${error.options.join(', ')}`,
      `a node runs in ${error.home} already, and takes that at its start only`,
      'end that node, leave it out, or give another --home',
    ),
  'command/node-ended': (error) =>
    say(1, 'the node has ended', error.reason, 'see its log, then start it again'),
  'command/stopped': () =>
    say(1, 'stopped', 'you asked for it', 'what was queued stays queued, the rest was not taken'),
  'node/twin': (error) =>
    say(
      5,
      'another node has your key',
      `it runs at ${error.address}`,
      'a home must not be copied: end one of them',
    ),
  'feed/too-slow': (error) =>
    say(1, 'events were missed', `more than ${error.waitingMax} were waiting`, 'read again with --since'),
  'command/file': (error) => say(1, `cannot write ${error.file}`, error.reason, 'choose another file'),
  'runtime/mailbox-full': unwell,
  'runtime/deadline': unwell,
  'runtime/no-actor': unwell,
  'runtime/poison': unwell,
  'runtime/lost': unwell,
  'runtime/not-cloneable': unwell,
  'runtime/start-failed': (error) =>
    say(1, 'the node did not start', `${error.actor}: ${error.reason}`, 'the log says more'),
  'runtime/failed': (error) => say(1, `${error.what} failed`, error.detail, 'try again; the log says more'),
  'runtime/pool-full': (error) =>
    say(1, 'too much at once', `${error.limit} jobs wait already`, 'try again in a moment'),
  'runtime/restart-intensity': (error) =>
    say(
      1,
      'the node gave up',
      `${error.actor} failed again and again`,
      'nothing queued is lost; start it again',
    ),
  'wire/frame-too-large': notUnderstood,
  'wire/malformed': notUnderstood,
  'dialect/malformed': notUnderstood,
  'dialect/too-long': (error) =>
    say(2, 'not possible', `${error.dialect} carries at most ${error.limitBytes} bytes`, 'send it in parts'),
  'dialect/unsupported': (error) =>
    say(
      2,
      'not possible',
      `${error.dialect} cannot carry ${error.what}`,
      'an older program has no words for it',
    ),
  'dialect/bad-option': (error) =>
    say(2, `wrong setting for ${error.dialect}`, error.detail, 'correct it, then start again'),
};
