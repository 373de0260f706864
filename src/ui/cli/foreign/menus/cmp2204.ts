/** The menu of Chat_Initiator of cmp2204: users, chat, history. Each message has its own connection. */
import { catalogue } from '../../../text/catalogue.js';
import { err, ok, type Result } from 'neverthrow';
import { escapeName, parseEndpoint, type ForeignPeerInfo, type SendViaOptions } from '../../../../index.js';
import { roles as limits } from '../../limits.js';
import { messageLine } from '../../screen/present.js';
import { toyGroupOf } from '../../options/settings.js';
import type { RunContext } from '../../run.js';
import type { ExitCode } from '../../screen/wording.js';
import { readPeer, readYes } from './answers.js';
import { runMenu } from './menu.js';
import { withMenu, type MenuSession } from './menu-session.js';

/** Runs the menu of Chat_Initiator. */
export const initiate = (context: RunContext): Promise<ExitCode> =>
  withMenu(context, { dialect: 'cmp2204', saysGoodbye: false }, (menu) =>
    runMenu(menu.dialog, catalogue().menus.talkWithCmp2204, [
      { key: '1', label: catalogue().menus.users, act: () => users(menu) },
      { key: '2', label: catalogue().menus.chat, act: () => chat(menu) },
      { key: '3', label: catalogue().menus.history, act: () => history(menu) },
      { key: '4', label: catalogue().menus.exit, act: null },
    ]),
  );

/** A peer in the lists of the menu. */
interface Present extends ForeignPeerInfo {
  /** Whether the peer runs Parlance, so that the conversation is encrypted. */
  readonly isNative: boolean;
}

/** Lists the peers that announce themselves, native ones included. */
async function present({ peers, role }: MenuSession): Promise<readonly Present[]> {
  const older = (await peers()).map((peer) => ({ ...peer, isNative: false }));
  const native = (await role.node.peers())
    .unwrapOr([])
    .filter(({ dialect, blocked }) => dialect === 'native' && blocked !== true)
    .map(({ id, name, address, port, state }) => {
      return { peer: id, name, address, port, state, isConnected: false, isNative: true };
    });
  return [...older, ...native].filter(({ state }) => state !== 'offline');
}

async function users(menu: MenuSession): Promise<void> {
  const there = await present(menu);
  if (there.length === 0) menu.dialog.say(catalogue().menus.nobodyAnnounced);
  for (const { name, state, address, isNative } of there) {
    const kind = isNative ? catalogue().menus.parlanceEncrypted : '';
    menu.dialog.say(`${escapeName(name)} (${state === 'online' ? 'Online' : 'Away'})  ${address}${kind}`);
  }
}

async function chat(menu: MenuSession): Promise<void> {
  const { dialog } = menu;
  const there = await present(menu);
  const chosen = await dialog.askFor(
    catalogue().menus.askPeer,
    (answer): Result<Pick<Present, 'peer' | 'isNative'>, string> =>
      parseEndpoint(answer) === null
        ? readPeer(answer, there)
        : ok({ peer: `cmp2204://${answer}`, isNative: false }),
  );
  if (chosen === null) return;
  const via = chosen.isNative ? undefined : await askVia(menu);
  if (via === null) return;
  const text = await dialog.askText(catalogue().menus.message);
  if (text === null) return;
  await menu.send(chosen.peer, text, via);
}

async function askVia(menu: MenuSession): Promise<SendViaOptions | null> {
  const isSecure = await menu.dialog.askFor(catalogue().menus.askWeak, readYes, true);
  if (isSecure === null) return null;
  return isSecure ? secureVia(menu) : { isPlain: true };
}

async function secureVia({ role, dialog }: MenuSession): Promise<SendViaOptions | null> {
  // A node that ran before has its own group, which may differ from this environment.
  const prime = BigInt((role.isOwnNode ? toyGroupOf(role.settings)?.p : undefined) ?? limits.toyPrime);
  return dialog.askFor(
    catalogue().menus.askNumber(prime),
    (answer) => readNumber(answer, prime).map((privateNumber): SendViaOptions => ({ privateNumber })),
    {},
  );
}

function readNumber(answer: string, prime: bigint): Result<number, string> {
  const number = /^\d{1,15}$/.test(answer) ? Number(answer) : 0;
  return number >= 1 && BigInt(number) <= prime
    ? ok(number)
    : err(catalogue().menus.notNumber(answer, prime));
}

async function history({ role, dialog, fail }: MenuSession): Promise<void> {
  const lines = await role.node.history({ limit: limits.historyLines });
  if (lines.isErr()) {
    fail(lines.error);
    return;
  }
  const ours = lines.value.filter(({ dialect }) => dialect === 'cmp2204' || dialect === 'native');
  if (ours.length === 0) dialog.say(catalogue().menus.noMessages);
  for (const line of ours) dialog.say(messageLine(line, role.context.output.colors));
}
