/**
 * Lines on their way to the disk and from there to those who watch. They are shown in the order of their `seq`, each
 * once and none left out, so that a reader who remembers the last `seq` has seen everything before it.
 */
import { okAsync, type ResultAsync } from 'neverthrow';
import type { Line, NewLine } from './entry.js';
import { messageEventOf } from './transcript.js';
import type { RuntimeError } from '../../runtime/errors.js';
import type { StoreError } from '../errors.js';
import { shown as limits } from './limits.js';
import type { NodeContext, NodeState } from '../core.js';

/** Writes lines, shows those nobody has seen, and returns them with their `seq`. Errors: `store/…`, `runtime/…`. */
export function commitLines(
  state: NodeState,
  lines: readonly NewLine[],
  context: NodeContext,
): ResultAsync<readonly Line[], StoreError | RuntimeError> {
  return context.links.history.call('append', { lines }).map(({ stored, outbox }) => {
    state.outboxSize = outbox;
    const committed = lines.map((line, at): Line => ({ ...line, seq: stored[at]?.seq ?? 0 }));
    show(state, committed, context);
    return committed;
  });
}

/**
 * Shows every line after the last shown one up to `untilSeq` from the disk: what was committed while nobody heard of
 * it, because this actor or the history crashed, or a reply came too late.
 */
export function showMissed(
  state: NodeState,
  untilSeq: number,
  context: NodeContext,
): ResultAsync<void, StoreError | RuntimeError> {
  const query = { afterSeq: state.shownSeq, limit: limits.resumePageLines };
  return context.links.history.call('page', query).andThen((lines) => {
    for (const line of lines) showOne(state, line);
    // Numbers may have a hole where a damaged file was set aside.
    if (lines.length < limits.resumePageLines) state.shownSeq = Math.max(state.shownSeq, untilSeq);
    return state.shownSeq < untilSeq ? showMissed(state, untilSeq, context) : okAsync(undefined);
  });
}

/**
 * Not by `isDuplicate`: after a crash between commit and reply the history knows lines that nobody has seen. `seq` has
 * no gaps, so a gap means that a reply was lost, and what is missing is read back before anything later is shown.
 */
function show(state: NodeState, lines: readonly Line[], context: NodeContext): void {
  const fresh = lines.filter(({ seq }) => seq > state.shownSeq);
  const [first] = fresh;
  const last = fresh.at(-1);
  if (first === undefined || last === undefined) return;
  if (state.isCatchingUp) {
    state.heldUntilSeq = Math.max(state.heldUntilSeq, last.seq);
    return;
  }
  if (first.seq === state.shownSeq + 1) {
    for (const line of fresh) showOne(state, line);
    return;
  }
  state.heldUntilSeq = last.seq;
  catchUp(state, context);
}

function catchUp(state: NodeState, context: NodeContext): void {
  state.isCatchingUp = true;
  void showMissed(state, state.heldUntilSeq, context).match(
    () => {
      state.isCatchingUp = false;
      if (state.heldUntilSeq > state.shownSeq) catchUp(state, context);
    },
    // The next commit notices the gap again.
    ({ code }) => {
      state.isCatchingUp = false;
      context.log('error', 'lines-not-shown', { code });
    },
  );
}

function showOne(state: NodeState, line: Line): void {
  if (line.seq <= state.shownSeq) return;
  state.shownSeq = line.seq;
  state.args.publish(messageEventOf(line));
}
