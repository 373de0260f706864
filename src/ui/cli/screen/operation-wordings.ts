/** Failures of operations on messages, in words. */
import { say } from './say.js';

/** One row per code. */
export const operationWordings = {
  'message/unknown': (error: { readonly id: string }) =>
    say(
      3,
      `no message "${error.id}"`,
      'no message with that id is known here',
      'see "parlance history --json"',
    ),
  'message/ambiguous': (error: { readonly id: string }) =>
    say(
      3,
      `"${error.id}" is ambiguous`,
      'more than one message ends with it',
      'give more of the id, or all of it',
    ),
  'message/not-yours': (error: { readonly id: string }) =>
    say(
      2,
      'not changed',
      `the message ${error.id} is of the other side`,
      'to remove it here, add --for-me to delete',
    ),
  'message/deleted': (error: { readonly id: string }) =>
    say(2, 'not changed', `the message ${error.id} is deleted`, 'name another message, or send a new one'),
  'message/changed-too-often': (error: { readonly id: string }) =>
    say(2, 'not changed', `the message ${error.id} was changed too often`, 'send a new message'),
  'message/emoji-invalid': (error: { readonly emoji: string }) =>
    say(2, 'no reaction', `"${error.emoji}" is not one emoji`, 'give a single emoji such as 👍'),
  'chat/peer-cannot': (error: { readonly peer: string; readonly what: string }) =>
    say(
      2,
      'nothing was sent',
      `the program of "${error.peer}" does not know ${error.what}`,
      'send a message instead',
    ),
};
