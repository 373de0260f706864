/** The menu of synergy: active peers, connecting, messages. Leaving says goodbye to all peers. */
import { catalogue } from '../../../text/catalogue.js';
import { ok, type Result } from 'neverthrow';
import { escapeName, type ForeignPeerInfo } from '../../../../index.js';
import { addressesOf } from '../role.js';
import type { RunContext } from '../../run.js';
import type { ExitCode } from '../../screen/wording.js';
import { readPeer, readQuadAndPort } from './answers.js';
import { runMenu } from './menu.js';
import { withMenu, type MenuSession } from './menu-session.js';

/** Runs the menu of synergy. */
export const synergyMenu = (context: RunContext): Promise<ExitCode> =>
  withMenu(context, { dialect: 'synergy', saysGoodbye: true }, (menu) => {
    menu.dialog.say(catalogue().menus.reachedAt(addressesOf(menu.role).join(', ')));
    return runMenu(menu.dialog, catalogue().menus.talkWithSynergy, [
      { key: '1', label: catalogue().menus.sendMessage, act: () => message(menu) },
      { key: '2', label: catalogue().menus.queryActive, act: () => list(menu) },
      { key: '3', label: catalogue().menus.connectToActive, act: () => connect(menu) },
      { key: '0', label: catalogue().menus.quit, act: null },
    ]);
  });

async function list(menu: MenuSession): Promise<void> {
  const peers = await menu.peers();
  if (peers.length === 0) menu.dialog.say(catalogue().menus.noActive);
  menu.dialog.say(...rowsOf(peers));
}

const rowsOf = (peers: readonly ForeignPeerInfo[]): readonly string[] =>
  peers.map(
    ({ name, address, port, isConnected }, at) =>
      `${at + 1}  ${escapeName(name)}  ${address}:${port}  ${isConnected ? catalogue().menus.connected : catalogue().menus.yetToConnect}`,
  );

async function connect(menu: MenuSession): Promise<void> {
  const { dialog } = menu;
  const active = await menu.peers();
  const waiting = active.filter((peer) => !peer.isConnected);
  if (waiting.length === 0) {
    dialog.say(active.length === 0 ? catalogue().menus.noActive : catalogue().menus.allConnected);
    return;
  }
  dialog.say(...rowsOf(waiting));
  const chosen = await dialog.askFor(catalogue().menus.whichOne, (answer) =>
    answer.toLowerCase() === 'all' ? ok(waiting) : readPeer(answer, waiting).map((peer) => [peer]),
  );
  await Promise.all((chosen ?? []).map((peer) => connectOne(menu, peer)));
}

async function connectOne(menu: MenuSession, peer: ForeignPeerInfo): Promise<void> {
  const { role, dialog, fail } = menu;
  const connected = await role.node.foreignConnect(peer.peer);
  if (connected.isErr()) return fail(connected.error);
  const isConnected = (await menu.peers()).some((row) => row.peer === peer.peer && row.isConnected);
  const name = escapeName(peer.name);
  // Which form a peer reads is known only once it has spoken.
  dialog.say(isConnected ? catalogue().menus.isConnected(name) : catalogue().menus.connectionSent(name));
}

/** Sends to an active peer or to any address, which becomes an active peer. */
async function message(menu: MenuSession): Promise<void> {
  const { dialog } = menu;
  const peers = await menu.peers();
  dialog.say(...rowsOf(peers));
  const peer = await dialog.askFor(catalogue().menus.askSynergyPeer, (answer) =>
    isAddress(answer) ? readAddress(answer) : readPeer(answer, peers).map((found) => found.peer),
  );
  if (peer === null) return;
  const text = await dialog.askText(catalogue().menus.message);
  if (text !== null) await menu.send(peer, text);
}

const isAddress = (answer: string): boolean => /^(?:synergy(?:\+json)?:\/\/)?\S+:\d+$/i.test(answer);

function readAddress(answer: string): Result<string, string> {
  const [, scheme = 'synergy://', address = ''] = /^(synergy(?:\+json)?:\/\/)?(.*)$/i.exec(answer) ?? [];
  return readQuadAndPort(address, 0).map((where) => `${scheme}${where}`);
}
