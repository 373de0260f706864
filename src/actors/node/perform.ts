/**
 * Performs the effects of the core: each one becomes a message to an actor, or a call of a service. No decision is
 * made here. Answers of other actors come back as messages to the node, and from there as inputs of the core.
 */
import type { Effect } from '../../chat/effects.js';
import type { TransferAnswer, TransferAsk } from '../../chat/files/effects.js';
import { times as transferTimes } from '../../chat/files/limits.js';
import { dialing } from '../../chat/routes/limits.js';
import type { TransportEffect } from '../../chat/routes/route.js';
import type { CallerEffect, LogEffect, Token } from '../../chat/turn.js';
import { unreachable } from '../../exhaustive.js';
import { LogRation } from '../../runtime/log-ration.js';
import { askHistory } from './ask-history.js';
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
      if (effect.say === 'name') services.keepName(effect.name);
      else services.keepPrivacy(effect.privacy);
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
    case 'unsent':
      files.cast('unsent', { ids: ask.ids });
      break;
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
