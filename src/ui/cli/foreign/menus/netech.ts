/** The menu of netech: messages, two lists of peers, connecting to all peers or to a typed address. */
import { catalogue } from '../../../text/catalogue.js';
import { err, ok } from 'neverthrow';
import { escapeName, type ForeignPeerInfo } from '../../../../index.js';
import { addressesOf } from '../role.js';
import type { RunContext } from '../../run.js';
import type { ExitCode } from '../../screen/wording.js';
import { readPort, readQuad } from './answers.js';
import { runMenu } from './menu.js';
import { withMenu, type MenuSession } from './menu-session.js';

/** Runs the menu of netech. */
export const netechMenu = (context: RunContext): Promise<ExitCode> =>
  withMenu(context, { dialect: 'netech', saysGoodbye: true }, (menu) => {
    menu.dialog.say(catalogue().menus.reachedAt(addressesOf(menu.role).join(', ')));
    return runMenu(menu.dialog, catalogue().menus.talkWithNetech, [
      { key: '1', label: catalogue().menus.sendMessage, act: () => message(menu) },
      { key: '2', label: catalogue().menus.queryPeers, act: () => query(menu) },
      { key: '3', label: catalogue().menus.connectToPeers, act: () => connect(menu) },
      { key: '0', label: catalogue().menus.quit, act: null },
    ]);
  });

async function message(menu: MenuSession): Promise<void> {
  const peer = await askAddress(menu);
  if (peer === null) return;
  const text = await menu.dialog.askText(catalogue().menus.message);
  if (text !== null) await menu.send(peer, text);
}

async function askAddress({ dialog }: MenuSession): Promise<string | null> {
  const host = await dialog.askFor(catalogue().menus.askIpv4, readQuad);
  if (host === null) return null;
  const port = await dialog.askFor(catalogue().menus.askPort, readPort);
  return port === null ? null : `netech://${host}:${port}`;
}

async function query({ dialog, peers }: MenuSession): Promise<void> {
  const active = await peers();
  dialog.say(catalogue().menus.activePeers, ...rowsOf(active));
  dialog.say(catalogue().menus.connectedPeers, ...rowsOf(active.filter((peer) => peer.isConnected)));
}

const rowsOf = (peers: readonly ForeignPeerInfo[]): readonly string[] =>
  peers.length === 0
    ? [catalogue().menus.none]
    : peers.map(({ name, address, port }) => `  ${escapeName(name)}  ${address}:${port}`);

async function connect(menu: MenuSession): Promise<void> {
  const { dialog, role, fail } = menu;
  const choice = await dialog.askFor(catalogue().menus.askAutomatic, (answer) => {
    const word = answer.toUpperCase();
    return word === 'A' || word === 'M' ? ok(word) : err(catalogue().menus.answerAorM);
  });
  if (choice === null) return;
  if (choice === 'M') {
    const peer = await askAddress(menu);
    if (peer === null) return;
    const connected = await role.node.foreignConnect(peer, { isManual: true });
    connected.match(() => dialog.say(catalogue().menus.isConnected(peer)), fail);
    return;
  }
  const active = await menu.peers();
  const waiting = active.filter((peer) => !peer.isConnected);
  if (active.length === 0) dialog.say(catalogue().menus.noActive);
  else if (waiting.length === 0) dialog.say(catalogue().menus.allConnected);
  const connectOne = async ({ peer, name }: ForeignPeerInfo): Promise<void> => {
    const connected = await role.node.foreignConnect(peer);
    connected.match(() => dialog.say(catalogue().menus.isConnected(escapeName(name))), fail);
  };
  await Promise.all(waiting.map(connectOne));
}
