/** The menu of netech: messages, two lists of peers, connecting to all peers or to a typed address. */
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
    menu.dialog.say(`You can be reached at ${addressesOf(menu.role).join(', ')}.`);
    return runMenu(menu.dialog, 'Talk with netech', [
      { key: '1', label: 'Send message', act: () => message(menu) },
      { key: '2', label: 'Query peers', act: () => query(menu) },
      { key: '3', label: 'Connect to peers', act: () => connect(menu) },
      { key: '0', label: 'Quit', act: null },
    ]);
  });

async function message(menu: MenuSession): Promise<void> {
  const peer = await askAddress(menu);
  if (peer === null) return;
  const text = await menu.dialog.askText('Message:');
  if (text !== null) await menu.send(peer, text);
}

async function askAddress({ dialog }: MenuSession): Promise<string | null> {
  const host = await dialog.askFor('IPv4 address:', readQuad);
  if (host === null) return null;
  const port = await dialog.askFor('Port:', readPort);
  return port === null ? null : `netech://${host}:${port}`;
}

async function query({ dialog, peers }: MenuSession): Promise<void> {
  const active = await peers();
  dialog.say('Active peers:', ...rowsOf(active));
  dialog.say('Connected peers:', ...rowsOf(active.filter((peer) => peer.isConnected)));
}

const rowsOf = (peers: readonly ForeignPeerInfo[]): readonly string[] =>
  peers.length === 0
    ? ['  none']
    : peers.map(({ name, address, port }) => `  ${escapeName(name)}  ${address}:${port}`);

async function connect(menu: MenuSession): Promise<void> {
  const { dialog, role, fail } = menu;
  const choice = await dialog.askFor('Automatically to all active peers (A) or manually (M)?', (answer) => {
    const word = answer.toUpperCase();
    return word === 'A' || word === 'M' ? ok(word) : err('Please answer A or M.');
  });
  if (choice === null) return;
  if (choice === 'M') {
    const peer = await askAddress(menu);
    if (peer === null) return;
    const connected = await role.node.foreignConnect(peer, { isManual: true });
    connected.match(() => dialog.say(`${peer} is connected.`), fail);
    return;
  }
  const active = await menu.peers();
  const waiting = active.filter((peer) => !peer.isConnected);
  if (active.length === 0) dialog.say('No active peers.');
  else if (waiting.length === 0) dialog.say('Every active peer is connected already.');
  const connectOne = async ({ peer, name }: ForeignPeerInfo): Promise<void> => {
    const connected = await role.node.foreignConnect(peer);
    connected.match(() => dialog.say(`${escapeName(name)} is connected.`), fail);
  };
  await Promise.all(waiting.map(connectOne));
}
