/** The observations of the doctor on this machine and its network. Plain data: the judgement is a function of it. */
import type { OwnAddress } from '../../wire/address-space.js';
import type { DoctorWords } from './words.js';

/** All observations of one run. */
export interface Observations {
  /** As `process.platform`. */
  readonly platform: string;
  /** Whether a node of the home runs; without one the doctor listened itself. */
  readonly isNodeRunning: boolean;
  /** Time for which announcements were listened to. */
  readonly listenedMs: number;
  readonly addresses: readonly OwnAddress[];
  readonly links: readonly Link[];
  /** Addresses that sockets are, or would be, bound to. */
  readonly binds: readonly string[];
  readonly tcp: TcpPort;
  readonly udp: readonly UdpPort[];
  /** UDP ports to which peers send their replies to this node. */
  readonly replyPorts: readonly number[];
  /** All UDP ports that a firewall should admit: those of beacons, and those that replies may come to. */
  readonly neededUdpPorts: readonly number[];
  readonly echoes: readonly Echo[];
  readonly heard: readonly Heard[];
  /** Datagrams that came from a host of no network of this machine. */
  readonly offLinkCount: number;
  readonly firewalls: readonly FirewallReading[];
  /** Null: the route could not be read. */
  readonly gateway: Gateway | null;
  readonly contacts: readonly KnownPeer[];
  readonly home: HomeState;
  /** Null: no PEER was given. */
  readonly peer: PeerState | null;
}

/** A network interface. Null: the platform does not tell. */
export interface Link {
  readonly name: string;
  readonly isUp: boolean | null;
  readonly isWireless: boolean | null;
}

/** The TCP port of the node. */
export interface TcpPort {
  readonly wanted: number;
  /** The port that the node listens on; null: none, or no node runs. */
  readonly listeningPort: number | null;
  readonly isStrict: boolean;
  /** Whether a connection from this machine to the listening port succeeded; null: it was not tried. */
  readonly isAnswering: boolean | null;
  /** The error code of a bind to the wanted port; null: it is free or belongs to the node. */
  readonly problem: string | null;
  /** The program that has the wanted port, where the system tells; else empty. */
  readonly holder: string;
}

/** A UDP port of beacons. */
export interface UdpPort {
  readonly port: number;
  /** The error code of a bind; null: it can be listened on. */
  readonly problem: string | null;
  readonly holder: string;
}

/** One way by which an own datagram should come back to this machine. */
export interface Echo {
  readonly kind: 'loopback' | 'broadcast' | 'multicast';
  readonly interfaceName: string;
  readonly target: string;
  /** The error code of sending; null: it was sent. */
  readonly sendProblem: string | null;
  readonly isHeard: boolean;
}

/** A peer that was heard. */
export interface Heard {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  /** The interface whose network the address is in; empty: none. */
  readonly via: string;
  readonly ageMs: number;
  /** Clock of the peer minus our clock, ms; null: unknown. */
  readonly clockMs: number | null;
  /** Whether it replied to something that we sent to it, which shows both directions. */
  readonly isReply: boolean;
}

/** The name of a tool that shows firewall rules. */
export type FirewallTool = 'ufw' | 'firewalld' | 'nft' | 'iptables' | 'macos' | 'windows';

/** The output of one such tool. */
export type FirewallReading =
  | { readonly tool: FirewallTool; readonly state: 'read'; readonly text: string }
  | { readonly tool: FirewallTool; readonly state: 'missing' }
  /** The rules were not read, since only an administrator may. */
  | { readonly tool: FirewallTool; readonly state: 'denied' }
  | { readonly tool: FirewallTool; readonly state: 'failed'; readonly reason: string };

/** The router of this machine. */
export interface Gateway {
  readonly address: string;
  readonly interfaceName: string;
  /** Whether the router answered lately on the link; null: unknown. */
  readonly isThere: boolean | null;
}

/** A contact that may be expected to be here. */
export interface KnownPeer {
  readonly name: string;
  readonly address: string;
}

/** The directory of the home. */
export interface HomeState {
  readonly directory: string;
  /** Whether it exists: a first start makes it. */
  readonly isThere: boolean;
  /** Whether it belongs to another user. */
  readonly belongsToOther: boolean;
  /** Names of files that other users may read or write; the directory itself is `.`. */
  readonly exposedFiles: readonly string[];
  readonly isWritable: boolean;
  /** Null: unknown. */
  readonly freeBytes: number | null;
}

/** The peer that was asked about. */
export interface PeerState {
  readonly word: string;
  /** Null: the word names nobody that is known. */
  readonly name: string | null;
  /** Addresses that were tried, with the error code of each; null: it answered. */
  readonly tried: readonly {
    readonly host: string;
    readonly port: number;
    readonly problem: string | null;
  }[];
  /** Announcements of the peer that arrived here. */
  readonly heard: readonly Heard[];
  /** The answer of the peer; null: none came. */
  readonly answer: PeerReport | null;
}

/** The report of the peer about us. */
export interface PeerReport {
  /** Our address at its end of the session. */
  readonly seenAt: string;
  /** Announcements of ours that arrived there. */
  readonly heard: readonly { readonly address: string; readonly via: string; readonly ageMs: number }[];
  /** The result of its attempt to connect to us; `untried`: it does not know us well enough. */
  readonly dialBack: 'reached' | 'failed' | 'untried';
  readonly dialProblem: string;
  /** Clock of the peer minus our clock, ms. */
  readonly clockMs: number;
}

/** The observations to judge, and the words of the judgement. */
export interface Judged extends Observations {
  readonly words: DoctorWords;
}
