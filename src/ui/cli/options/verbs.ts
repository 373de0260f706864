/** The verbs of commands that have several. */

export const contactVerbs = [
  'list',
  'show',
  'alias',
  'note',
  'accept',
  'reject',
  'forget',
  'block',
  'unblock',
  'mute',
  'unmute',
] as const;
export type ContactVerb = (typeof contactVerbs)[number];

/** Fates of messages that wait for an old key. */
export const queuedFates = ['send', 'keep', 'drop'] as const;
export type QueuedFate = (typeof queuedFates)[number];

export const outboxVerbs = ['list', 'cancel', 'retry'] as const;
export type OutboxVerb = (typeof outboxVerbs)[number];
