/** Findings about this machine: interfaces, ports, tunnels, clock, home. Pure. */
import { shellWord } from '../../shell-word.js';
import { isLoopback, isV6, type OwnAddress } from '../../wire/address-space.js';
import { commandRemedy, fine, trouble, type Finding } from './finding.js';
import { doctor as limits } from './limits.js';
import type { FirewallTool, Observations, UdpPort } from './observations.js';
import { listed, meaningOf, openCommand, setClockCommand, spanOf } from './remedies.js';

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
export function nodeFinding({ isNodeRunning, tcp, listenedMs }: Observations): Finding {
  if (isNodeRunning) return fine('node', `a node runs, TCP port ${tcp.listeningPort ?? tcp.wanted}`);
  const words = `no node runs: the doctor listened for ${spanOf(listenedMs)} and sent one test datagram per interface`;
  return fine('node', words);
}

/** Whether this machine has an address on a network. */
export function interfacesFinding(seen: Observations): Finding {
  const outer = outerAddresses(seen);
  const words = outer.map(({ address, cidr, name }) => `${cidr ?? address} on ${name}`);
  if (outer.length === 0) {
    const down = seen.links
      .filter(({ isUp, name }) => isUp === false && name !== 'lo' && !isTunnel(name) && !isVirtual(name))
      .map(({ name }) => name);
    const detail = down.length === 0 ? '' : `; ${listed(down)} is down`;
    return trouble(
      'interfaces',
      `this machine has no address on a network${detail}`,
      down.length === 0
        ? 'connect it to the network (cable or Wi-Fi), and wait until it has an address'
        : `connect it to the network: sudo ip link set ${shellWord(down[0] ?? '')} up, then wait for an address`,
    );
  }
  const v4 = outer.filter(({ address }) => !isV6(address));
  if (v4.length > 0 && v4.every(({ address }) => address.startsWith('169.254.'))) {
    return trouble(
      'interfaces',
      `no router gave this machine an address: it has only ${listed(words)}`,
      'check cable or Wi-Fi password, and connect again; peers with addresses of a router do not see this machine',
    );
  }
  if (isLoopbackOnly(seen)) {
    const option = `--bind ${seen.binds.join(' --bind ')}`;
    return trouble('interfaces', `${option} keeps the node on this machine`, 'start the node without --bind');
  }
  return fine('interfaces', listed(words));
}

/** Whether the TCP port can be listened on. `firewall`: the one that a remedy names. */
export function tcpFinding(seen: Observations, firewall: FirewallTool): Finding {
  const { wanted, listeningPort, isStrict, problem, holder, isAnswering } = seen.tcp;
  const openings = { tcp: [listeningPort ?? wanted], udp: [] };
  if (listeningPort !== null && isAnswering === false) {
    const words = `TCP port ${listeningPort} is open, but a connection from this machine to it fails`;
    return trouble('tcp-port', words, commandRemedy('see the firewall: ', openCommand(firewall, openings)));
  }
  if (listeningPort !== null && listeningPort === wanted)
    return fine('tcp-port', `TCP port ${listeningPort} is open`);
  if (listeningPort === null && problem === null) return fine('tcp-port', `TCP port ${wanted} is free`);
  if (problem === null)
    return fine(
      'tcp-port',
      `TCP port ${listeningPort} is open; ${wanted} is free again, and the next start takes it`,
    );
  const by = holder === '' ? 'another program' : holder;
  if (problem !== 'EADDRINUSE') {
    const words = `TCP port ${wanted} cannot be listened on: ${meaningOf(problem)}`;
    return trouble('tcp-port', words, 'choose another one with --port');
  }
  const taken = `TCP port ${wanted} is taken by ${by}`;
  if (listeningPort === null && isStrict)
    return trouble('tcp-port', `${taken}, and --port-strict is set`, `stop ${by}, or choose another port`);
  const moved =
    listeningPort === null ? 'a node would take the next free one' : `the node listens on ${listeningPort}`;
  // Two homes on one machine are an ordinary case.
  if (/^node\b/.test(holder)) return fine('tcp-port', `${taken}; ${moved}`);
  return trouble(
    'tcp-port',
    `${taken}; ${moved}, and peers find it there`,
    `stop ${by}, or choose a port with --port N and open it in every firewall`,
  );
}

/** Whether each port of beacons can be listened on. */
export const udpFindings = ({ udp, isNodeRunning }: Observations): readonly Finding[] =>
  udp.map((each) => udpFinding(each, isNodeRunning));

function udpFinding({ port, problem, holder }: UdpPort, isNodeRunning: boolean): Finding {
  if (problem === null)
    return fine('udp-port', `UDP port ${port} ${isNodeRunning ? 'is listened on' : 'can be listened on'}`);
  const by = holder === '' ? 'another program' : holder;
  if (problem === 'EADDRINUSE') {
    const words = `UDP port ${port} is taken by ${by}: announcements to it are not heard`;
    return trouble('udp-port', words, `stop ${by}, then restart Parlance`);
  }
  const words = `UDP port ${port} cannot be listened on: ${meaningOf(problem)}`;
  return trouble('udp-port', words, 'choose other ports with --beacon-port, the same ones on every machine');
}

/** Whether a tunnel may take the traffic of the network. */
export function vpnFinding(seen: Observations): Finding {
  const tunnels = [...new Set(outerAddresses(seen).map(({ name }) => name))].filter(isTunnel);
  if (tunnels.length === 0) return fine('vpn', 'no tunnel is up');
  const through = seen.gateway !== null && isTunnel(seen.gateway.interfaceName);
  const isAlone = seen.heard.every(({ via }) => isTunnel(via));
  if (!through || !isAlone)
    return fine('vpn', `${listed(tunnels)} is up, and the local network is reachable`);
  return trouble(
    'vpn',
    `all traffic goes through the tunnel ${seen.gateway.interfaceName}, and nobody was heard beside it`,
    'switch the VPN off, or allow access to the local network in its settings',
  );
}

/** Whether the network seems to keep its machines apart. */
export function isolationFinding(seen: Observations): Finding {
  const outer = outerAddresses(seen).filter(({ name }) => !isTunnel(name));
  const wireless = seen.links.filter(
    ({ name, isWireless }) => isWireless === true && outer.some((own) => own.name === name),
  );
  if (outer.length > 0 && outer.every(({ name }) => isVirtual(name))) {
    return trouble(
      'isolation',
      `this machine is only on networks of virtual machines or containers (${listed(outer.map(({ name }) => name))})`,
      'give the container the network of its host (--network host), or the virtual machine a bridged adapter',
    );
  }
  const [first] = wireless;
  if (first === undefined || seen.heard.length > 0 || seen.gateway?.isThere !== true)
    return fine('isolation', 'no sign that the network keeps machines apart');
  return trouble(
    'isolation',
    `the router answers on ${first.name}, yet no other machine was heard: the Wi-Fi may keep its clients apart`,
    'switch off "client isolation" (also "AP isolation" or "guest network") in the access point, or use a cable',
  );
}

/** Whether the clocks agree. Beacons of a clock that is ten minutes off are not believed at first sight. */
export function clockFinding({ heard, platform }: Observations): Finding {
  const known = heard.flatMap(({ name, clockMs }) => (clockMs === null ? [] : [{ name, clockMs }]));
  if (known.length === 0) return fine('clock', 'no other clock was heard to compare with');
  const off = known.filter(({ clockMs }) => Math.abs(clockMs) > limits.clockMs);
  const [first] = off;
  if (first === undefined) {
    const most = Math.max(...known.map(({ clockMs }) => Math.abs(clockMs)));
    return fine('clock', `the clocks agree within ${spanOf(most)}`);
  }
  const words = off.map(
    ({ name, clockMs }) => `${name} is ${spanOf(clockMs)} ${clockMs > 0 ? 'ahead' : 'behind'}`,
  );
  const isOurs = off.length > 1 && off.length === known.length;
  return trouble(
    'clock',
    isOurs
      ? `the clock of this machine differs from all others: ${listed(words)}`
      : `a clock is wrong: ${listed(words)}`,
    commandRemedy(`set ${isOurs ? 'the clock of this machine' : 'that clock'}: `, setClockCommand(platform)),
  );
}

const writableCommand = (platform: string, directory: string): string =>
  platform === 'win32'
    ? `icacls "${directory}" /grant "%USERNAME%:F"`
    : `chmod u+rwx ${shellWord(directory)}`;

/** Whether the home is private, writable and has room. */
export function homeFinding({ home, platform }: Observations): Finding {
  const { directory, isThere, belongsToOther, exposedFiles, isWritable, freeBytes } = home;
  if (!isThere) return fine('home', `${directory} does not exist yet; the first start makes it`);
  if (belongsToOther)
    return trouble('home', `${directory} belongs to another user`, 'choose another home with --home DIR');
  if (!isWritable)
    return trouble(
      'home',
      `${directory} cannot be written to`,
      commandRemedy('', writableCommand(platform, directory), ', or choose another home'),
    );
  if (exposedFiles.length > 0 && platform !== 'win32') {
    const isItself = exposedFiles.includes('.');
    return trouble(
      'home',
      `other users may read ${isItself ? directory : listed(exposedFiles)}${isItself ? '' : ` in ${directory}`}`,
      commandRemedy('', `chmod -R go= ${shellWord(directory)}`),
    );
  }
  if (freeBytes !== null && freeBytes < limits.freeBytesMin) {
    const words = `the disk of ${directory} has ${Math.floor(freeBytes / 2 ** 20)} MB left`;
    return trouble(
      'home',
      words,
      'make room: a message that cannot be written is neither sent nor acknowledged',
    );
  }
  return fine('home', `${directory} is private and writable`);
}
