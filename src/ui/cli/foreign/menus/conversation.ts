/** A talk inside a menu: every line goes to the peer until one of the two ends it. */
import type { NodeEvent, NoticeEvent } from '../../../../index.js';
import { roles as limits } from '../../limits.js';
import { within } from '../../run.js';
import type { MenuSession } from './menu-session.js';

export interface Partner {
  /** Its id. */
  readonly peer: string;
}

export interface Manners {
  /** What the older program's user types to end the talk. */
  readonly endMark: string;
  /** Lines that are no message; `true`: it was one and is dealt with. */
  readonly command?: (line: string) => Promise<boolean>;
  /** At the end of input the talk goes on until the peer leaves. */
  readonly isPatient?: boolean;
}

/** Settles once the talk is over. `left`: our user ended it. */
export async function converse(
  menu: MenuSession,
  { peer }: Partner,
  manners: Manners,
): Promise<'left' | 'ended'> {
  const { dialog, events, role } = menu;
  const ended = new AbortController();
  const unlisten = events.listen((event) => {
    if (isEndOf(event, peer)) ended.abort();
  });
  try {
    if (!(await isTalking(menu, peer))) return 'ended';
    for (;;) {
      const line = await dialog.askText('', ended.signal);
      if (ended.signal.aborted) return 'ended';
      if (line === null && manners.isPatient === true && !dialog.isTerminal) {
        await untilAborted(AbortSignal.any([ended.signal, role.context.stopped, events.ended]));
        if (ended.signal.aborted) return 'ended';
      }
      if (line === null || line.trim() === manners.endMark) {
        await within(limits.leaveMs, leave(menu, peer, ended.signal));
        return 'left';
      }
      if (line === '' || (await manners.command?.(line.trim())) === true) continue;
      await menu.sayTo(peer, line);
    }
  } finally {
    unlisten();
  }
}

/** The next talk that somebody opens with us, or one that is open; `null`: nobody came before `signal`. */
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

/**
 * The same at a terminal, where a person who changes his mind presses Enter. Who comes at that very moment is talked
 * with all the same.
 */
export async function awaitPartnerOrEnter(menu: MenuSession, signal: AbortSignal): Promise<Partner | null> {
  const { dialog } = menu;
  // Lines typed ahead are for who is there already.
  const open = await openPartner(menu);
  if (open !== null) return open;
  const came = new AbortController();
  const givenUp = new AbortController();
  const waiting = awaitPartner(menu, AbortSignal.any([signal, givenUp.signal]));
  void waiting.then(() => came.abort());
  for (;;) {
    const line = await dialog.askText('(Enter gives up)', came.signal);
    if (line === null) return waiting;
    if (line !== '') {
      dialog.say('Nobody is there yet to read that.');
      continue;
    }
    givenUp.abort();
    return (await waiting) ?? (await openPartner(menu));
  }
}

/** Somebody has opened a talk with us, or taken ours. */
export const isOpening = (event: NodeEvent, { role }: MenuSession): event is NoticeEvent =>
  event.type === 'notice' && event.notice === 'connected' && event.dialect === role.dialect;

const openPartner = async ({ peers }: MenuSession): Promise<Partner | null> =>
  (await peers()).find((peer) => peer.isConnected) ?? null;

async function isTalking({ peers }: MenuSession, peer: string): Promise<boolean> {
  return (await peers()).some((row) => row.peer === peer && row.isConnected);
}

/** Settles once the farewell is out: the talk is gone from the node's list, or its end was told. */
async function leave(menu: MenuSession, peer: string, ended: AbortSignal): Promise<void> {
  await menu.role.node.foreignLeave(menu.role.dialect, peer);
  while (!ended.aborted && (await isTalking(menu, peer)))
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
