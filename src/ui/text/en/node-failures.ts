/** English: failures of the node, its home and its network. */
import { formatAddress } from '../../../index.js';
import { say, type CodesOf, type FailureTexts, type FailureWords } from '../failure-facts.js';

type Code = CodesOf<'store' | 'transport' | 'home' | 'api' | 'runtime' | 'node' | 'feed'>;

/** Several codes share each of the following texts. */
const homeTrouble = (error: { readonly file: string; readonly reason: string }): FailureWords =>
  say('the home cannot be used', `${error.file}: ${error.reason}`, 'check the disk and the permissions');

const unwell = (error: { readonly code: string; readonly actor: string }): FailureWords =>
  say('the node failed', `${error.code} at ${error.actor}`, 'try again; the log has details');

/** English texts: failures of the node, its home and its network. */
export const nodeFailures: Pick<FailureTexts, Code> = {
  'store/newer-schema': (error) =>
    say(
      'a newer Parlance wrote the home',
      `${error.file} has schema ${error.found}, and this version knows ${error.known}`,
      'update Parlance; nothing was changed',
    ),
  'store/full': (error) =>
    say('the disk is full', `${error.file} cannot grow`, 'free some space; queued messages are not lost'),
  'store/unusable': homeTrouble,
  'store/gone': (error) =>
    say(
      'the home is gone',
      `${error.file}: ${error.reason}`,
      'put it back and start again; what was not acknowledged was not stored',
    ),
  'store/io': homeTrouble,
  'store/bad-query': (error) =>
    say('the search cannot be read', error.detail, 'search for words, or "a phrase" in quotes'),
  'transport/port-in-use': (error) =>
    say(
      `port ${error.port} is in use`,
      `another program listens on ${error.address}`,
      'choose another port with --port, or leave out --port-strict',
    ),
  'transport/dialect-port-in-use': (error) =>
    say(
      `port ${error.port} of ${error.dialect} is in use`,
      `another program listens on ${error.address}`,
      `end it, or choose another port with --listen ${error.dialect}=PORT`,
    ),
  'transport/beacon-ports-in-use': (error) =>
    say(
      error.ports.length === 1
        ? `UDP port ${error.ports[0]} is in use`
        : `UDP ports ${error.ports.join(' and ')} are in use`,
      'another program holds it exclusively',
      'end it, or choose other ports with --beacon-port on every machine',
    ),
  'transport/cannot-listen': (error) =>
    say(
      `cannot listen on ${formatAddress({ host: error.address, port: error.port })}`,
      error.reason,
      'choose another address or port with --bind or --port',
    ),
  'transport/dial-failed': (error) =>
    say(
      `cannot reach ${formatAddress({ host: error.address, port: error.port })}`,
      error.reason,
      'nothing was queued: check the address and that the program there runs, then try again',
    ),
  'transport/too-many-dials': (error) =>
    say(
      'too many connections at once',
      `${error.limit} connections are being opened`,
      'try again in a moment',
    ),
  'home/in-use': (error) =>
    say(
      'the home is in use',
      `process ${error.pid} runs in ${error.home}`,
      'end it, or choose another home with --home',
    ),
  'home/unusable': (error) =>
    say(
      'the home cannot be used',
      `${error.home}: ${error.reason}`,
      'correct that, or choose another home with --home',
    ),
  'home/bad-settings': (error) =>
    say('the settings cannot be read', `${error.file}: ${error.detail}`, 'correct or remove that file'),
  'home/bad-identity': (error) =>
    say(
      'the identity cannot be read',
      `${error.file}: ${error.reason}`,
      'restore it from a backup: Parlance never replaces it',
    ),
  'api/no-node': (error) =>
    say('no node runs', `no process listens in ${error.home}`, 'start one with "parlance serve"'),
  'api/lost': (error) => say('the node is gone', error.detail, 'queued messages stay queued; try again'),
  'api/malformed': (error) =>
    say('the node answered something unreadable', error.detail, 'run one version on both sides'),
  'api/too-large': (error) => say('too large', `at most ${error.limitBytes} bytes`, 'send it in parts'),
  'api/deadline': (error) =>
    say('the node does not answer', `waited ${error.deadlineMs} ms`, 'read its log, or start it again'),
  'node/twin': (error) =>
    say(
      'another node has your key',
      `it runs at ${error.address}`,
      'end one of the two: a home must not be copied',
    ),
  'store/damaged': ({ file, reason }) =>
    say('the history was damaged', reason, `the readable part was kept; the damaged file is ${file}`),
  'feed/too-slow': (error) =>
    say(
      'events were missed',
      `more than ${error.waitingMax} waited for this reader`,
      'read again with --since',
    ),
  'runtime/mailbox-full': unwell,
  'runtime/deadline': unwell,
  'runtime/aborted': unwell,
  'runtime/no-actor': unwell,
  'runtime/poison': unwell,
  'runtime/unknown-name': unwell,
  'runtime/lost': unwell,
  'runtime/not-cloneable': unwell,
  'runtime/start-failed': (error) =>
    say('the node did not start', `${error.actor}: ${error.reason}`, 'read the log for details'),
  'runtime/failed': (error) => say(`${error.what} failed`, error.detail, 'try again; the log has details'),
  'runtime/pool-full': (error) =>
    say('too much at once', `${error.limit} jobs are waiting`, 'try again in a moment'),
  'runtime/restart-intensity': (error) =>
    say(
      'the node gave up',
      `${error.actor} failed too often`,
      'start it again: queued messages are not lost',
    ),
};
