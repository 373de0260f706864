/** Connections that carry a whole conversation: what is said over them next, and how they end as their dialect ends them. */
import { wordsOf } from '../delivery/entry.js';
import { textOf, newToken, type ForeignConnection, type ForeignState, type ForeignTurn } from './state.js';

/** Says the next entry that waits, once the one before is sent; behind the last entry our farewell. */
export function sayNext(state: ForeignState, live: ForeignConnection, turn: ForeignTurn): void {
  if (live.said.size > 0) return;
  const entry = live.waiting.shift();
  if (entry !== undefined) {
    const token = newToken(state);
    live.said.set(token, entry);
    const { sessionId } = live;
    turn.emit({
      to: 'foreign',
      say: 'utter',
      sessionId,
      token,
      utterance: textOf(entry, wordsOf(entry.content) ?? ''),
    });
  } else if (live.isLeaving) leave(live, turn);
}

/** Ends the connection as its dialect does, after the entries that wait. */
export function release(state: ForeignState, live: ForeignConnection, turn: ForeignTurn): void {
  if (live.isLeaving) return;
  live.isLeaving = true;
  // A program that takes turns may never read what waits for its turn: that stays in the outbox.
  if (live.dialect.openPacing !== undefined) {
    live.waiting.length = 0;
    leave(live, turn);
  } else sayNext(state, live, turn);
}

/** Ends the connection now: what waits, or is half said, stays in the outbox. */
export function abort(live: ForeignConnection, turn: ForeignTurn): void {
  live.isLeaving = true;
  live.waiting.length = 0;
  turn.emit({ to: 'foreign', say: 'stop', sessionId: live.sessionId });
  leave(live, turn);
}

/** Closes a connection after its writes. */
export function close({ sessionId }: ForeignConnection, turn: ForeignTurn): void {
  turn.emit({ to: 'foreign', say: 'close', sessionId });
}

function leave(live: ForeignConnection, turn: ForeignTurn): void {
  const { sessionId, farewellText } = live;
  turn.emit({
    to: 'foreign',
    say: 'utter',
    sessionId,
    token: 0,
    utterance: { type: 'leave', words: farewellText },
  });
  close(live, turn);
}
