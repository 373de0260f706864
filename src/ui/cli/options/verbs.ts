/** The verbs of commands that have several. */

/** Verbs of `contact`. */
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
/** A verb of `contact`. */
export type ContactVerb = (typeof contactVerbs)[number];

/** Fates of messages that wait for an old key. */
export const queuedFates = ['send', 'keep', 'drop'] as const;
/** The fate of such messages. */
export type QueuedFate = (typeof queuedFates)[number];

/** Verbs of `config`. */
export const configVerbs = ['get', 'set', 'unset', 'path', 'check', 'schema'] as const;
/** A verb of `config`. */
export type ConfigVerb = (typeof configVerbs)[number];

/** Verbs of `outbox`. */
export const outboxVerbs = ['list', 'cancel', 'retry'] as const;
/** A verb of `outbox`. */
export type OutboxVerb = (typeof outboxVerbs)[number];

/** Verbs of `files`. */
export const filesVerbs = ['list', 'accept', 'decline', 'cancel', 'retry'] as const;
/** A verb of `files`. */
export type FilesVerb = (typeof filesVerbs)[number];

/** Verbs of `service`. */
export const serviceVerbs = ['install', 'remove', 'status'] as const;
/** A verb of `service`. */
export type ServiceVerb = (typeof serviceVerbs)[number];

/** The subjects of privacy. `presence`: whether anybody sees that the user is here. */
export const privacySubjects = ['receipts', 'typing', 'presence'] as const;
/** One subject of privacy. */
export type PrivacySubject = (typeof privacySubjects)[number];
