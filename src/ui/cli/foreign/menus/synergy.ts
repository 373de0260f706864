/** The menu of synergy: active peers, connecting, messages. Leaving says goodbye to all peers. */
import { ok } from 'neverthrow';
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
    menu.dialog.say(`You can be reached at ${addressesOf(menu.role).join(', ')}.`);
    return runMenu(menu.dialog, 'Talk with synergy', [
      { key: '1', label: 'Active peers', act: () => list(menu) },
      { key: '2', label: 'Connect', act: () => connect(menu) },
      { key: '3', label: 'Send message', act: () => message(menu) },
      { key: '4', label: 'Exit', act: null },
    ]);
  });

async function list(menu: MenuSession): Promise<void> {
  const peers = await menu.peers();
  if (peers.length === 0) menu.dialog.say('No active peers.');
  menu.dialog.say(...rowsOf(peers));
}

const rowsOf = (peers: readonly ForeignPeerInfo[]): readonly string[] =>
  peers.map(
    ({ name, address, port, isConnected }, at) =>
      `${at + 1}  ${escapeName(name)}  ${address}:${port}  ${isConnected ? 'Connected' : 'Yet to connect'}`,
  );

async function connect(menu: MenuSession): Promise<void> {
  const { dialog } = menu;
  const waiting = (await menu.peers()).filter((peer) => !peer.isConnected);
  if (waiting.length === 0) {
    dialog.say('Every active peer is connected already.');
    return;
  }
  dialog.say(...rowsOf(waiting));
  const chosen = await dialog.askFor('Which one (number, name or "all")?', (answer) =>
    answer.toLowerCase() === 'all' ? ok(waiting) : readPeer(answer, waiting).map((peer) => [peer]),
  );
  await Promise.all((chosen ?? []).map((peer) => connectOne(menu, peer)));
}

async function connectOne({ role, dialog, fail }: MenuSession, peer: ForeignPeerInfo): Promise<void> {
  const connected = await role.node.foreignConnect(peer.peer);
  connected.match(() => dialog.say(`${escapeName(peer.name)} is connected.`), fail);
}

/** Sends to an active peer or to any address, which becomes an active peer. */
async function message(menu: MenuSession): Promise<void> {
  const { dialog } = menu;
  const peers = await menu.peers();
  dialog.say(...rowsOf(peers));
  const peer = await dialog.askFor('Peer (number, name or IP:PORT)?', (answer) =>
    /^\S+:\d+$/.test(answer)
      ? readQuadAndPort(answer, 0).map((address) => `synergy://${address}`)
      : readPeer(answer, peers).map((found) => found.peer),
  );
  if (peer === null) return;
  const text = await dialog.askText('Message:');
  if (text !== null && text !== '') await menu.send(peer, text);
}
