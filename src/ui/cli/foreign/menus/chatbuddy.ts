/**
 * The menu of chatbuddy: the users of the hub, starting a chat, waiting for one. The menu reports a hub that is down and
 * tries it again in the background. Chats need no hub.
 */
import { catalogue } from '../../../text/catalogue.js';
import {
  escapeForTerminal,
  escapeName,
  openHubClient,
  type HubClient,
  type HubUser,
  type NodeError,
} from '../../../../index.js';
import { foreignPorts, hubProtocol } from '../../../../node/limits.js';
import { addressesOf } from '../role.js';
import { usage, type RunContext } from '../../run.js';
import type { ExitCode } from '../../screen/wording.js';
import { readPort, readQuad } from './answers.js';
import { Callers } from './callers.js';
import { HubNames } from './hub-names.js';
import { awaitPartner, awaitPartnerOrEnter, converse, type Partner } from './conversation.js';
import { runMenu } from './menu.js';
import { withMenu, type MenuSession } from './menu-session.js';

/** The address of a hub. */
export interface HubAddress {
  readonly host: string;
  readonly port: number;
}

/** Parses `HOST` or `HOST:PORT`; `null`: the word is neither. */
export function parseHub(word: string): HubAddress | null {
  const [, host = '', digits = String(hubProtocol.port)] =
    /^([A-Za-z0-9.-]{1,253})(?::(\d{1,5}))?$/.exec(word) ?? [];
  const port = readPort(digits);
  return host === '' || port.isErr() ? null : { host, port: port.value };
}

/** Runs the menu. `hubWord` null: without a hub. */
export async function chatbuddyMenu(context: RunContext, hubWord: string | null): Promise<ExitCode> {
  const address = hubWord === null ? null : parseHub(hubWord);
  if (hubWord !== null && address === null)
    return context.output.failure(usage('menu', catalogue().menus.hubWord(hubWord)));
  const names = new HubNames();
  const labelled = { dialect: 'chatbuddy', saysGoodbye: true, called: names.called } as const;
  return withMenu(context, labelled, async (menu) => {
    const hub = address === null ? null : register(menu, address, names);
    const callers = new Callers(menu, '3');
    try {
      await runMenu(menu.dialog, catalogue().menus.talkWithChatbuddy, [
        { key: '1', label: catalogue().menus.seeWhoIsOnline, act: () => list(menu, hub, names) },
        {
          key: '2',
          label: catalogue().menus.startChat,
          act: () =>
            callers.converseWith(
              () => start(menu, hub, names),
              (partner) => chat(menu, partner),
            ),
        },
        {
          key: '3',
          label: catalogue().menus.waitForChat,
          act: () =>
            callers.converseWith(
              () => waitForFriend(menu, hub, names),
              (partner) => chat(menu, partner),
            ),
        },
        { key: '4', label: catalogue().menus.exitProgram, act: null },
      ]);
    } finally {
      hub?.close();
    }
  });
}

/** Registers at the hub, and prints each change of the registration. */
function register(
  { dialog, role, fail }: MenuSession,
  address: HubAddress,
  names: HubNames,
): HubClient | null {
  const where = `${address.host}:${address.port}`;
  let wasRegistered = false;
  const opened = openHubClient({
    ...address,
    name: role.self.name,
    onChange: (isRegistered, reason) => {
      const why = escapeForTerminal(reason ?? '');
      if (isRegistered) {
        dialog.say(catalogue().menus.registered(where));
        void names.refresh(opened.unwrapOr(null));
      } else if (wasRegistered) dialog.say(catalogue().menus.hubIsGone(where, why));
      else dialog.say(catalogue().menus.noRegistration(where, why));
      wasRegistered = isRegistered;
    },
  });
  if (opened.isErr()) fail(opened.error);
  return opened.unwrapOr(null);
}

async function list({ dialog, fail }: MenuSession, hub: HubClient | null, names: HubNames): Promise<void> {
  if (hub === null) {
    dialog.say(catalogue().menus.noHub);
    return;
  }
  const users = await hub.list();
  if (users.isErr()) {
    fail(users.error satisfies NodeError);
    dialog.say(catalogue().menus.noList);
    return;
  }
  names.learn(users.value);
  dialog.say(catalogue().menus.onlineNow);
  dialog.say(...rowsOf(users.value));
}

/** Returns the rows of the list. Users of one name are numbered, since they may share an address, too. */
function rowsOf(users: readonly HubUser[]): readonly string[] {
  const seen = new Map<string, number>();
  return users.map(({ name, address }) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    const number = users.filter((user) => user.name === name).length > 1 ? ` (${count})` : '';
    return `  ${escapeName(name)}${number}  ${escapeForTerminal(address)}`;
  });
}

async function start(menu: MenuSession, hub: HubClient | null, names: HubNames): Promise<Partner | null> {
  const { dialog, role, fail } = menu;
  await names.refresh(hub);
  const question = hub === null ? catalogue().menus.theirAddress : catalogue().menus.theirAddressOrName;
  const host = await dialog.askFor(question, (answer) => names.addressOf(answer) ?? readQuad(answer));
  if (host === null) return null;
  const usual = foreignPorts.chatbuddy;
  const port = await dialog.askFor(catalogue().menus.theirPort(usual), readPort, usual);
  if (port === null) return null;
  const connected = await role.node.foreignConnect(`chatbuddy://${host}:${port}`);
  if (connected.isErr()) {
    fail(connected.error);
    return null;
  }
  const row = (await menu.peers()).find((each) => each.address === host && each.port === port);
  return { peer: row?.peer ?? `chatbuddy://${host}:${port}` };
}

async function waitForFriend(
  menu: MenuSession,
  hub: HubClient | null,
  names: HubNames,
): Promise<Partner | null> {
  const { dialog, role, events } = menu;
  await names.refresh(hub);
  dialog.say(catalogue().menus.waitingAt(addressesOf(role).join(', ')));
  const signal = AbortSignal.any([role.context.stopped, events.ended, dialog.over]);
  // Lines of a pipe are messages to the friend.
  return dialog.isTerminal ? awaitPartnerOrEnter(menu, signal) : awaitPartner(menu, signal);
}

async function chat(menu: MenuSession, partner: Partner): Promise<void> {
  menu.dialog.say(catalogue().menus.connectedEom);
  await converse(menu, partner, { endMark: 'EOM' });
}
