/** Every expected failure in words: what happened, why, what to do; and the exit code that goes with it. */
import { unreachable } from '../../errors.js';
import { escapeForTerminal, type ParlanceError } from '../../index.js';

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
  const layer = error.code.slice(0, error.code.indexOf('/'));
  switch (error.code) {
    case 'chat/unknown-peer':
      return say(
        3,
        `no peer "${error.peer}"`,
        'nobody of that name was heard of here',
        'see "parlance peers", or give HOST:PORT',
      );
    case 'chat/ambiguous-peer':
      return say(
        3,
        `"${error.peer}" is not clear`,
        `several have that name: ${error.candidates.join(', ')}`,
        'add the tag, as in the list',
      );
    case 'chat/text-empty':
      return say(2, 'nothing sent', 'the text is empty', 'give some words');
    case 'chat/text-too-long':
      return say(
        2,
        'nothing sent',
        `the text has ${error.gotBytes} bytes, at most ${error.limitBytes} go into one message`,
        'split it',
      );
    case 'chat/text-invalid':
      return say(
        2,
        'nothing sent',
        `the text cannot be carried (${error.detail})`,
        'send valid Unicode text',
      );
    case 'chat/name-invalid':
      return say(2, 'that name cannot be used', error.detail, 'choose a name of 1 to 64 visible characters');
    case 'chat/outbox-full':
      return say(1, 'not queued', `${error.limit} messages wait already`, 'wait until some are delivered');
    case 'chat/blocked':
      return say(
        5,
        `"${error.peer}" is blocked`,
        'you asked for nothing to pass between you',
        `"parlance unblock ${error.peer}" lifts it`,
      );
    case 'chat/key-changed':
      return say(
        5,
        `"${error.peer}" has another key than before`,
        'a new device, or somebody in the middle',
        `compare codes, then "parlance verify ${error.peer}"`,
      );
    case 'chat/code-mismatch':
      return say(
        5,
        `"${error.peer}" is not verified`,
        'the code differs from the one of your pair',
        'compare again over a channel you trust',
      );
    case 'chat/secure-only':
      return say(
        5,
        `${error.dialect} is refused`,
        'only encrypted peers are allowed (--secure-only)',
        'leave that option out to talk with older programs',
      );
    case 'chat/dialect-off':
      return say(
        5,
        `${error.dialect} is refused`,
        'that older program is not switched on',
        `start with --dialects ${error.dialect}`,
      );
    case 'session/key-changed':
      return say(
        5,
        'the peer has another key than before',
        `expected ${error.expected}, got ${error.got}`,
        'compare codes, then "parlance verify PEER"',
      );
    case 'session/blocked':
      return say(5, 'refused', 'the peer is blocked', '"parlance unblock PEER" lifts it');
    case 'session/downgrade':
    case 'session/serial-rollback':
    case 'session/bad-certificate':
      return say(
        5,
        'the session was refused',
        `it did not prove who the peer is (${error.code})`,
        'try again; if it stays so, compare codes',
      );
    case 'session/busy':
      return say(
        1,
        'the peer is busy',
        'all its connections are taken',
        `try again in ${error.retryAfterMs} ms`,
      );
    case 'session/unsupported-version':
      return say(
        1,
        'no session',
        `the peer speaks wire versions ${error.offered.join(', ')} only`,
        'update the older of the two',
      );
    case 'session/malformed':
    case 'session/order':
    case 'session/limit':
      return say(1, 'the session ended', error.detail, 'it is opened again by itself');
    case 'session/decrypt-failed':
    case 'session/deadline':
      return say(1, 'the session ended', error.code, 'it is opened again by itself');
    case 'store/newer-schema':
      return say(
        78,
        'the home is of a newer Parlance',
        `${error.file} has schema ${error.found}, this one knows ${error.known}`,
        'update Parlance; nothing was changed',
      );
    case 'store/full':
      return say(
        78,
        'the disk is full',
        `${error.file} cannot grow`,
        'free some space; nothing queued is lost',
      );
    case 'store/unusable':
    case 'store/io':
      return say(
        78,
        'the home cannot be used',
        `${error.file}: ${error.reason}`,
        'check the disk and the permissions',
      );
    case 'store/bad-query':
      return say(
        2,
        'the search was not understood',
        error.detail,
        'search for words, or "a phrase" in quotes',
      );
    case 'transport/port-in-use':
      return say(
        6,
        `port ${error.port} is in use`,
        `another program listens on ${error.address}`,
        'choose another with --port, or leave out --port-strict',
      );
    case 'transport/cannot-listen':
      return say(
        1,
        `cannot listen on ${error.address}:${error.port}`,
        error.reason,
        'choose another with --bind or --port',
      );
    case 'transport/dial-failed':
      return say(
        1,
        `cannot reach ${error.address}:${error.port}`,
        error.reason,
        'check the address and that Parlance runs there',
      );
    case 'transport/too-many-dials':
      return say(
        1,
        'too many connections at once',
        `${error.limit} are being opened already`,
        'try again in a moment',
      );
    case 'home/in-use':
      return say(
        6,
        'the home is in use',
        `process ${error.pid} runs in ${error.home}`,
        'end it, or give another --home',
      );
    case 'home/unusable':
      return say(
        78,
        'the home cannot be used',
        `${error.home}: ${error.reason}`,
        'mend that, or give another --home',
      );
    case 'home/bad-settings':
      return say(
        78,
        'the settings cannot be read',
        `${error.file}: ${error.detail}`,
        'mend or remove that file',
      );
    case 'home/bad-identity':
      return say(
        78,
        'the identity cannot be read',
        `${error.file}: ${error.reason}`,
        'restore it from a backup; it is never replaced by itself',
      );
    case 'api/no-node':
      return say(1, 'no node runs', `nobody listens in ${error.home}`, 'start one with "parlance serve"');
    case 'api/lost':
      return say(1, 'the node went away', error.detail, 'what was queued stays queued; try again');
    case 'api/malformed':
      return say(1, 'the node was not understood', error.detail, 'run the same version on both sides');
    case 'api/too-large':
      return say(2, 'too large', `at most ${error.limitBytes} bytes`, 'send it in parts');
    case 'api/deadline':
      return say(
        1,
        'the node does not answer',
        `waited ${error.deadlineMs} ms`,
        'look at its log, or start it again',
      );
    case 'command/usage':
      return say(
        2,
        'wrong usage',
        error.detail,
        `see "parlance help${error.command === '' ? '' : ` ${error.command}`}"`,
      );
    case 'command/not-delivered':
      return notDelivered(error);
    case 'command/timeout':
      return say(
        4,
        error.what,
        `nothing within ${seconds(error.waitedMs)}`,
        'try again, or allow more with --timeout',
      );
    case 'command/failed':
      return say(
        1,
        `not delivered to "${error.peer}"`,
        error.reason,
        'see "parlance history" for what went out',
      );
    case 'command/file':
      return say(1, `cannot write ${error.file}`, error.reason, 'choose another file');
    case 'runtime/mailbox-full':
    case 'runtime/deadline':
    case 'runtime/no-actor':
    case 'runtime/poison':
    case 'runtime/lost':
    case 'runtime/not-cloneable':
      return say(
        1,
        'the node is not well',
        `${error.code} at ${error.actor}`,
        'try again; the log says more',
      );
    case 'runtime/start-failed':
      return say(1, 'the node did not start', `${error.actor}: ${error.reason}`, 'the log says more');
    case 'runtime/failed':
      return say(1, `${error.what} failed`, error.detail, 'try again; the log says more');
    case 'runtime/pool-full':
      return say(1, 'too much at once', `${error.limit} jobs wait already`, 'try again in a moment');
    case 'runtime/restart-intensity':
      return say(
        1,
        'the node gave up',
        `${error.actor} failed again and again`,
        'nothing queued is lost; start it again',
      );
    case 'wire/truncated':
    case 'wire/frame-too-large':
    case 'wire/malformed':
    case 'dialect/malformed':
    case 'dialect/too-long':
    case 'dialect/unsupported':
      return say(1, 'the peer was not understood', `${error.code} (${layer})`, 'check which program it runs');
    default:
      return unreachable(error);
  }
}

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

const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;
