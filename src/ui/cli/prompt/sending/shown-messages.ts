/** The messages that were shown last, so that their rows can change: a mark, another text, a deletion, a reaction. */
import { unreachable } from '../../../../exhaustive.js';
import type { DeliveryState, MessageEvent, OperationEvent, ReadEvent } from '../../../../index.js';
import { cli } from '../../limits.js';

/** A message as it was shown. */
export interface ShownMessage {
  readonly message: MessageEvent;
  readonly isOpen: boolean;
  readonly quoted: string | undefined;
}

/** The newest messages on the screen, by id. */
export class ShownMessages {
  readonly #shown = new Map<string, ShownMessage>();

  add(shown: ShownMessage): void {
    this.#shown.delete(shown.message.id);
    this.#shown.set(shown.message.id, shown);
    const [oldest] = this.#shown.keys();
    if (this.#shown.size > cli.marksKept && oldest !== undefined) this.#shown.delete(oldest);
  }

  /** A message has reached a state. */
  reached(id: string, state: DeliveryState): void {
    this.#change(id, (message) => ({ ...message, state }));
  }

  /** Returns the own messages that a peer has read now. */
  read({ peerId, seq, at }: ReadEvent): readonly string[] {
    const ids = [...this.#shown.values()].flatMap(({ message }) => {
      const isRead = message.direction === 'out' && message.peerId === peerId && message.seq <= seq;
      return isRead && message.readAt === undefined ? [message.id] : [];
    });
    for (const id of ids) this.#change(id, (message) => ({ ...message, readAt: at }));
    return ids;
  }

  /** Returns a message after an operation on it; null: it was not shown of late. */
  changed(event: OperationEvent): ShownMessage | null {
    // Each peer chooses the ids of its messages, so an id names a message of its conversation alone.
    if (this.#shown.get(event.target)?.message.peerId !== event.peerId) return null;
    return this.#change(event.target, (message) => afterOperation(message, event));
  }

  #change(id: string, change: (message: MessageEvent) => MessageEvent): ShownMessage | null {
    const shown = this.#shown.get(id);
    if (shown === undefined) return null;
    const after = { ...shown, message: change(shown.message) };
    this.#shown.set(id, after);
    return after;
  }
}

function afterOperation(message: MessageEvent, event: OperationEvent): MessageEvent {
  switch (event.type) {
    case 'edit':
      return message.deleted === true ? message : { ...message, text: event.text, editedAt: event.at };
    case 'delete': {
      const { editedAt: _edited, reactions: _reactions, replyTo: _reply, expiresAt, ...rest } = message;
      const end = event.expired === true && expiresAt !== undefined ? { expiresAt } : {};
      return { ...rest, ...end, text: '', deleted: true };
    }
    case 'reaction': {
      const { emoji, by, on } = event;
      const others = (message.reactions ?? []).filter((each) => each.emoji !== emoji || each.by !== by);
      return { ...message, reactions: on ? [...others, { emoji, by }] : others };
    }
    default:
      return unreachable(event);
  }
}
