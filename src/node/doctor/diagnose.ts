/**
 * The doctor: gathers observations of this machine and its network, and lets the pure judgement of `chat/doctor` find
 * the causes. A node that runs is asked for what it heard. Without one the doctor listens for a bounded time; it then
 * sends one test datagram to each target of announcements, and nothing else.
 */
import { randomBytes } from 'node:crypto';
import { err, ok, type Result } from 'neverthrow';
import { bindsOf, readInterfaces } from '../../actors/interfaces.js';
import { beaconSocket } from '../../actors/presence/limits.js';
import { selfTest, udpProblem } from '../../actors/presence/self-test.js';
import { replyPortsFor } from '../../actors/presence/targets.js';
import { isAnswering, tcpProblem } from '../../actors/tcp/port.js';
import type { NetworkInfo, ProbeInfo } from '../../chat/contract.js';
import type { Finding } from '../../chat/doctor/finding.js';
import { echoesOf, heardOf, heardPeerOf, wayOf } from '../../chat/doctor/heard.js';
import { judge } from '../../chat/doctor/judge.js';
import { inquiry } from '../../chat/doctor/limits.js';
import type { Echo, Observations, PeerState, TcpPort, UdpPort } from '../../chat/doctor/observations.js';
import type { DoctorWords } from '../../chat/doctor/words.js';
import { peerIdOf } from '../../chat/people/identity.js';
import { nothingHeard, type HeardReport } from '../../chat/presence/heard-log.js';
import { isUnspecified } from '../../wire/address-space.js';
import type { NodeError, NodeHandle, NodeOptions } from '../handle.js';
import { node as nodeLimits } from '../limits.js';
import { startPassiveDiscovery } from '../passive/discovery.js';
import { readFirewalls } from './firewalls.js';
import { doctorShell as limits } from './limits.js';
import { gateway, holderOf, homeState, links } from './machine.js';

export type { Finding } from '../../chat/doctor/finding.js';
export type { DoctorWords } from '../../chat/doctor/words.js';

/** Arguments of the doctor. */
export interface DiagnoseOptions {
  /** The node of the home, and its age in ms; null: none runs. */
  readonly running: { readonly node: NodeHandle; readonly ageMs: number } | null;
  /** The settings that a node of the home starts with. */
  readonly options: NodeOptions;
  /** The peer to ask about; it needs a running node. */
  readonly peer: string | null;
  /** Time for which announcements are waited for. */
  readonly listenMs: number;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  readonly onProgress: (doneMs: number, totalMs: number) => void;
  /** The words of the findings. Default: English. */
  readonly words?: DoctorWords | undefined;
}

/** The observations that need the network: of the running node, or of an own discovery. */
type NetworkObservations = Pick<
  Observations,
  | 'binds'
  | 'tcp'
  | 'udp'
  | 'replyPorts'
  | 'echoes'
  | 'heard'
  | 'offLinkCount'
  | 'contacts'
  | 'peer'
  | 'listenedMs'
>;

/** Returns the findings. Errors: those of the node. */
export async function diagnose(asked: DiagnoseOptions): Promise<Result<readonly Finding[], NodeError>> {
  const { running, options } = asked;
  const home = homeState(options.home);
  const firewalls = readFirewalls(process.platform);
  const router = gateway();
  const beaconPorts = options.beaconPorts ?? beaconSocket.portsDefault;
  const listened =
    running === null ? ok(await listenAlone(asked, beaconPorts)) : await askNode(asked, running);
  if (listened.isErr()) return err(listened.error);
  const heardOn = listened.value.udp.map(({ port }) => port);
  const neededUdpPorts = [...heardOn, ...replyPortsFor(heardOn), ...listened.value.replyPorts];
  const observations: Observations = {
    platform: process.platform,
    isNodeRunning: running !== null,
    addresses: readInterfaces(),
    links: links(),
    neededUdpPorts,
    firewalls: await firewalls,
    gateway: await router,
    home,
    ...listened.value,
  };
  return ok(judge(observations, asked.words));
}

/** Takes the observations of the running node. */
async function askNode(
  { options, peer, listenMs, signal, onProgress }: DiagnoseOptions,
  { node, ageMs }: NonNullable<DiagnoseOptions['running']>,
): Promise<Result<NetworkObservations, NodeError>> {
  const begun = await node.network();
  if (begun.isErr()) return err(begun.error);
  // The node may run with other settings than those of the home.
  const intervalMs = begun.value.beaconIntervalMs;
  // A node that is older than an interval has heard everybody who announces itself.
  const totalMs = Math.max(0, Math.min(listenMs, intervalMs + limits.marginMs - ageMs));
  const startedMs = performance.now();
  const probing = peer === null ? null : node.probe(peer);
  await waitUntil(totalMs, signal, onProgress, async () => {
    const info = (await node.network()).unwrapOr(null);
    return (
      info !== null &&
      info.heard.length > 0 &&
      echoesOf(info, readInterfaces()).every(({ isHeard }) => isHeard)
    );
  });
  const probed = (await probing) ?? null;
  if (probed?.isErr() === true && probed.error.code !== 'chat/unknown-peer') return err(probed.error);
  const info = await node.network();
  if (info.isErr()) return err(info.error);
  const { binds, tcpPort, tcpPortWanted, beaconPorts, replyPorts, sent, own, heard, offLinkCount } =
    info.value;
  const recentMs = inquiry.recentIntervals * intervalMs;
  const isRecent = ({ lastHeard }: { readonly lastHeard: string }): boolean =>
    Date.now() - Date.parse(lastHeard) <= recentMs;
  return ok({
    binds,
    tcp: await tcpOf({ ...options, port: tcpPortWanted }, binds, tcpPort),
    udp: await udpOf(binds, beaconPorts),
    replyPorts,
    echoes: echoesOf({ sent, own: own.filter(isRecent) }, readInterfaces()),
    heard: heard.filter(isRecent).map((entry) => heardOf(entry, Date.now())),
    offLinkCount,
    contacts: await contactsOf(node),
    peer: peer === null ? null : peerOf(peer, probed?.unwrapOr(null) ?? null),
    listenedMs: Math.min(ageMs + performance.now() - startedMs, recentMs),
  });
}

async function contactsOf(node: NodeHandle): Promise<Observations['contacts']> {
  const contacts = (await node.contacts()).unwrapOr([]);
  return contacts
    .filter(
      ({ standing, peer }) => standing === 'accepted' && peer.address !== '' && peer.dialect === 'native',
    )
    .map(({ peer: { name, address } }) => ({ name, address }));
}

function peerOf(word: string, probed: ProbeInfo | null): PeerState {
  const { name = null, tried = [], heard = [], answer = null } = probed ?? {};
  return { word, name, tried, heard: heard.map((entry) => heardOf(entry, Date.now())), answer };
}

/** Takes observations without a node: listens, and sends test datagrams. */
async function listenAlone(
  { options, listenMs, signal, onProgress }: DiagnoseOptions,
  beaconPorts: readonly number[],
): Promise<NetworkObservations> {
  const { bind = nodeLimits.bind, broadcast: targets = null } = options;
  const binds = bindsOf(bind);
  const udp = await udpOf(binds, beaconPorts);
  const intervalMs = options.beaconIntervalMs ?? nodeLimits.beaconIntervalMs;
  const listening = await startPassiveDiscovery(
    {
      bind,
      beaconPorts,
      intervalMs,
      // An identity of this moment: the home is not touched.
      ownId: peerIdOf(new Uint8Array(randomBytes(32))),
      ownBootId: new Uint8Array(randomBytes(8)),
    },
    () => undefined,
  );
  // Where no port can be bound nothing is heard, and the finding about the ports says so.
  const report = async (): Promise<HeardReport> =>
    listening.isOk() ? await listening.value.report() : nothingHeard;
  const startedMs = performance.now();
  const returned = await selfTest({ bind, targets, beaconPorts });
  await waitUntil(listenMs, signal, onProgress, async () => (await report()).peers.length > 0);
  const { peers, offLinkCount } = await report();
  if (listening.isOk()) await listening.value.close();
  const own = readInterfaces();
  return {
    binds,
    tcp: await tcpOf(options, binds, null),
    udp,
    replyPorts: replyPortsFor(beaconPorts).slice(0, 1),
    echoes: returned.flatMap(({ target, problem, isHeard }): readonly Echo[] => {
      const way = wayOf(target, own);
      return way === null ? [] : [{ ...way, target, sendProblem: problem, isHeard }];
    }),
    heard: peers.map((entry) => heardOf(heardPeerOf(entry), Date.now())),
    offLinkCount,
    contacts: [],
    peer: null,
    listenedMs: performance.now() - startedMs,
  };
}

/** Waits until `isDone`, at most `totalMs`. */
async function waitUntil(
  totalMs: number,
  signal: AbortSignal,
  onProgress: DiagnoseOptions['onProgress'],
  isDone: () => Promise<boolean>,
): Promise<void> {
  const startedMs = performance.now();
  for (;;) {
    const doneMs = performance.now() - startedMs;
    if (doneMs >= totalMs || signal.aborted || (await isDone())) break;
    onProgress(doneMs, totalMs);
    await new Promise((resolve) => setTimeout(resolve, Math.min(limits.pollMs, totalMs - doneMs)));
  }
}

/** Tests the TCP port. `listeningPort`: the port of the running node; null: none runs. */
async function tcpOf(
  { port = nodeLimits.port, portStrict = false }: NodeOptions,
  binds: readonly string[],
  listeningPort: number | null,
): Promise<TcpPort> {
  const [bind = ''] = binds;
  const isOther = listeningPort !== port && port !== 0;
  const problem = isOther ? await tcpProblem(bind, port) : null;
  const host = isUnspecified(bind) ? '127.0.0.1' : bind;
  return {
    wanted: port === 0 ? (listeningPort ?? 0) : port,
    listeningPort,
    isStrict: portStrict,
    isAnswering: listeningPort === null ? null : await isAnswering(host, listeningPort, limits.connectMs),
    problem,
    holder: problem === 'EADDRINUSE' ? await holderOf('tcp', port) : '',
  };
}

/** Tests each port of beacons: it can be listened on beside other homes. */
const udpOf = (binds: NetworkInfo['binds'], beaconPorts: readonly number[]): Promise<readonly UdpPort[]> =>
  Promise.all(
    beaconPorts.map(async (port) => {
      const problem = await udpProblem(binds, port);
      return { port, problem, holder: problem === 'EADDRINUSE' ? await holderOf('udp', port) : '' };
    }),
  );
