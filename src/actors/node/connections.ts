/**
 * Starts and watches the actors of connections for the node. Each runs under the supervisor of sessions; an end that it
 * could not report becomes an input of the core. An actor may be addressed at once: messages wait until it has started.
 */
import type { MessagePort } from 'node:worker_threads';
import type { ForeignConnectionEffect } from '../../chat/foreign/effects.js';
import type { SessionEffect } from '../../chat/routes/effects.js';
import { joinTexts } from '../../dialects/texts.js';
import { unreachable } from '../../exhaustive.js';
import { parseSessionId } from '../../ids.js';
import type { ChildSpec, Ended, Protocol, Ref } from '../../runtime/actor.js';
import type { SessionProtocol } from '../connection/protocol.js';
import { foreignPrefix, sessionPrefix, sessionsSupervisor, type EndOfConnection } from './protocol.js';
import { takePort, type NodeContext, type Shell } from './shell.js';

/** Performs an effect on a session. */
export function tellSession(shell: Shell, effect: SessionEffect, context: NodeContext): void {
  const { sessionId } = effect;
  if (effect.say !== 'start') {
    const ref = shell.sessions.get(sessionId);
    if (ref !== undefined) sendTo(ref, effect);
    return;
  }
  const port = takePort(shell, effect.connectionId);
  if (port === null) return;
  const { local } = shell.identity;
  const args = { sessionId, local, role: effect.role, port };
  const spec = shell.args.connections.session(args, nextNumber(shell));
  shell.sessions.set(sessionId, start(spec, port, context));
}

function sendTo(ref: Ref<SessionProtocol>, effect: Exclude<SessionEffect, { readonly say: 'start' }>): void {
  switch (effect.say) {
    case 'utter':
      ref.cast('say', { utterances: joinTexts(effect.utterances) });
      break;
    case 'ping':
    case 'narrow':
      ref.cast(effect.say, {});
      break;
    case 'attach-files':
      ref.cast('attachFiles', {});
      break;
    case 'close':
      ref.cast('close', { reason: effect.reason });
      break;
    default:
      unreachable(effect);
  }
}

/** Performs an effect on a foreign connection. */
export function tellForeign(shell: Shell, effect: ForeignConnectionEffect, context: NodeContext): void {
  const { sessionId } = effect;
  const ref = shell.foreign.get(sessionId);
  switch (effect.say) {
    case 'start': {
      const port = takePort(shell, effect.connectionId);
      if (port === null) return;
      const { dialect, role, options } = effect;
      const args = { sessionId, dialect, role, options, port };
      const spec = shell.args.connections.foreign(args, nextNumber(shell));
      // Its place in the order in which such connections are read counts from the moment when it runs.
      const isRunning = (): void => void context.self('foreignRunning', { sessionId });
      shell.foreign.set(sessionId, start(spec, port, context, isRunning));
      break;
    }
    case 'utter':
      ref?.cast('say', { token: effect.token, utterance: effect.utterance });
      break;
    case 'stop':
      ref?.cast('stopSending', {});
      break;
    case 'close':
      ref?.cast('close', {});
      break;
    default:
      unreachable(effect);
  }
}

/**
 * Returns the input that an end of an actor is; null: it is the actor of no connection. After an end that is `normal`
 * the actor has reported it itself, and that report counts unless it was lost.
 */
export function inputOfEnd({ actor, reason }: Ended): EndOfConnection | null {
  const kind = kinds.find(({ prefix }) => actor.startsWith(prefix));
  const parsed = kind === undefined ? null : parseSessionId(actor.slice(kind.prefix.length));
  if (kind === undefined || parsed === null || parsed.isErr()) return null;
  return { type: kind.type, sessionId: parsed.value, end: { type: 'lost', reason: reason.type } };
}

const kinds = [
  { prefix: sessionPrefix, type: 'sessionDown' },
  { prefix: foreignPrefix, type: 'foreignDown' },
] as const;

function start<P extends Protocol>(
  spec: ChildSpec<P>,
  port: MessagePort,
  context: NodeContext,
  isRunning: () => void = () => undefined,
): Ref<P> {
  const started = context.spawn(spec, { under: sessionsSupervisor });
  context.watch(spec, 'connectionEnded');
  // Where it does not start, no actor closes the port, and the socket at its other end would wait for a reader.
  void started.match(isRunning, () => port.close());
  return context.ref(spec);
}

function nextNumber(shell: Shell): number {
  shell.connectionsStarted += 1;
  return shell.connectionsStarted - 1;
}
