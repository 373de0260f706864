/**
 * Errors on the control socket: the fields of each code, against which the client checks an error that arrives. The
 * table does not compile when a code or a field is missing.
 */
import type { NodeError } from '../../node/handle.js';

type FaultCode = NodeError['code'];
type Kind<T> = T extends string
  ? 'text'
  : T extends number
    ? 'number'
    : T extends readonly string[]
      ? 'texts'
      : 'numbers';
type FieldsOf<C extends FaultCode> = Omit<Extract<NodeError, { code: C }>, 'code'>;
type Fields = { readonly [C in FaultCode]: { readonly [K in keyof FieldsOf<C>]: Kind<FieldsOf<C>[K]> } };

const fields: Fields = {
  'runtime/mailbox-full': { actor: 'text' },
  'runtime/deadline': { actor: 'text', name: 'text', deadlineMs: 'number' },
  'runtime/aborted': { actor: 'text', name: 'text' },
  'runtime/no-actor': { actor: 'text' },
  'runtime/poison': { actor: 'text', name: 'text' },
  'runtime/unknown-name': { actor: 'text', name: 'text' },
  'runtime/start-failed': { actor: 'text', reason: 'text' },
  'runtime/restart-intensity': { supervisor: 'text', actor: 'text' },
  'runtime/lost': { actor: 'text', name: 'text' },
  'runtime/not-cloneable': { actor: 'text', name: 'text' },
  'runtime/failed': { what: 'text', detail: 'text' },
  'runtime/pool-full': { limit: 'number' },
  'session/malformed': { detail: 'text' },
  'session/decrypt-failed': {},
  'session/bad-certificate': { detail: 'text' },
  'session/key-changed': { expected: 'text', got: 'text' },
  'session/serial-rollback': {},
  'session/blocked': {},
  'session/own-identity': {},
  'session/order': { detail: 'text' },
  'session/limit': { detail: 'text' },
  'session/deadline': {},
  'session/unsupported-version': { offered: 'numbers' },
  'session/downgrade': {},
  'session/busy': { retryAfterMs: 'number' },
  'chat/unknown-peer': { peer: 'text' },
  'chat/own-name': { peer: 'text' },
  'chat/ambiguous-peer': { peer: 'text', candidates: 'texts' },
  'chat/text-empty': {},
  'chat/text-too-long': { limitBytes: 'number', gotBytes: 'number' },
  'chat/text-invalid': { detail: 'text' },
  'chat/name-invalid': { detail: 'text' },
  'chat/status-invalid': { detail: 'text' },
  'chat/outbox-full': { limit: 'number' },
  'chat/blocked': { peer: 'text' },
  'chat/key-changed': { peer: 'text', claimant: 'text' },
  'chat/code-mismatch': { peer: 'text' },
  'chat/own-address': { address: 'text' },
  'chat/secure-only': { dialect: 'text' },
  'chat/dialect-off': { dialect: 'text' },
  'message/id-taken': { id: 'text' },
  'message/id-invalid': { detail: 'text' },
  'message/unknown': { id: 'text' },
  'message/ambiguous': { id: 'text' },
  'message/not-yours': { id: 'text' },
  'message/deleted': { id: 'text' },
  'message/changed-too-often': { id: 'text' },
  'message/emoji-invalid': { emoji: 'text' },
  'message/timer-invalid': { seconds: 'number' },
  'chat/peer-cannot': { peer: 'text', what: 'text' },
  'dialect/malformed': { dialect: 'text', detail: 'text' },
  'dialect/unreadable': { dialect: 'text', detail: 'text' },
  'dialect/too-long': { dialect: 'text', limitBytes: 'number' },
  'dialect/unsupported': { dialect: 'text', what: 'text' },
  'dialect/bad-option': { dialect: 'text', detail: 'text' },
  'files/no-source': { path: 'text', reason: 'text' },
  'files/too-large': { detail: 'text' },
  'files/unknown-transfer': { id: 'text' },
  'files/wrong-state': { id: 'text', state: 'text', action: 'text' },
  'files/bad-directory': { directory: 'text', reason: 'text' },
  'files/no-space': { directory: 'text', neededBytes: 'number', freeBytes: 'number' },
  'files/unsupported': { peer: 'text' },
  'files/io': { reason: 'text' },
  'store/unusable': { file: 'text', reason: 'text' },
  'store/gone': { file: 'text', reason: 'text' },
  'store/newer-schema': { file: 'text', found: 'number', known: 'number' },
  'store/full': { file: 'text' },
  'store/io': { file: 'text', reason: 'text' },
  'store/bad-query': { detail: 'text' },
  'transport/port-in-use': { address: 'text', port: 'number' },
  'transport/dialect-port-in-use': { dialect: 'text', address: 'text', port: 'number' },
  'transport/beacon-ports-in-use': { address: 'text', ports: 'numbers' },
  'transport/cannot-listen': { address: 'text', port: 'number', reason: 'text' },
  'transport/dial-failed': { address: 'text', port: 'number', reason: 'text' },
  'transport/too-many-dials': { limit: 'number' },
  'home/in-use': { home: 'text', pid: 'number' },
  'home/unusable': { home: 'text', reason: 'text' },
  'home/bad-settings': { file: 'text', detail: 'text' },
  'home/bad-identity': { file: 'text', reason: 'text' },
  'api/no-node': { home: 'text' },
  'api/lost': { detail: 'text' },
  'api/malformed': { detail: 'text' },
  'api/too-large': { limitBytes: 'number' },
  'api/deadline': { deadlineMs: 'number' },
};

/** Reads an error with its known fields; `null` for an unknown code and for a field of the wrong kind. */
export function readFault(value: unknown): NodeError | null {
  if (typeof value !== 'object' || value === null || !('code' in value)) return null;
  const code = value.code;
  if (typeof code !== 'string' || !Object.hasOwn(fields, code)) return null;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- own key of the table, checked above
  const kinds: Readonly<Record<string, string>> = fields[code as FaultCode];
  const known: Record<string, unknown> = { code };
  const given = new Map<string, unknown>(Object.entries(value));
  for (const [name, kind] of Object.entries(kinds)) {
    const field = given.get(name);
    if (!isOfKind(field, kind)) return null;
    known[name] = field;
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every field of the code's row was checked
  return known as unknown as NodeError;
}

/** Returns the HTTP status of an error, for callers that do not read the code. */
export function httpStatusOf(code: FaultCode): 400 | 403 | 404 | 408 | 409 | 413 | 500 | 503 {
  const named = statuses.get(code);
  if (named !== undefined) return named;
  return code.startsWith('chat/') ||
    code.startsWith('message/') ||
    code.startsWith('dialect/') ||
    code.startsWith('files/') ||
    code.startsWith('api/') ||
    code === 'store/bad-query'
    ? 400
    : 500;
}

const statuses: ReadonlyMap<FaultCode, 403 | 404 | 408 | 409 | 413 | 503> = new Map([
  ['chat/unknown-peer', 404],
  ['chat/ambiguous-peer', 409],
  ['files/unknown-transfer', 404],
  ['files/wrong-state', 409],
  ['message/id-taken', 409],
  ['message/unknown', 404],
  ['message/ambiguous', 409],
  ['message/deleted', 409],
  ['chat/text-too-long', 413],
  ['api/too-large', 413],
  ['api/deadline', 408],
  ['chat/blocked', 403],
  ['chat/key-changed', 403],
  ['chat/code-mismatch', 403],
  ['chat/secure-only', 403],
  ['chat/dialect-off', 403],
  ['chat/outbox-full', 503],
]);

function isOfKind(value: unknown, kind: string): boolean {
  switch (kind) {
    case 'text':
      return typeof value === 'string';
    case 'number':
      return typeof value === 'number';
    case 'texts':
      return Array.isArray(value) && value.every((each) => typeof each === 'string');
    default:
      return Array.isArray(value) && value.every((each) => typeof each === 'number');
  }
}

/** Decides whether a failed attempt to attach met no node, or one that ends just now. */
export const isEnding = ({ code }: NodeError): boolean => code === 'api/no-node' || code === 'api/lost';
