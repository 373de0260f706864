/** The menu of synergy: active peers, connecting, messages. Leaving says goodbye to all peers. */
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
    menu.dialog.say(`You can be reached at ${addressesOf(menu.role).join(', ')}.`);
    return runMenu(menu.dialog, 'Talk with synergy', [
      { key: '1', label: 'Send message', act: () => message(menu) },
      { key: '2', label: 'Query active peers', act: () => list(menu) },
      { key: '3', label: 'Connect to active peers', act: () => connect(menu) },
      { key: '0', label: 'Quit', act: null },
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
  const active = await menu.peers();
  const waiting = active.filter((peer) => !peer.isConnected);
  if (waiting.length === 0) {
    dialog.say(active.length === 0 ? 'No active peers.' : 'Every active peer is connected already.');
    return;
  }
  dialog.say(...rowsOf(waiting));
  const chosen = await dialog.askFor('Which one (number, name or "all")?', (answer) =>
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
  dialog.say(
    isConnected
      ? `${name} is connected.`
      : `A connection message went to ${name} in the text form; it counts as connected once it answers.`,
  );
}

/** Sends to an active peer or to any address, which becomes an active peer. */
async function message(menu: MenuSession): Promise<void> {
  const { dialog } = menu;
  const peers = await menu.peers();
  dialog.say(...rowsOf(peers));
  const peer = await dialog.askFor('Peer (number, name, IP:PORT or synergy+json://IP:PORT)?', (answer) =>
    isAddress(answer) ? readAddress(answer) : readPeer(answer, peers).map((found) => found.peer),
  );
  if (peer === null) return;
  const text = await dialog.askText('Message:');
  if (text !== null) await menu.send(peer, text);
}

const isAddress = (answer: string): boolean => /^(?:synergy(?:\+json)?:\/\/)?\S+:\d+$/i.test(answer);

function readAddress(answer: string): Result<string, string> {
  const [, scheme = 'synergy://', address = ''] = /^(synergy(?:\+json)?:\/\/)?(.*)$/i.exec(answer) ?? [];
  return readQuadAndPort(address, 0).map((where) => `${scheme}${where}`);
}
