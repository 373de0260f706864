/** A conversation inside a menu: every line goes to the peer until one of the two ends it. */
import { catalogue } from '../../../text/catalogue.js';
import type { NodeEvent, NoticeEvent } from '../../../../index.js';
import { roles as limits } from '../../limits.js';
import { within } from '../../run.js';
import type { MenuSession } from './menu-session.js';

/** The peer of a conversation. */
export interface Partner {
  /** Id of the peer. */
  readonly peer: string;
}

/** The rules of a dialect for a conversation. */
export interface ConversationRules {
  /** Line that ends the conversation, as in the older program. */
  readonly endMark: string;
  /** Handler of lines that are commands; `true`: the line was a command. */
  readonly command?: (line: string) => Promise<boolean>;
  /** Whether the conversation goes on after the end of input until the peer leaves. */
  readonly isPatient?: boolean;
}

/** Runs a conversation to its end. `left`: the user ended it; `ended`: the peer did. */
export async function converse(
  menu: MenuSession,
  { peer }: Partner,
  rules: ConversationRules,
): Promise<'left' | 'ended'> {
  const { dialog, events, role } = menu;
  const ended = new AbortController();
  const unlisten = events.listen((event) => {
    if (isEndOf(event, peer)) ended.abort();
  });
  try {
    if (!(await isOpen(menu, peer))) return 'ended';
    for (;;) {
      const line = await dialog.askText('', ended.signal);
      if (ended.signal.aborted) return 'ended';
      if (line === null && rules.isPatient === true && !dialog.isTerminal) {
        await untilAborted(AbortSignal.any([ended.signal, role.context.stopped, events.ended]));
        if (ended.signal.aborted) return 'ended';
      }
      if (line === null || line.trim() === rules.endMark) {
        await within(limits.leaveMs, leave(menu, peer, ended.signal));
        return 'left';
      }
      if (line === '') {
        dialog.say(catalogue().menus.isEmpty);
        continue;
      }
      if ((await rules.command?.(line.trim())) === true) continue;
      await menu.sendLine(peer, line);
    }
  } finally {
    unlisten();
  }
}

/** Waits for a peer that opens a conversation, or takes an open one; `null`: no peer came before `signal`. */
export async function awaitPartner(menu: MenuSession, signal: AbortSignal): Promise<Partner | null> {
  const found = new AbortController();
  const isOurs = (event: NodeEvent): event is NoticeEvent => isOpening(event, menu);
  const opening = menu.events.next(isOurs, AbortSignal.any([signal, found.signal]));
  const open = await openPartner(menu);
  if (open !== null) {
    found.abort();
    return open;
  }
  const opened = await opening;
  return opened === null ? null : { peer: opened.peerId };
}

/** Waits as `awaitPartner` does, at a terminal where Enter ends the waiting. A peer that comes at that moment is taken. */
export async function awaitPartnerOrEnter(menu: MenuSession, signal: AbortSignal): Promise<Partner | null> {
  const { dialog } = menu;
  // Lines typed ahead are for a peer that waits already.
  const open = await openPartner(menu);
  if (open !== null) return open;
  const came = new AbortController();
  const stopped = new AbortController();
  const waiting = awaitPartner(menu, AbortSignal.any([signal, stopped.signal]));
  void waiting.then(() => came.abort());
  for (;;) {
    const line = await dialog.askText(catalogue().menus.enterStops, came.signal);
    if (line === null) return waiting;
    if (line !== '') {
      dialog.say(catalogue().menus.nobodyReads);
      continue;
    }
    stopped.abort();
    return (await waiting) ?? (await openPartner(menu));
  }
}

/** Decides whether a peer opened a conversation, or accepted one. */
export const isOpening = (event: NodeEvent, { role }: MenuSession): event is NoticeEvent =>
  event.type === 'notice' && event.notice === 'connected' && event.dialect === role.dialect;

const openPartner = async ({ peers }: MenuSession): Promise<Partner | null> =>
  (await peers()).find((peer) => peer.isConnected) ?? null;

async function isOpen({ peers }: MenuSession, peer: string): Promise<boolean> {
  return (await peers()).some((row) => row.peer === peer && row.isConnected);
}

/** Says goodbye, and waits until the node lists the conversation no more or reports its end. */
async function leave(menu: MenuSession, peer: string, ended: AbortSignal): Promise<void> {
  await menu.role.node.foreignLeave(menu.role.dialect, peer);
  while (!ended.aborted && (await isOpen(menu, peer)))
    await new Promise((resolve) => setTimeout(resolve, limits.leavePollMs));
}

const isEndOf = (event: NodeEvent, peer: string): boolean =>
  event.type === 'notice' &&
  event.peerId === peer &&
  (event.notice === 'disconnected' || event.notice === 'lost');

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
