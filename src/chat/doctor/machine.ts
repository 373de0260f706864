/** Findings about this machine: interfaces, ports, tunnels, clock, home. Pure. */
import { shellWord } from '../../shell-word.js';
import { isLoopback, isV6, type OwnAddress } from '../../wire/address-space.js';
import { commandRemedy, fine, trouble, type Finding } from './finding.js';
import { doctor as limits } from './limits.js';
import type { FirewallTool, Judged, Observations, UdpPort } from './observations.js';
import { listed, meaningOf, openCommand, setClockCommand, spanOf } from './remedies.js';
import type { DoctorWords } from './words.js';

/** Whether an address belongs to a tunnel, by the name of its interface. */
export const isTunnel = (name: string): boolean =>
  /^(tun|tap|wg|ppp|utun|ipsec|tailscale|zt|nordlynx|proton|mullvad|cscotun|gpd|sit|gre|ip6?tnl|ip6gre|ip6?_vti|erspan)/i.test(
    name,
  );

/** Whether an interface joins virtual machines or containers of this machine alone. Docker names bridges by twelve digits. */
export const isVirtual = (name: string): boolean =>
  /^(docker|br-[0-9a-f]{12}$|veth|virbr|vmnet|vboxnet|lxc|lxdbr|cni|podman|dummy|ifb)/i.test(name);

const isOuter = ({ internal }: OwnAddress): boolean => !internal;

/** The addresses at which another machine may reach this one. */
export const outerAddresses = ({ addresses }: Observations): readonly OwnAddress[] =>
  addresses.filter(isOuter);

/** Whether the node stays on this machine by its settings. */
export const isLoopbackOnly = ({ binds }: Observations): boolean => binds.every(isLoopback);

/** Whether a node of the home runs. */
export function nodeFinding({ isNodeRunning, tcp, listenedMs, words }: Judged): Finding {
  if (isNodeRunning) return fine('node', words.machine.nodeRuns(tcp.listeningPort ?? tcp.wanted));
  return fine('node', words.machine.noNode(spanOf(listenedMs)));
}

/** Whether this machine has an address on a network. */
export function interfacesFinding(seen: Judged): Finding {
  const { words } = seen;
  const outer = outerAddresses(seen);
  const places = outer.map(({ address, cidr, name }) => words.peer.network(cidr ?? address, name));
  if (outer.length === 0) {
    const down = seen.links
      .filter(({ isUp, name }) => isUp === false && name !== 'lo' && !isTunnel(name) && !isVirtual(name))
      .map(({ name }) => name);
    const detail = down.length === 0 ? '' : words.machine.isDown(listed(down, words));
    return trouble(
      'interfaces',
      `${words.machine.noAddress}${detail}`,
      down.length === 0
        ? words.machine.connect
        : words.machine.connectUp(`sudo ip link set ${shellWord(down[0] ?? '')} up`),
    );
  }
  const v4 = outer.filter(({ address }) => !isV6(address));
  if (v4.length > 0 && v4.every(({ address }) => address.startsWith('169.254.'))) {
    return trouble('interfaces', words.machine.noRouter(listed(places, words)), words.machine.checkCable);
  }
  if (isLoopbackOnly(seen)) {
    const option = `--bind ${seen.binds.join(' --bind ')}`;
    return trouble('interfaces', words.machine.staysHere(option), words.machine.withoutBind);
  }
  return fine('interfaces', listed(places, words));
}

/** Whether the TCP port can be listened on. `firewall`: the one that a remedy names. */
export function tcpFinding(seen: Judged, firewall: FirewallTool): Finding {
  const { words } = seen;
  const { machine } = words;
  const { wanted, listeningPort, isStrict, problem, holder, isAnswering } = seen.tcp;
  const openings = { tcp: [listeningPort ?? wanted], udp: [] };
  if (listeningPort !== null && isAnswering === false) {
    const remedy = commandRemedy(machine.seeFirewall, openCommand(firewall, openings));
    return trouble('tcp-port', machine.tcpFails(listeningPort), remedy);
  }
  if (listeningPort !== null && listeningPort === wanted)
    return fine('tcp-port', machine.tcpOpen(listeningPort));
  if (listeningPort === null && problem === null) return fine('tcp-port', machine.tcpFree(wanted));
  if (problem === null && listeningPort !== null)
    return fine('tcp-port', machine.tcpFreeAgain(listeningPort, wanted));
  const by = holder === '' ? machine.anotherProgram : holder;
  if (problem !== 'EADDRINUSE') {
    const cause = machine.tcpUnusable(wanted, meaningOf(problem ?? '', words));
    return trouble('tcp-port', cause, machine.chooseWithPort);
  }
  const taken = machine.tcpTaken(wanted, by);
  if (listeningPort === null && isStrict)
    return trouble('tcp-port', machine.strict(taken), machine.stopOrPort(by));
  const moved = listeningPort === null ? machine.wouldMove : machine.hasMoved(listeningPort);
  // Two homes on one machine are an ordinary case.
  if (/^node\b/.test(holder)) return fine('tcp-port', `${taken}; ${moved}`);
  return trouble('tcp-port', machine.peersFind(taken, moved), machine.stopOrOpen(by));
}

/** Whether each port of beacons can be listened on. */
export const udpFindings = ({ udp, isNodeRunning, words }: Judged): readonly Finding[] =>
  udp.map((each) => udpFinding(each, isNodeRunning, words));

function udpFinding({ port, problem, holder }: UdpPort, isNodeRunning: boolean, words: DoctorWords): Finding {
  const { machine } = words;
  if (problem === null)
    return fine('udp-port', isNodeRunning ? machine.udpListened(port) : machine.udpUsable(port));
  const by = holder === '' ? machine.anotherProgram : holder;
  if (problem === 'EADDRINUSE') {
    return trouble('udp-port', machine.udpTaken(port, by), machine.stopThenRestart(by));
  }
  const cause = machine.udpUnusable(port, meaningOf(problem, words));
  return trouble('udp-port', cause, machine.chooseBeaconPort);
}

/** Whether a tunnel may take the traffic of the network. */
export function vpnFinding(seen: Judged): Finding {
  const { words } = seen;
  const tunnels = [...new Set(outerAddresses(seen).map(({ name }) => name))].filter(isTunnel);
  if (tunnels.length === 0) return fine('vpn', words.machine.noTunnel);
  const through = seen.gateway !== null && isTunnel(seen.gateway.interfaceName);
  const isAlone = seen.heard.every(({ via }) => isTunnel(via));
  if (!through || !isAlone) return fine('vpn', words.machine.tunnelBeside(listed(tunnels, words)));
  return trouble('vpn', words.machine.tunnelTakes(seen.gateway.interfaceName), words.machine.switchOff);
}

/** Whether the network seems to keep its machines apart. */
export function isolationFinding(seen: Judged): Finding {
  const { words } = seen;
  const outer = outerAddresses(seen).filter(({ name }) => !isTunnel(name));
  const wireless = seen.links.filter(
    ({ name, isWireless }) => isWireless === true && outer.some((own) => own.name === name),
  );
  if (outer.length > 0 && outer.every(({ name }) => isVirtual(name))) {
    return trouble(
      'isolation',
      words.machine.onlyVirtual(
        listed(
          outer.map(({ name }) => name),
          words,
        ),
      ),
      words.machine.hostNetwork,
    );
  }
  const [first] = wireless;
  if (first === undefined || seen.heard.length > 0 || seen.gateway?.isThere !== true)
    return fine('isolation', words.machine.notApart);
  return trouble('isolation', words.machine.apart(first.name), words.machine.noIsolation);
}

/** Whether the clocks agree. Beacons of a clock that is ten minutes off are not believed at first sight. */
export function clockFinding({ heard, platform, words }: Judged): Finding {
  const { machine } = words;
  const known = heard.flatMap(({ name, clockMs }) => (clockMs === null ? [] : [{ name, clockMs }]));
  if (known.length === 0) return fine('clock', machine.noClock);
  const off = known.filter(({ clockMs }) => Math.abs(clockMs) > limits.clockMs);
  const [first] = off;
  if (first === undefined) {
    const most = Math.max(...known.map(({ clockMs }) => Math.abs(clockMs)));
    return fine('clock', machine.clocksAgree(spanOf(most)));
  }
  const clocks = listed(
    off.map(({ name, clockMs }) => machine.clockOff(name, spanOf(clockMs), clockMs > 0)),
    words,
  );
  const isOurs = off.length > 1 && off.length === known.length;
  return trouble(
    'clock',
    isOurs ? machine.ownClock(clocks) : machine.aClock(clocks),
    commandRemedy(isOurs ? machine.setOwnClock : machine.setThatClock, setClockCommand(platform)),
  );
}

const writableCommand = (platform: string, directory: string): string =>
  platform === 'win32'
    ? `icacls "${directory}" /grant "%USERNAME%:F"`
    : `chmod u+rwx ${shellWord(directory)}`;

/** Whether the home is private, writable and has room. */
export function homeFinding({ home, platform, words }: Judged): Finding {
  const { machine } = words;
  const { directory, isThere, belongsToOther, exposedFiles, isWritable, freeBytes } = home;
  if (!isThere) return fine('home', machine.noHome(directory));
  if (belongsToOther) return trouble('home', machine.homeOfOther(directory), machine.chooseHome);
  if (!isWritable)
    return trouble(
      'home',
      machine.homeReadOnly(directory),
      commandRemedy('', writableCommand(platform, directory), machine.orAnotherHome),
    );
  if (exposedFiles.length > 0 && platform !== 'win32') {
    const isItself = exposedFiles.includes('.');
    return trouble(
      'home',
      isItself
        ? machine.othersReadHome(directory)
        : machine.othersRead(listed(exposedFiles, words), directory),
      commandRemedy('', `chmod -R go= ${shellWord(directory)}`),
    );
  }
  if (freeBytes !== null && freeBytes < limits.freeBytesMin) {
    const cause = machine.diskFull(directory, Math.floor(freeBytes / 2 ** 20));
    return trouble('home', cause, machine.makeRoom);
  }
  return fine('home', machine.homeFine(directory));
}
