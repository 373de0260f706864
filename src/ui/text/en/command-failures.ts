/** English: failures of commands and transfers. */
import { plural } from './forms.js';
import {
  say,
  secondsOf,
  type CodesOf,
  type Failure,
  type FailureTexts,
  type FailureWords,
} from '../failure-facts.js';

type Code = CodesOf<'command' | 'files'>;

const seconds = (ms: number): string => `${secondsOf(ms)} s`;
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

function notDelivered(error: Failure<'command/not-delivered'>): FailureWords {
  const { peer, waitedMs, queued, unsent, isForeign } = error;
  const unconfirmed = `did not confirm ${queued === 1 ? 'it' : `${queued} messages`}`;
  const failed = isForeign ? 'could not be reached' : queued === 0 ? 'accepted no message' : unconfirmed;
  return say(
    'not delivered yet',
    `"${peer}" ${failed} within ${seconds(waitedMs)}`,
    unsent > 0
      ? `${queued} stay queued; send the ${unsent} lines again that were not queued`
      : `${plural(Math.max(1, queued), { one: 'it stays queued and goes', other: 'they stay queued and go' })} out when the peer and you are here`,
  );
}

/** English texts: failures of commands and transfers. */
export const commandFailures: Pick<FailureTexts, Code> = {
  'files/no-source': ({ path, reason }) =>
    say(`${path} cannot be sent`, reason, 'nothing was offered; check the path'),
  'files/too-large': ({ detail }) => say('this cannot be sent at once', detail, 'send it in parts'),
  'files/unknown-transfer': ({ id }) =>
    say(`no transfer "${id}"`, 'none, or more than one, has an id that ends so', 'see "parlance files"'),
  'files/wrong-state': ({ id, state, action }) =>
    say(`${action} is not possible`, `the transfer ${id} is ${state}`, 'see "parlance files"'),
  'files/bad-directory': ({ directory, reason }) =>
    say(`${directory} cannot take files`, reason, 'name another directory with --to DIR'),
  'files/no-space': ({ directory, neededBytes, freeBytes }) =>
    say(
      'there is not enough space',
      `${directory} has ${megabytes(freeBytes)}, and ${megabytes(neededBytes)} are needed`,
      'free some space, or name another directory with --to DIR; the offer stays',
    ),
  'files/unsupported': ({ peer }) =>
    say(`no files to ${peer}`, 'its program knows no transfers', 'send it a text, or ask it to use Parlance'),
  'files/io': ({ reason }) =>
    say('the transfer could not be kept', reason, 'check the disk of the home, and try again'),
  'command/not-transferred': ({ peer, name, state, reason }) =>
    say(
      `${name} was not delivered`,
      state === 'declined'
        ? `${peer} declined it`
        : `the transfer ${state}${reason === '' ? '' : ` (${reason})`}`,
      'offer it again once the cause is gone',
    ),
  'command/transfer-open': ({ what }) =>
    say(what, 'the time is over', 'the offer stays; "parlance files" shows it'),
  'command/usage': (error) =>
    say('wrong usage', error.detail, `see "parlance help${error.command === '' ? '' : ` ${error.command}`}"`),
  'command/input': (error) =>
    say(
      `line ${error.line} of the input was not sent`,
      error.detail,
      error.isRestSent
        ? 'correct that line and send it alone: the others were sent'
        : 'correct it, then send that line and those after it: none of them was sent',
    ),
  'command/output': (error) =>
    say('the output is not complete', error.reason, 'write to another place, and run the command again'),
  'command/not-delivered': (error) => notDelivered(error),
  'command/no-read-marks': ({ peer, isOff }) =>
    say(
      `"${peer}" does not tell what it reads`,
      isOff ? 'read marks are off between the two of you' : 'its program has no read marks',
      isOff
        ? `switch them on with "parlance privacy receipts on --for PEER", on both sides; nothing was sent`
        : 'wait for delivered or sent; nothing was sent',
    ),
  'command/not-read': ({ peer, waitedMs, why }) =>
    why === 'gone'
      ? say('delivered and not read', 'a message was deleted or disappeared before', 'send it again')
      : why === 'unable'
        ? say('delivered', `the program of "${peer}" has no read marks`, 'wait for delivered')
        : say(
            'delivered and not read yet',
            `no read mark of "${peer}" came within ${seconds(waitedMs)}`,
            'wait longer with --timeout; a peer whose read marks are off for you never sends one',
          ),
  'command/files': () =>
    say(
      'too many files are open',
      'the limit of open files is too low for a node (EMFILE)',
      'raise it, such as with "ulimit -n 1024"',
    ),
  'command/nobody-here': () =>
    say('nothing was sent', 'no native peer is online', 'see "parlance peers --watch", or name a peer'),
  'command/queued': ({ what }) =>
    say(what, 'the input ended', 'they stay queued and go out when their peers are back'),
  'command/timeout': (error) =>
    say(
      error.what,
      `nothing came within ${seconds(error.waitedMs)}`,
      'try again, or wait longer with --timeout',
    ),
  'command/failed': (error) =>
    say(
      `not delivered to "${error.peer}"`,
      error.reason,
      'see "parlance history" for the messages that were sent',
    ),
  'command/option-differs': (error) =>
    say(
      `the node in ${error.home} runs with other options`,
      error.differences
        .map(({ option, asked, has }) => `${option} ${asked} was given, and it has ${has}`)
        .join('; '),
      'leave the option out, end that node, or choose another home with --home',
    ),
  'command/node-ended': (error) => say('the node ended', error.reason, 'read its log, then start it again'),
  'command/stopped': () =>
    say('stopped', 'a signal ended the command', 'queued messages stay queued; the rest was not sent'),
  'command/exec': (error) =>
    say(`"${error.command}" failed`, error.reason, 'the message is kept; see "parlance history"'),
  'command/clipboard': (error) =>
    say(
      error.what === 'read' ? 'cannot read the clipboard' : 'cannot write the clipboard',
      error.reason,
      'install wl-clipboard, xclip or xsel, or use a pipe',
    ),
  'command/file': (error) => say(`cannot write ${error.file}`, error.reason, 'choose another file'),
};
