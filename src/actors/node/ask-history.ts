/** Requests of the core to the history. */
import type { NewEntry } from '../../chat/delivery/entry.js';
import { joinAlike } from '../../chat/delivery/alike.js';
import type { ResultAsync } from 'neverthrow';
import type { EntryAsk, ReceiptAsk, StoreFailure } from '../../chat/delivery/effects.js';
import type { StoredAnswer } from '../../chat/effects.js';
import type { IdTaken } from '../../chat/errors.js';
import type { ContactAsk } from '../../chat/people/effects.js';
import type { Token } from '../../chat/turn.js';
import { unreachable } from '../../exhaustive.js';
import type { NodeContext, Shell } from './shell.js';

/** Asks; the answer comes back as an input under the token. */
export function askHistory(
  shell: Shell,
  token: Token,
  ask: EntryAsk | ContactAsk,
  context: NodeContext,
): void {
  const { history } = context.links;
  const report: Report = (asked, answerOf) => {
    void asked.then((result) => {
      if (result.isErr() && result.error.code === 'store/gone') shell.args.services.homeGone(result.error);
      context.self('stored', { token, answer: answerOf(result) });
    });
  };
  switch (ask.type) {
    case 'append':
      report(append(context, ask.entries), (result) => ({ type: 'append', result }));
      break;
    case 'mark': {
      const { peerId, ids, state } = ask;
      report(history.call('mark', { peerId, ids, state }), (result) => ({ type: 'mark', result }));
      break;
    }
    case 'outbox': {
      const { type: _type, ...wanted } = ask;
      const page = history.call('outbox', wanted);
      report(page, (result) => ({ type: 'outbox', result }));
      break;
    }
    case 'page':
      report(history.call('page', ask.query), (result) => ({ type: 'page', result }));
      break;
    case 'find':
      report(history.call('find', { ...ask }), (result) => ({ type: 'find', result }));
      break;
    case 'rewrite': {
      const { peerId, seq, text, isHere } = ask;
      const rewritten = history.call('rewrite', { peerId, seq, text, isHere });
      report(rewritten, (result) => ({ type: 'rewrite', result }));
      break;
    }
    case 'expire':
      report(history.call('expire', { nowMs: ask.nowMs }), (result) => ({ type: 'expire', result }));
      break;
    case 'readdress': {
      const { type: _type, ...change } = ask;
      const moved = history.call('readdress', change);
      report(moved, (result) => ({ type: 'readdress', result }));
      break;
    }
    case 'read':
      askRead(ask, context, report);
      break;
    case 'emitted':
      report(history.call('emitted', { seq: ask.seq }), (result) => ({ type: 'emitted', result }));
      break;
    case 'told':
    case 'peer-read':
      askReceipts(ask, context, report);
      break;
    case 'put-contact':
      report(history.call('putContact', ask.contact), (result) => ({ type: 'contact', result }));
      break;
    case 'drop-contact':
      report(history.call('dropContact', { peerId: ask.peerId }), (result) => ({ type: 'contact', result }));
      break;
    default:
      unreachable(ask);
  }
}

function askRead(ask: Extract<EntryAsk, { type: 'read' }>, { links }: NodeContext, report: Report): void {
  const { peerId, upToSeq, isTold } = ask;
  report(links.history.call('read', { peerId, upToSeq, isTold }), (result) => ({ type: 'read', result }));
}

const append = ({ links }: NodeContext, entries: readonly NewEntry[]) =>
  links.history.call('append', { entries: joinAlike(entries) });

/** Reports the result of a request, whose answer has this form. */
type Report = <T, E extends StoreFailure | IdTaken>(
  asked: ResultAsync<T, E>,
  answerOf: (result: Awaited<typeof asked>) => StoredAnswer,
) => void;

function askReceipts(ask: ReceiptAsk, context: NodeContext, report: Report): void {
  const { history } = context.links;
  if (ask.type === 'told') {
    const { peerId, seq } = ask;
    report(history.call('told', { peerId, seq }), (result) => ({ type: 'told', result }));
    return;
  }
  const { peerId, upTo, unread, atMs } = ask;
  const read = history.call('peerRead', { peerId, upTo, unread, atMs });
  report(read, (result) => ({ type: 'peer-read', result }));
}
