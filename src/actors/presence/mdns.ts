/**
 * Multicast DNS: this node is announced as a service of type `_parlance._tcp`, and hosts that announce one are named.
 * Such an announcement is unsigned, so it is a hint alone: the host that it came from gets an announcement of ours, and
 * its reply passes the same gate as every beacon. The name of a service is that of the run, and tells nobody's name.
 */
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:dgram';
import { Bonjour, type Browser, type Service } from 'bonjour-service';
import { createTokenBucket } from '../../chat/presence/token-bucket.js';
import { toHex } from '../../wire/bytes.js';
import { hostOf, isLoopback, isUnspecified, isV6, type InterfaceAddress } from '../../wire/address-space.js';
import { bindsOf } from '../interfaces.js';
import { mdns as limits } from './limits.js';
import { openUdp, sendUdp } from './udp.js';

/** Arguments of the announcements. */
export interface MdnsOptions {
  readonly bind: string;
  /** UDP port; the standard one is 5353. */
  readonly port: number;
  /** This run of the node. */
  readonly instance: Uint8Array;
  /** Called with the address of a host that announces a service. */
  readonly onHost: (host: string) => void;
  readonly onProblem: (reason: string) => void;
}

/** The announcements of this node, and the search for others. */
export interface Mdns {
  /** Announces the service at this TCP port; null: withdraws it. */
  announce(tcpPort: number | null): void;
  /** Joins the group on the interfaces of this machine. */
  interfacesChanged(interfaces: readonly InterfaceAddress[]): void;
  /** Withdraws the service and ends. */
  close(): Promise<void>;
}

const group = '224.0.0.251';
const serviceType = 'parlance';

/** Opens the socket of the group. A machine where that fails has no multicast DNS: `onProblem` gets the reason. */
export async function startMdns(options: MdnsOptions): Promise<Mdns | null> {
  const socket = new GroupSocket(options.port);
  const rate = createTokenBucket(limits.heardPerSecond, limits.heardBurst);
  const opened = await openUdp({
    // A socket that is bound to the group takes no datagrams that are for another program of this machine.
    address: process.platform === 'linux' ? group : '0.0.0.0',
    port: options.port,
    isShared: true,
    onDatagram: (bytes, from) => {
      if (bytes.byteLength > limits.datagramBytesMax || !rate.take(performance.now())) return;
      try {
        socket.emit('message', bytes, from);
      } catch (cause) {
        // The library reads what any host sends: its exception must not end the actor.
        options.onProblem(`a datagram of ${from.address} cannot be read (${String(cause)})`);
      }
    },
    onError: (error) => options.onProblem(error.code ?? error.message),
  });
  if (opened.isErr()) {
    options.onProblem(opened.error);
    return null;
  }
  socket.opened(opened.value);
  return new ServiceOfNode(options, socket);
}

class ServiceOfNode implements Mdns {
  readonly #options: MdnsOptions;
  readonly #socket: GroupSocket;
  readonly #bonjour: Bonjour;
  readonly #name: string;
  #browser: Browser;
  #service: Service | null = null;
  #tcpPort: number | null = null;

  constructor(options: MdnsOptions, socket: GroupSocket) {
    this.#options = options;
    this.#socket = socket;
    this.#name = toHex(options.instance);
    // `bind: false`: the socket is bound already.
    const transport = { socket, bind: false, multicast: false, port: options.port };
    this.#bonjour = new Bonjour(transport, (cause: unknown) => options.onProblem(String(cause)));
    this.#browser = this.#browse();
  }

  announce(tcpPort: number | null): void {
    if (tcpPort === this.#tcpPort) return;
    this.#tcpPort = tcpPort;
    this.#withdraw();
    if (tcpPort === null || tcpPort === 0) return;
    const name = this.#name;
    this.#service = this.#bonjour.publish({
      name,
      host: `${name}.local`,
      type: serviceType,
      port: tcpPort,
      probe: false,
      disableIPv6: true,
    });
  }

  interfacesChanged(interfaces: readonly InterfaceAddress[]): void {
    this.#socket.join(ownInterfaces(this.#options.bind, interfaces));
    this.#browser.update();
  }

  async close(): Promise<void> {
    this.#browser.stop();
    this.#withdraw();
    this.#bonjour.destroy();
    await this.#socket.flushed();
    this.#socket.end();
  }

  #withdraw(): void {
    this.#service?.stop?.();
    this.#service = null;
  }

  #browse(): Browser {
    const browser: Browser = this.#bonjour.find({ type: serviceType }, (service) => {
      const host = service.referer?.address;
      if (service.name !== this.#name && host !== undefined) this.#options.onHost(hostOf(host));
      // Names that a hostile host makes up must not fill the memory.
      if (browser.services.length <= limits.servicesMax) return;
      browser.stop();
      this.#browser = this.#browse();
    });
    return browser;
  }
}

/** The addresses of the IPv4 interfaces on which a node with this bind announces itself. */
function ownInterfaces(bind: string, interfaces: readonly InterfaceAddress[]): readonly string[] {
  const binds = bindsOf(bind).filter((each) => !isV6(each));
  const v4 = interfaces.map(({ address }) => address).filter((address) => !isV6(address));
  return binds.flatMap((each) =>
    isUnspecified(each)
      ? v4.filter((address) => !isLoopback(address))
      : v4.filter((address) => address === each),
  );
}

/** A socket of the group, as the library uses one. It sends each datagram on every interface in turn. */
class GroupSocket extends EventEmitter {
  readonly #port: number;
  #socket: Socket | null = null;
  #joined: readonly string[] = [];
  #sending: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  readonly #rate = createTokenBucket(limits.sentPerSecond, limits.sentBurst);

  constructor(port: number) {
    super();
    this.#port = port;
  }

  opened(socket: Socket): void {
    this.#socket = socket;
  }

  /** Joins the group on interfaces that are new, and forgets those that are gone. */
  join(addresses: readonly string[]): void {
    const kept = this.#joined.filter((address) => addresses.includes(address));
    const fresh = addresses.filter(
      (address) => !kept.includes(address) && this.#try('addMembership', address),
    );
    this.#joined = [...kept, ...fresh];
  }

  send(
    bytes: Uint8Array,
    _offset: number,
    _length: number,
    _port: number,
    _address: string,
    sent: (error: Error | null) => void = () => undefined,
  ): void {
    if (this.#waiting >= limits.sendsMax || !this.#rate.take(performance.now())) return sent(null);
    this.#waiting += 1;
    this.#sending = this.#sending.then(async () => {
      for (const address of this.#joined)
        if (this.#socket !== null && this.#try('setMulticastInterface', address))
          await sendUdp(this.#socket, bytes, group, this.#port);
      this.#waiting -= 1;
      sent(null);
    });
  }

  /** Called by the library; the owner ends the socket once everything is sent. */
  close(closed: () => void = () => undefined): void {
    closed();
  }

  dropMembership(): void {
    // The memberships end with the socket.
  }

  flushed = (): Promise<unknown> => this.#sending;

  end(): void {
    this.#socket?.close();
    this.#socket = null;
  }

  /** False: the interface is not ready, or went away in this moment. */
  #try(what: 'addMembership' | 'setMulticastInterface', address: string): boolean {
    try {
      if (what === 'addMembership') this.#socket?.addMembership(group, address);
      else this.#socket?.setMulticastInterface(address);
      return true;
    } catch {
      return false;
    }
  }
}
