/** Three of the four programs of cmp2204, each until a signal. The fourth, Chat_Initiator, is a menu. */
import { catalogue } from '../../text/catalogue.js';
import { join } from 'node:path';
import type { MessageEvent, NodeEvent, PeerEvent } from '../../../index.js';
import { escapeForTerminal, escapeName } from '../../../index.js';
import { beaconSocket, foreignPorts, node as nodeLimits } from '../../../node/limits.js';
import { eventLine, messageLine, peerLine, weakness } from '../screen/present.js';
import { until, type RunContext } from '../run.js';
import type { ExitCode } from '../screen/wording.js';
import { addressesOf, withRole, type Role } from './role.js';

/** Runs Service_Announcer: the beacon of a node is a superset of its announcement. */
export const announce = (context: RunContext): Promise<ExitCode> =>
  withRole(context, 'cmp2204', async (role) => {
    const { self, settings, isOwnNode } = role;
    const seconds = settings.beaconIntervalSeconds ?? nodeLimits.beaconIntervalMs / 1_000;
    const ports = (settings.beaconPorts ?? beaconSocket.portsDefault).join(' and ');
    const pace = isOwnNode ? catalogue().menus.everySeconds(seconds, ports) : catalogue().menus.asTheNode;
    const line = catalogue().menus.announcing(escapeName(self.name), pace);
    return follow(role, async (event) => {
      if (event.type === 'ready') await context.output.result(event, line);
    });
  });

/** Runs Peer_Discovery: prints peers that come and go, and keeps them in `online_peers.txt` of the home. */
export const discover = (context: RunContext): Promise<ExitCode> =>
  withRole(context, 'cmp2204', async (role) => {
    const { output } = context;
    const shown = new Map<string, string>();
    const show = async (peer: PeerEvent): Promise<void> => {
      const state = `${peer.state} ${peer.name}`;
      if (shown.get(peer.id) === state) return;
      shown.set(peer.id, state);
      await output.result(peer, peerLine(peer, output.colors));
    };
    return follow(role, async (event) => {
      if (event.type === 'peer') await show(event);
      if (event.type !== 'ready') return;
      output.note(catalogue().menus.listening(onlinePeersFile(role)));
      if (output.isJson) await output.result(event, null);
      for (const peer of (await role.node.peers()).unwrapOr([]))
        if (peer.state !== 'offline') await show(peer);
    });
  });

const onlinePeersFile = ({ home }: Role): string => escapeForTerminal(join(home, 'online_peers.txt'));

/**
 * Runs Chat_Responder: prints incoming messages of cmp2204 and of native peers, with whom `initiate` talks, too. The
 * file `chat_history.txt` in the home keeps the messages of cmp2204.
 */
export const respond = (context: RunContext): Promise<ExitCode> =>
  withRole(context, 'cmp2204', async (role) => {
    const { output } = context;
    return follow(role, async (event) => {
      if (event.type === 'ready') {
        const where = catalogue().menus.waitingForMessages(
          addressesOf(role).join(', '),
          weakness('cmp2204').join(', '),
        );
        await output.result(event, where);
        if (role.self.port !== foreignPorts.cmp2204)
          output.note(catalogue().menus.dialsPortOnly(foreignPorts.cmp2204, role.self.port));
      }
      if (event.type === 'message' && event.direction === 'in' && isShown(event))
        await output.result(event, messageLine(event, output.colors));
      if (event.type === 'notice' && event.dialect === 'cmp2204')
        await output.result(event, eventLine(event, output.colors));
      if (event.type === 'error') output.note(eventLine(event, output.colors) ?? '');
    });
  });

const isShown = ({ dialect }: MessageEvent): boolean => dialect === 'cmp2204' || dialect === 'native';

/** Passes on every event until a signal. Exit code 1 when the node ends before. */
async function follow(
  { node, context }: Role,
  onEvent: (event: NodeEvent) => Promise<void>,
): Promise<ExitCode> {
  const { output, stopped } = context;
  for await (const event of until(node.events(), stopped)) {
    if (event.type === 'bye') break;
    await onEvent(event);
  }
  if (!stopped.aborted)
    return output.failure({ code: 'api/lost', detail: catalogue().menus.endedBeforeRole });
  if (output.isJson) await output.result({ type: 'bye' }, null);
  return 0;
}
