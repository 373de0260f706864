/**
 * The session of a menu on its node: events are shown between questions, and peers get a goodbye when the user
 * leaves.
 */
import { catalogue } from '../../../text/catalogue.js';
import { unreachable } from '../../../../exhaustive.js';
import {
  escapeForTerminal,
  escapeName,
  type ForeignDialectName,
  type ForeignPeerInfo,
  type NodeError,
  type NodeEvent,
  type SendViaOptions,
} from '../../../../index.js';
import { foreign as foreignLimits } from '../../../../node/limits.js';
import { roles as limits } from '../../limits.js';
import type { NodeSettings } from '../../options/settings.js';
import { eventLine, weakness } from '../../screen/present.js';
import { deliver, RoleEvents, withRole, type Role } from '../role.js';
import { within, type RunContext } from '../../run.js';
import { lineOf, wordingOf, type ExitCode } from '../../screen/wording.js';
import { Dialog } from './dialog.js';

/** The services of a menu that runs. */
export interface MenuSession {
  readonly role: Role;
  readonly dialog: Dialog;
  readonly events: RoleEvents;
  /** Lists the active peers of the older program, in order of appearance. */
  readonly peers: () => Promise<readonly ForeignPeerInfo[]>;
  /** Sends a message and prints the outcome. */
  readonly send: (peer: string, text: string, via?: SendViaOptions) => Promise<void>;
  /** Sends a line of a conversation. A terminal shows the line already, so only a failure is printed there. */
  readonly sendLine: (peer: string, text: string) => Promise<void>;
  /** Gives a peer the name by which its user knows it. */
  readonly called: (peer: string) => string;
  /** Prints a failure. */
  readonly fail: (error: NodeError) => void;
  /** Ids of messages that have not gone out yet. */
  readonly waiting: ReadonlySet<string>;
}

/** Arguments of `withMenu`. */
export interface MenuOptions {
  readonly dialect: ForeignDialectName;
  /** Changes the settings of a node that is started for this menu. */
  readonly adjust?: (settings: NodeSettings) => NodeSettings;
  /** Gives a peer the name by which the user knows it; absent: the name of the node. */
  readonly called?: (peer: string) => string;
  /** Whether the older program says goodbye to all peers when its user leaves. */
  readonly saysGoodbye: boolean;
}

/** Runs `use` until the user leaves. Exit codes: as `withRole`; 1 when the node ends before. */
export function withMenu(
  context: RunContext,
  { dialect, adjust, saysGoodbye, called = (peer) => peer }: MenuOptions,
  use: (menu: MenuSession) => Promise<void>,
): Promise<ExitCode> {
  return withRole(
    context,
    dialect,
    async (role) => {
      const { output, stopped } = context;
      const events = new RoleEvents(role.node);
      const dialog = new Dialog({ ...context, stopped: AbortSignal.any([stopped, events.ended]) });
      const menu = openMenu(role, dialog, events, called);
      events.listen((event) => show(menu, event));
      await events.begin();
      dialog.say(`${dialect}: ${weakness(dialect).join(', ')}`);
      try {
        await use(menu);
        if (saysGoodbye) await within(limits.leaveMs, sayGoodbye(role));
      } finally {
        dialog.close();
        events.end();
      }
      if (events.ended.aborted && !stopped.aborted)
        return output.failure({ code: 'api/lost', detail: catalogue().menus.endedBeforeMenu });
      if (output.isJson) await output.result({ type: 'bye' }, null);
      return menu.waiting.size > 0 ? stillWaiting(menu) : 0;
    },
    adjust,
  );
}

/** Nothing runs on behalf of the messages once a node that was started for this menu ends. */
async function stillWaiting({ role, waiting }: MenuSession): Promise<ExitCode> {
  const count = catalogue().menus.messagesWait(waiting.size);
  const when = role.isOwnNode ? catalogue().menus.whenNodeRuns : catalogue().menus.whenPeerAnswers;
  role.context.output.note(catalogue().menus.inOutbox(count, when));
  return 4;
}

/** Whether the older program takes this text for a farewell to one peer. */
const isExit = (dialect: ForeignDialectName, text: string): boolean =>
  (dialect === 'synergy' || dialect === 'netech') && text.trim().toLowerCase() === 'exit';

const sayGoodbye = async ({ node, dialect }: Role): Promise<void> =>
  void (await node.foreignLeave(dialect, null));

function openMenu(
  role: Role,
  dialog: Dialog,
  events: RoleEvents,
  called: MenuSession['called'],
): MenuSession {
  const shown = (peer: string): string => escapeName(called(peer));
  const waitMs = dialog.isTerminal ? limits.deliverWaitMs : pipedWaitMs(role);
  const fail = (error: NodeError): void => dialog.say(lineOf(wordingOf(error)));
  const leaveOne = async (peer: string): Promise<void> => {
    const active = (await role.node.foreignPeers(role.dialect)).unwrapOr([]);
    // The list does not keep the name of a peer that was left.
    const name = shown(active.find((row) => row.peer === peer)?.name ?? peer);
    (await role.node.foreignLeave(role.dialect, peer)).match(
      () => dialog.say(catalogue().menus.knowsYouLeave(name)),
      (error) => {
        if (error.code !== 'transport/dial-failed') return fail(error);
        const why = escapeForTerminal(error.reason);
        dialog.say(catalogue().menus.offYourList(name, why));
      },
    );
  };
  const send = async (
    peer: string,
    text: string,
    isReported: boolean,
    via?: SendViaOptions,
  ): Promise<void> => {
    if (text === '') return dialog.say(catalogue().menus.isEmpty);
    if (isExit(role.dialect, text)) return leaveOne(peer);
    const sent = await deliver(role, events, { peer, text, waitMs, ...(via === undefined ? {} : { via }) });
    sent.match(({ id, end }) => {
      if (end === null) {
        waiting.add(id);
        dialog.say(catalogue().menus.notSentYet(shown(peer)));
      } else if (end.state !== 'failed' && isReported) dialog.say(catalogue().menus.sentTo(shown(end.peer)));
    }, fail);
  };
  const waiting = new Set<string>();
  events.listen((event) => {
    if (event.type === 'status' && event.state !== 'queued') waiting.delete(event.id);
  });
  return {
    role,
    dialog,
    events,
    called,
    waiting,
    fail,
    peers: async () => {
      const listed = await role.node.foreignPeers(role.dialect);
      if (listed.isErr()) fail(listed.error);
      return listed.unwrapOr([]);
    },
    send: (peer, text, via) => send(peer, text, true, via),
    sendLine: (peer, text) => send(peer, text, !dialog.isTerminal),
  };
}

function pipedWaitMs({ dialect, settings }: Role): number {
  if (dialect !== 'synergy') return limits.deliverWaitPipedMs;
  return (settings.sendTimeoutMs ?? foreignLimits.sendDeadlineMs) + limits.giveUpMarginMs;
}

/** Shows an event. `send` reports sent messages; a failure may come long after it. */
function show({ role, dialog, called }: MenuSession, raw: NodeEvent): void {
  const { output } = role.context;
  const isAbout = raw.type === 'message' || raw.type === 'notice' || raw.type === 'status';
  const event = isAbout ? { ...raw, peer: called(raw.peer) } : raw;
  if (output.isJson) output.result(event, null).catch(() => undefined);
  if (!isShown(event, role.dialect)) return;
  if (event.type === 'status') {
    const why = event.reason === undefined ? '' : `: ${escapeForTerminal(event.reason)}`;
    dialog.say(catalogue().menus.notSentTo(escapeName(event.peer), why));
    return;
  }
  const line = eventLine(event, output.colors);
  if (line !== null) dialog.say(line);
}

function isShown(event: NodeEvent, dialect: ForeignDialectName): boolean {
  switch (event.type) {
    case 'message':
      return event.direction === 'in';
    case 'notice':
      return event.dialect === dialect;
    case 'status':
      return event.state === 'failed';
    case 'error':
      return true;
    case 'ready':
    case 'peer':
    case 'edit':
    case 'delete':
    case 'reaction':
    case 'timer':
    case 'read':
    case 'typing':
    case 'presence':
    case 'transfer':
    case 'bye':
      return false;
    default:
      return unreachable(event);
  }
}
