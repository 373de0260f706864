/**
 * Branded identifiers and their parsers. A brand is given only here, after the text was checked, so a value of
 * such a type is well-formed wherever it turns up.
 */
import { err, ok, type Result } from 'neverthrow';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/**
 * The identity of a peer. A native peer: 56 characters in eight groups of seven, which `chat/people/identity.ts`
 * makes from the key and checks. A peer of an older program: its address, such as `synergy://10.0.0.7:8080`. A peer of
 * which only the address is known: `native://10.0.0.7:6001`, until it has proved its identity.
 */
export type PeerId = Branded<'PeerId'>;
/** A live session; unique within one run of the node. */
export type SessionId = Branded<'SessionId'>;
/** An accepted or dialled connection; unique within one run of the node. */
export type ConnectionId = Branded<'ConnectionId'>;
/** A conversation; `dm:` and the peer's id for that between this node and one peer. */
export type ConversationId = Branded<'ConversationId'>;
/** A message, worldwide: a UUID in its lower-case text form (36 characters). */
export type MessageId = Branded<'MessageId'>;

/** A text that is not an id. `kind` names the id that was expected. */
export type IdError = { readonly code: 'ids/malformed'; readonly kind: string };

const nativeShape = /^[A-Z2-7]{7}(?:-[A-Z2-7]{7}){7}$/;
const addressShape = /^[a-z][a-z0-9]{1,15}:\/\/[0-9a-zA-Z.:[\]%-]{1,80}$/;
const shortShape = /^[a-z0-9-]{1,40}$/;
const conversationShape = /^[a-z]{1,8}:[!-~]{1,120}$/;
const messageShape = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The one place where a brand is given: its callers have checked the shape, or built the text themselves. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a brand exists in types only
const branded = <B extends string>(text: string): B => text as B;

const malformed = (kind: string) => err<never, IdError>({ code: 'ids/malformed', kind });

/** Checks the shape of a peer's id; `chat/people/identity.ts` checks its check digits. Errors: `ids/malformed`. */
export function parsePeerId(text: string): Result<PeerId, IdError> {
  return nativeShape.test(text) || addressShape.test(text) ? ok(branded(text)) : malformed('peer id');
}

/** Errors: `ids/malformed`. */
export function parseSessionId(text: string): Result<SessionId, IdError> {
  return shortShape.test(text) ? ok(branded(text)) : malformed('session id');
}

/** Errors: `ids/malformed`. */
export function parseConnectionId(text: string): Result<ConnectionId, IdError> {
  return shortShape.test(text) ? ok(branded(text)) : malformed('connection id');
}

/** Checks the shape: a kind, a colon and a name within that kind. Errors: `ids/malformed`. */
export function parseConversationId(text: string): Result<ConversationId, IdError> {
  return conversationShape.test(text) ? ok(branded(text)) : malformed('conversation id');
}

/** Accepts any UUID in its lower-case text form. Errors: `ids/malformed`. */
export function parseMessageId(text: string): Result<MessageId, IdError> {
  return messageShape.test(text) ? ok(branded(text)) : malformed('message id');
}

/** Returns the conversation between this node and `peer`. */
export function directConversation(peer: PeerId): ConversationId {
  return branded(`dm:${peer}`);
}

/** Makes a message id of sixteen bytes, the inverse of `writeMessageId`. The caller guarantees the length. */
export function messageIdFromBytes(bytes: Uint8Array, offset = 0): MessageId {
  let text = '';
  for (let i = 0; i < 16; i += 1) {
    text += hexOfByte[bytes[offset + i] ?? 0] ?? '';
    if (i === 3 || i === 5 || i === 7 || i === 9) text += '-';
  }
  return branded(text);
}

/** Writes the sixteen bytes of `id` into `target` at `offset`. */
export function writeMessageId(id: MessageId, target: Uint8Array, offset: number): void {
  let at = offset;
  for (let i = 0; i < 36;) {
    if (id.charCodeAt(i) === 45) {
      i += 1;
      continue;
    }
    target[at] = (nibble(id.charCodeAt(i)) << 4) | nibble(id.charCodeAt(i + 1));
    at += 1;
    i += 2;
  }
}

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** 0-9 are 48-57, a-f 97-102; the shape was checked when the brand was given. */
const nibble = (charCode: number): number => (charCode < 58 ? charCode - 48 : charCode - 87);
