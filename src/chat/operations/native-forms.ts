/** Operations of native peers as contents of entries, and back. Pure. */
import type { ChangingOperation, Operation } from '../../dialects/operations.js';
import { unreachable } from '../../exhaustive.js';
import type { Content } from '../delivery/entry.js';

/** Returns the content that the history keeps. */
export function contentOf(operation: ChangingOperation): Content {
  switch (operation.kind) {
    case 'text': {
      const { text, replyTo, ttlSeconds } = operation;
      return {
        type: 'text',
        text,
        ...(replyTo === null ? {} : { replyTo }),
        ...(ttlSeconds === 0 ? {} : { ttlSeconds }),
      };
    }
    case 'edit': {
      const { target, revision, text } = operation;
      return { type: 'edit', target, revision, text };
    }
    case 'delete':
      return { type: 'delete', target: operation.target };
    case 'reaction': {
      const { target, revision, emoji, isOn } = operation;
      return { type: 'reaction', target, revision, emoji, isOn };
    }
    case 'timer':
      return { type: 'timer', seconds: operation.seconds };
    case 'unreadable':
      return { type: 'unknown', kind: unreadableKind, body: new Uint8Array() };
    default:
      return unreachable(operation);
  }
}

/** Returns the operation for a peer that understands operations; null: a plain text, or nothing that can be sent. */
export function operationOf(content: Content): Operation | null {
  switch (content.type) {
    case 'text': {
      const { text, replyTo = null, ttlSeconds = 0 } = content;
      return replyTo === null && ttlSeconds === 0 ? null : { kind: 'text', text, replyTo, ttlSeconds };
    }
    case 'edit': {
      const { target, revision, text } = content;
      return { kind: 'edit', target, revision, text };
    }
    case 'delete':
      return { kind: 'delete', target: content.target };
    case 'reaction': {
      const { target, revision, emoji, isOn } = content;
      return { kind: 'reaction', target, revision, emoji, isOn };
    }
    case 'timer':
      return { kind: 'timer', seconds: content.seconds };
    case 'file-offer':
    case 'unknown':
      return null;
    default:
      return unreachable(content);
  }
}

/** Stored kind of an operation that could not be read. It is stored, so that it is confirmed once. */
const unreadableKind = 255;
