/**
 * Performs the effects of the core: each one becomes a message to an actor, or a call of a service. No decision is
 * made here. Answers of other actors come back as messages to the node, and from there as inputs of the core.
 */
import type { ResultAsync } from 'neverthrow';
import type { EntryAsk, StoreFailure } from '../../chat/delivery/effects.js';
import type { IdTaken } from '../../chat/errors.js';
import type { Effect, StoredAnswer } from '../../chat/effects.js';
import type { TransferAnswer, TransferAsk } from '../../chat/files/effects.js';
import { times as transferTimes } from '../../chat/files/limits.js';
import type { ContactAsk } from '../../chat/people/effects.js';
import { dialing } from '../../chat/routes/limits.js';
import type { TransportEffect } from '../../chat/routes/route.js';
import type { CallerEffect, LogEffect, Token } from '../../chat/turn.js';
import { unreachable } from '../../exhaustive.js';
import { LogRation } from '../../runtime/log-ration.js';
import { tellForeign, tellSession } from './connections.js';
import { ownKeyOf, takePort, type NodeContext, type Shell } from './shell.js';
import { nothingHeard } from '../../chat/presence/heard-log.js';

/** Performs one effect. */
export function perform(shell: Shell, effect: Effect, context: NodeContext): void {
  const { services } = shell.args;
  switch (effect.to) {
    case 'history':
      askHistory(shell, effect.token, effect.ask, context);
      break;
    case 'transfers':
      askFiles(effect.token, effect.ask, context);
      break;
    case 'jobs': {
      const { token, ownIdKey, peerIdKey } = effect;
      void services
        .safetyNumber(ownIdKey, peerIdKey)
        .then((result) => context.self('computed', { token, result }));
      break;
    }
    case 'transport':
      tellTransport(shell, effect, context);
      break;
    case 'presence':
      tellPresence(effect, context);
      break;
    case 'identity': {
      const renewed = services.renewKey();
      if (renewed === null) break;
      shell.identity = renewed;
      context.self('keyRenewed', ownKeyOf(renewed));
      break;
    }
    case 'session':
      tellSession(shell, effect, context);
      break;
    case 'foreign':
      tellForeign(shell, effect, context);
      break;
    case 'feed': {
      const { event } = effect;
      services.publish(event.type === 'ready' ? { ...event, pid: process.pid } : event);
      break;
    }
    case 'files':
      services.keepHistoryLine(effect.line);
      break;
    case 'settings':
      services.keepName(effect.name);
      break;
    case 'own-status':
      services.keepStatus(effect.status);
      break;
    case 'caller':
      answerCaller(shell, effect, context);
      break;
    case 'self':
      context.after(effect.afterMs, 'due', { due: effect.due });
      break;
    case 'log':
      log(shell, effect, context);
      break;
    default:
      unreachable(effect);
  }
}

function tellPresence(effect: Extract<Effect, { readonly to: 'presence' }>, context: NodeContext): void {
  const { discovery, broadcast } = context.links;
  switch (effect.say) {
    case 'contacts':
    case 'awaited':
      discovery.cast(effect.say, { peerIds: effect.peerIds });
      break;
    case 'recall':
      discovery.cast('recall', { rows: effect.rows });
      break;
    case 'watchHosts':
      discovery.cast('watchHosts', { hosts: effect.hosts });
      break;
    case 'report': {
      const { token } = effect;
      void discovery.call('report', {}).then((reported) => {
        const report = reported.unwrapOr(nothingHeard);
        context.self('heardReport', { token, report });
      });
      break;
    }
    case 'query':
      broadcast.cast('query', { hosts: effect.hosts });
      break;
    case 'invisible':
      discovery.cast('invisible', { isInvisible: effect.isInvisible });
      break;
    case 'describe': {
      const { name, tcpPort, certificateSerial, status } = effect;
      broadcast.cast('describe', { name, tcpPort, certificateSerial, status });
      break;
    }
    default:
      unreachable(effect);
  }
}

function askHistory(shell: Shell, token: Token, ask: EntryAsk | ContactAsk, context: NodeContext): void {
  const { history } = context.links;
  const report = <T, E extends StoreFailure | IdTaken>(
    asked: ResultAsync<T, E>,
    answerOf: (result: Awaited<typeof asked>) => StoredAnswer,
  ): void => {
    void asked.then((result) => {
      if (result.isErr() && result.error.code === 'store/gone') shell.args.services.homeGone(result.error);
      context.self('stored', { token, answer: answerOf(result) });
    });
  };
  switch (ask.type) {
    case 'append':
      report(history.call('append', { entries: ask.entries }), (result) => ({ type: 'append', result }));
      break;
    case 'mark': {
      const { peerId, ids, state } = ask;
      report(history.call('mark', { peerId, ids, state }), (result) => ({ type: 'mark', result }));
      break;
    }
    case 'outbox': {
      const { peerId, afterSeq, entriesMax, bytesMax } = ask;
      const page = history.call('outbox', { peerId, afterSeq, entriesMax, bytesMax });
      report(page, (result) => ({ type: 'outbox', result }));
      break;
    }
    case 'page':
      report(history.call('page', ask.query), (result) => ({ type: 'page', result }));
      break;
    case 'find': {
      const { peerId, word, emoji } = ask;
      report(history.call('find', { peerId, word, emoji }), (result) => ({ type: 'find', result }));
      break;
    }
    case 'rewrite': {
      const { peerId, seq, text, isHere } = ask;
      const rewritten = history.call('rewrite', { peerId, seq, text, isHere });
      report(rewritten, (result) => ({ type: 'rewrite', result }));
      break;
    }
    case 'readdress': {
      const { from, peerId, name } = ask;
      const moved = history.call('readdress', { from, peerId, name });
      report(moved, (result) => ({ type: 'readdress', result }));
      break;
    }
    case 'read': {
      const { peerId, upToSeq } = ask;
      report(history.call('read', { peerId, upToSeq }), (result) => ({ type: 'read', result }));
      break;
    }
    case 'emitted':
      report(history.call('emitted', { seq: ask.seq }), (result) => ({ type: 'emitted', result }));
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

function askFiles(token: Token, ask: TransferAsk, context: NodeContext): void {
  const { files } = context.links;
  const back = (answer: TransferAnswer): void => void context.self('transfersAnswered', { token, answer });
  switch (ask.type) {
    case 'offer': {
      const { type, ...request } = ask;
      const { offerDeadlineMs: deadlineMs } = transferTimes;
      void files.call('offer', request, { deadlineMs }).then((result) => back({ type, result }));
      break;
    }
    case 'offered': {
      const { type, ...offered } = ask;
      void files.call('offered', offered).then((result) => back({ type, result }));
      break;
    }
    case 'list': {
      const { type } = ask;
      void files.call('list', {}).then((result) => back({ type, result }));
      break;
    }
    case 'act': {
      const { type, ...command } = ask;
      void files.call('act', command).then((result) => back({ type, result }));
      break;
    }
    default:
      unreachable(ask);
  }
}

function tellTransport(shell: Shell, effect: TransportEffect, context: NodeContext): void {
  const { transport } = context.links;
  switch (effect.say) {
    case 'dial': {
      const { connectionId, deadlineMs } = effect;
      const { host, port } = effect.address;
      void transport.call('dial', { connectionId, host, port, deadlineMs }).match(
        ({ port: opened, localAddress }) =>
          context.self('dialled', { connectionId, opened, ownHost: localAddress }),
        (error) => context.self('dialFailed', { connectionId, error }),
      );
      break;
    }
    case 'authenticated': {
      const { connectionId, isContact, carries } = effect;
      transport.cast('authenticated', { connectionId, isContact, carries });
      break;
    }
    case 'close': {
      const { connectionId, reason, penaltyMs } = effect;
      transport.cast('close', { connectionId, reason, penaltyMs });
      break;
    }
    case 'known':
      transport.cast('known', { addresses: effect.hosts, ticketIds: effect.ticketIds });
      break;
    case 'discard':
      takePort(shell, effect.connectionId)?.close();
      break;
    default:
      unreachable(effect);
  }
}

function answerCaller(
  { calls }: Shell,
  { callId, result, afterCredit }: CallerEffect,
  context: NodeContext,
): void {
  if (!afterCredit) calls.answer(callId, result);
  else void context.links.history.credit().then(() => calls.answer(callId, result));
}

function log(shell: Shell, { level, event, fields, ration }: LogEffect, context: NodeContext): void {
  if (ration === null) {
    context.log(level, event, fields);
    return;
  }
  const noted = rationOf(shell, event).note(ration.source, performance.now());
  if (noted === 'logged') context.log(level, event, fields);
  if (noted === 'first-suppressed' && ration.isRestLogged)
    context.after(dialing.failureLog.everyMs, 'logSuppressed', { event });
}

/** Returns the ration of an event, which is its own. */
export function rationOf({ rations }: Shell, event: string): LogRation {
  const known = rations.get(event) ?? new LogRation(dialing.failureLog);
  rations.set(event, known);
  return known;
}
