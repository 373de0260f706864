/** Every expected failure in words (what happened, why, what to do) and its exit code. */
import { escapeForTerminal, foreignDialectNames, formatAddress, resolvePeer } from '../../../index.js';
import type { CliError, CliErrorCode } from '../errors.js';
import { fileWordings } from './file-wording.js';
import { operationWordings } from './operation-wordings.js';
import { say, type Wording } from './say.js';
import { keyChangedWords } from './key-changed.js';
import { isOutOfFiles, outOfFiles } from './out-of-files.js';

export type { ExitCode, Wording } from './say.js';

/** Joins a wording to one line without control characters. */
export function lineOf({ what, why, remedy }: Wording): string {
  return escapeForTerminal(`${what}: ${why}; ${remedy}`);
}

/** Returns the wording of an error. */
export function wordingOf(error: CliError): Wording {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the table's type pairs each code with its error
  const wording = wordings[error.code] as (error: CliError) => Wording;
  return wording(error);
}

type Wordings = {
  readonly [C in CliErrorCode]: (error: Extract<CliError, { code: C }>) => Wording;
};

function notDelivered(error: Extract<CliError, { code: 'command/not-delivered' }>): Wording {
  const { peer, waitedMs, queued, unsent, isForeign } = error;
  const unconfirmed = `did not confirm ${queued === 1 ? 'it' : `${queued} messages`}`;
  const failed = isForeign ? 'could not be reached' : queued === 0 ? 'accepted no message' : unconfirmed;
  const why = `"${peer}" ${failed} within ${seconds(waitedMs)}`;
  const remedy =
    unsent > 0
      ? `${queued} stay queued; send the ${unsent} lines again that were not queued`
      : `${queued > 1 ? 'they stay queued and go' : 'it stays queued and goes'} out when the peer and you are here`;
  return say(4, 'not delivered yet', why, remedy);
}

function unknownPeer({ peer }: Extract<CliError, { code: 'chat/unknown-peer' }>): Wording {
  const what = `no peer "${peer}"`;
  if (peer.includes('://')) {
    const remedy = `write DIALECT://HOST:PORT, the dialect one of ${foreignDialectNames.join(', ')}`;
    return say(3, what, 'this is not an address of an older program', remedy);
  }
  const isAddress = resolvePeer(peer, []).isOk();
  if (!isAddress && /^[^\s:]+:\d+$/.test(peer))
    return say(3, what, 'this is not an address', 'write HOST:PORT, the port a number from 1 to 65535');
  const remedy = 'see "parlance peers", or give HOST:PORT';
  return say(3, what, 'no peer with that name is known here', remedy);
}

const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;

/** Returns the first characters of an id, as they stand in tags. */
const shortId = (id: string): string => `#${id.replaceAll('-', '').slice(0, 8).toLowerCase()}`;

/** Several codes share each of the following wordings. */
const noSession = (why: string): Wording =>
  say(1, 'no session with that address', why, 'nothing was sent; check that Parlance runs there');

const unproved = (error: { readonly code: CliErrorCode }): Wording =>
  say(
    5,
    'the session was refused',
    `the peer's identity could not be verified (${error.code})`,
    'nothing was sent; try again, and compare codes if it fails again',
  );

const homeTrouble = (error: { readonly file: string; readonly reason: string }): Wording =>
  say(
    78,
    'the home cannot be used',
    `${error.file}: ${error.reason}`,
    isOutOfFiles(error.reason) ? raiseLimit : 'check the disk and the permissions',
  );

const raiseLimit = 'raise the limit of open files, such as with "ulimit -n 1024"';

const unwell = (error: { readonly code: CliErrorCode; readonly actor: string }): Wording =>
  say(1, 'the node failed', `${error.code} at ${error.actor}`, 'try again; the log has details');

const notUnderstood = (error: { readonly code: CliErrorCode }): Wording =>
  say(1, 'the peer sent something unreadable', error.code, 'check which program it runs');

/** One row per code: a code without words does not compile. */
const wordings: Wordings = {
  'chat/unknown-peer': unknownPeer,
  'chat/own-name': (error) =>
    say(3, `"${error.peer}" is you`, 'a node does not talk with itself', 'see "parlance peers" for others'),
  'chat/ambiguous-peer': (error) =>
    say(
      3,
      `"${error.peer}" is ambiguous`,
      `more than one peer has that name: ${error.candidates.join(', ')}`,
      'add the tag, as in this list',
    ),
  'chat/text-empty': () => say(2, 'not sent', 'the text is empty', 'add a text'),
  'chat/text-too-long': (error) =>
    say(
      2,
      'not sent',
      `the text has ${error.gotBytes} bytes, and a message at most ${error.limitBytes}`,
      'split the text',
    ),
  'chat/text-invalid': (error) =>
    say(2, 'not sent', `the text cannot be carried (${error.detail})`, 'send valid Unicode text'),
  'message/id-taken': (error) =>
    say(2, 'not sent', `another message has the id ${error.id}`, 'give each message an id of its own'),
  'message/id-invalid': (error) =>
    say(2, 'not sent', error.detail, 'give a UUID in lower case, or no id at all'),
  ...operationWordings,
  'chat/name-invalid': (error) =>
    say(2, 'that name cannot be used', error.detail, 'choose a name of 1 to 64 visible characters'),
  'chat/status-invalid': (error) =>
    say(2, 'that status cannot be used', error.detail, 'give a shorter text, or a later time'),
  'chat/outbox-full': () => say(1, 'not queued', 'the outbox is full', 'wait until some are delivered'),
  'chat/blocked': (error) =>
    say(
      5,
      `"${error.peer}" is blocked`,
      'you blocked this peer',
      `unblock it with "parlance unblock ${error.peer}"`,
    ),
  'chat/key-changed': (error) => say(5, ...keyChangedWords(error)),
  'chat/own-address': (error) =>
    say(
      2,
      `${error.address} is this node`,
      'a node does not talk with itself',
      'see "parlance peers" for others',
    ),
  'chat/code-mismatch': (error) =>
    say(
      5,
      `"${error.peer}" is not verified`,
      'the code differs from the safety code of your pair',
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
      `start the node with --dialects ${error.dialect}; its messages are not protected`,
    ),
  'session/key-changed': (error) =>
    say(
      5,
      'the peer has another key than before',
      `expected the key ${shortId(error.expected)}, got ${shortId(error.got)}`,
      'compare codes, then "parlance verify PEER"',
    ),
  'session/blocked': () =>
    say(5, 'refused', 'the peer is blocked', 'unblock it with "parlance unblock PEER"'),
  'session/downgrade': unproved,
  'session/serial-rollback': unproved,
  'session/bad-certificate': unproved,
  'session/busy': (error) =>
    say(1, 'the peer is busy', 'all its connections are in use', `try again in ${error.retryAfterMs} ms`),
  'session/unsupported-version': (error) =>
    say(
      1,
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
  ...fileWordings,
  'store/newer-schema': (error) =>
    say(
      78,
      'a newer Parlance wrote the home',
      `${error.file} has schema ${error.found}, and this version knows ${error.known}`,
      'update Parlance; nothing was changed',
    ),
  'store/full': (error) =>
    say(78, 'the disk is full', `${error.file} cannot grow`, 'free some space; queued messages are not lost'),
  'store/unusable': homeTrouble,
  'store/gone': (error) =>
    say(
      78,
      'the home is gone',
      `${error.file}: ${error.reason}`,
      'put it back and start again; what was not acknowledged was not stored',
    ),
  'store/io': homeTrouble,
  'store/bad-query': (error) =>
    say(2, 'the search cannot be read', error.detail, 'search for words, or "a phrase" in quotes'),
  'transport/port-in-use': (error) =>
    say(
      6,
      `port ${error.port} is in use`,
      `another program listens on ${error.address}`,
      'choose another port with --port, or leave out --port-strict',
    ),
  'transport/dialect-port-in-use': (error) =>
    say(
      6,
      `port ${error.port} of ${error.dialect} is in use`,
      `another program listens on ${error.address}`,
      `end it, or choose another port with --listen ${error.dialect}=PORT`,
    ),
  'transport/beacon-ports-in-use': (error) =>
    say(
      6,
      error.ports.length === 1
        ? `UDP port ${error.ports[0]} is in use`
        : `UDP ports ${error.ports.join(' and ')} are in use`,
      'another program holds it exclusively',
      'end it, or choose other ports with --beacon-port on every machine',
    ),
  'transport/cannot-listen': (error) =>
    say(
      1,
      `cannot listen on ${formatAddress({ host: error.address, port: error.port })}`,
      error.reason,
      'choose another address or port with --bind or --port',
    ),
  'transport/dial-failed': (error) =>
    say(
      4,
      `cannot reach ${formatAddress({ host: error.address, port: error.port })}`,
      error.reason,
      'nothing was queued: check the address and that the program there runs, then try again',
    ),
  'transport/too-many-dials': (error) =>
    say(
      1,
      'too many connections at once',
      `${error.limit} connections are being opened`,
      'try again in a moment',
    ),
  'home/in-use': (error) =>
    say(
      6,
      'the home is in use',
      `process ${error.pid} runs in ${error.home}`,
      'end it, or choose another home with --home',
    ),
  'home/unusable': (error) =>
    say(
      78,
      'the home cannot be used',
      `${error.home}: ${error.reason}`,
      isOutOfFiles(error.reason) ? raiseLimit : 'correct that, or choose another home with --home',
    ),
  'home/bad-settings': (error) =>
    say(78, 'the settings cannot be read', `${error.file}: ${error.detail}`, 'correct or remove that file'),
  'home/bad-identity': (error) =>
    say(
      78,
      'the identity cannot be read',
      `${error.file}: ${error.reason}`,
      'restore it from a backup: Parlance never replaces it',
    ),
  'api/no-node': (error) =>
    say(1, 'no node runs', `no process listens in ${error.home}`, 'start one with "parlance serve"'),
  'api/lost': (error) => say(1, 'the node is gone', error.detail, 'queued messages stay queued; try again'),
  'api/malformed': (error) =>
    say(1, 'the node answered something unreadable', error.detail, 'run one version on both sides'),
  'api/too-large': (error) => say(2, 'too large', `at most ${error.limitBytes} bytes`, 'send it in parts'),
  'api/deadline': (error) =>
    say(1, 'the node does not answer', `waited ${error.deadlineMs} ms`, 'read its log, or start it again'),
  'command/usage': (error) =>
    say(
      2,
      'wrong usage',
      error.detail,
      `see "parlance help${error.command === '' ? '' : ` ${error.command}`}"`,
    ),
  'command/input': (error) =>
    say(
      2,
      `line ${error.line} of the input was not sent`,
      error.detail,
      error.isRestSent
        ? 'correct that line and send it alone: the others were sent'
        : 'correct it, then send that line and those after it: none of them was sent',
    ),
  'command/output': (error) =>
    say(1, 'the output is not complete', error.reason, 'write to another place, and run the command again'),
  'command/not-delivered': (error) => notDelivered(error),
  'command/files': () =>
    say(
      1,
      'too many files are open',
      'the limit of open files is too low for a node (EMFILE)',
      'raise it, such as with "ulimit -n 1024"',
    ),
  'command/nobody-here': () =>
    say(3, 'nothing was sent', 'no native peer is online', 'see "parlance peers --watch", or name a peer'),
  'command/queued': ({ what }) =>
    say(4, what, 'the input ended', 'they stay queued and go out when their peers are back'),
  'command/timeout': (error) =>
    say(
      4,
      error.what,
      `nothing came within ${seconds(error.waitedMs)}`,
      'try again, or wait longer with --timeout',
    ),
  'command/failed': (error) =>
    say(
      1,
      `not delivered to "${error.peer}"`,
      error.reason,
      'see "parlance history" for the messages that were sent',
    ),
  'command/option-differs': (error) =>
    say(
      2,
      `the node in ${error.home} runs with other options`,
      error.differences
        .map(({ option, asked, has }) => `${option} ${asked} was given, and it has ${has}`)
        .join('; '),
      'leave the option out, end that node, or choose another home with --home',
    ),
  'command/node-ended': (error) =>
    say(1, 'the node ended', error.reason, 'read its log, then start it again'),
  'command/stopped': () =>
    say(1, 'stopped', 'a signal ended the command', 'queued messages stay queued; the rest was not sent'),
  'node/twin': (error) =>
    say(
      5,
      'another node has your key',
      `it runs at ${error.address}`,
      'end one of the two: a home must not be copied',
    ),
  'store/damaged': ({ file, reason }) =>
    say(5, 'the history was damaged', reason, `the readable part was kept; the damaged file is ${file}`),
  'feed/too-slow': (error) =>
    say(
      1,
      'events were missed',
      `more than ${error.waitingMax} waited for this reader`,
      'read again with --since',
    ),
  'command/exec': (error) =>
    say(1, `"${error.command}" failed`, error.reason, 'the message is kept; see "parlance history"'),
  'command/clipboard': (error) =>
    say(
      1,
      `cannot ${error.what} the clipboard`,
      error.reason,
      'install wl-clipboard, xclip or xsel, or use a pipe',
    ),
  'command/file': (error) => say(1, `cannot write ${error.file}`, error.reason, 'choose another file'),
  'runtime/mailbox-full': unwell,
  'runtime/deadline': unwell,
  'runtime/aborted': unwell,
  'runtime/no-actor': unwell,
  'runtime/poison': unwell,
  'runtime/unknown-name': unwell,
  'runtime/lost': unwell,
  'runtime/not-cloneable': unwell,
  'runtime/start-failed': (error) =>
    isOutOfFiles(error.reason)
      ? wordingOf(outOfFiles)
      : say(1, 'the node did not start', `${error.actor}: ${error.reason}`, 'read the log for details'),
  'runtime/failed': (error) => say(1, `${error.what} failed`, error.detail, 'try again; the log has details'),
  'runtime/pool-full': (error) =>
    say(1, 'too much at once', `${error.limit} jobs are waiting`, 'try again in a moment'),
  'runtime/restart-intensity': (error) =>
    say(
      1,
      'the node gave up',
      `${error.actor} failed too often`,
      'start it again: queued messages are not lost',
    ),
  'wire/frame-too-large': notUnderstood,
  'wire/malformed': notUnderstood,
  'dialect/malformed': notUnderstood,
  'dialect/unreadable': notUnderstood,
  'dialect/too-long': (error) =>
    say(2, 'not possible', `${error.dialect} carries at most ${error.limitBytes} bytes`, 'send it in parts'),
  'dialect/unsupported': (error) =>
    say(
      2,
      'not possible',
      `${error.dialect} cannot carry ${error.what}`,
      'leave it out: the older program has no form for it',
    ),
  'dialect/bad-option': (error) =>
    say(2, `wrong setting for ${error.dialect}`, error.detail, 'correct it, then start again'),
};
