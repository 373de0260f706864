/**
 * Internet addresses as text: one spelling for each, and which of them count as near. Pure; the interfaces of this
 * machine are an argument. Spec: faults.md section 4, *Bind* and *Discovery*.
 */
import { BlockList, isIP, isIPv4 } from 'node:net';

/** What `os.networkInterfaces()` tells of one address. */
export interface InterfaceAddress {
  readonly address: string;
  /** Address and prefix length, `10.0.0.5/24`; `null` where the mask has holes. */
  readonly cidr: string | null;
  readonly family: string;
  readonly internal: boolean;
}

/** Drops `::ffff:` before an IPv4 address and the zone of an IPv6 address. */
export function plainAddress(address: string): string {
  const [bare = ''] = address.split('%');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1];
  return mapped !== undefined && isIPv4(mapped) ? mapped : bare.toLowerCase();
}

/**
 * What budgets and penalties are counted by: an IPv4 address, or the /64 of an IPv6 address, since one host can use
 * all of it. An address that is neither is returned as it is.
 */
export function sourceKey(address: string): string {
  const plain = plainAddress(address);
  return isIP(plain) === 6 && !isLoopback(plain) ? `${prefix64(plain)}::/64` : plain;
}

export const isLoopback = (address: string): boolean => checkIn(loopback, plainAddress(address));

/** Everybody (`0.0.0.0`, `::`). */
export const isUnspecified = (address: string): boolean => ['0.0.0.0', '::'].includes(plainAddress(address));

/** Loopback, private, link-local or shared (CGNAT) address space. */
export const isPrivate = (address: string): boolean => checkIn(privateSpace, plainAddress(address));

/** `isPrivate`, or within the network of one of `interfaces`. */
export function isNear(address: string, interfaces: readonly InterfaceAddress[]): boolean {
  const plain = plainAddress(address);
  if (checkIn(privateSpace, plain)) return true;
  return interfaces.some((own) => isOnLink(plain, own));
}

/** One host that can be spoken to: not everybody, no broadcast to all, no group. */
export const isUnicast = (address: string): boolean => {
  const plain = plainAddress(address);
  return isIP(plain) !== 0 && !checkIn(notUnicast, plain);
};

/** The directed broadcast address of an IPv4 interface, or `null` where it has none (/31, /32, IPv6). */
export function broadcastAddressOf(own: InterfaceAddress): string | null {
  const [host = '', lengthText = ''] = (own.cidr ?? '').split('/');
  const length = Number(lengthText);
  if (!isIPv4(host) || !Number.isInteger(length) || length < 1 || length > 30) return null;
  const bits = host.split('.').reduce((sum, part) => (sum << 8) | Number(part), 0);
  const all = (bits | (0xffffffff >>> length)) >>> 0;
  return [24, 16, 8, 0].map((shift) => (all >>> shift) & 0xff).join('.');
}

function blockList(entries: readonly (readonly [network: string, prefix: number])[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of entries) list.addSubnet(network, prefix, isIPv4(network) ? 'ipv4' : 'ipv6');
  return list;
}

const loopback = blockList([
  ['127.0.0.0', 8],
  ['::1', 128],
]);
const privateSpace = blockList([
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10],
  ['::1', 128],
  ['fe80::', 10],
  ['fc00::', 7],
]);
const notUnicast = blockList([
  ['0.0.0.0', 8],
  ['224.0.0.0', 4],
  ['255.255.255.255', 32],
  ['::', 128],
  ['ff00::', 8],
]);

const checkIn = (list: BlockList, plain: string): boolean => {
  const version = isIP(plain);
  return version !== 0 && list.check(plain, version === 4 ? 'ipv4' : 'ipv6');
};

function isOnLink(plain: string, own: InterfaceAddress): boolean {
  const [network = '', prefix = ''] = (own.cidr ?? '').split('/');
  const version = isIP(network);
  // A tunnel's /0 would make the whole internet a neighbour.
  if (version === 0 || version !== isIP(plain) || Number(prefix) < 8) return false;
  return checkIn(blockList([[network, Number(prefix)]]), plain);
}

/** The first four groups of an IPv6 address, zeros written out. */
function prefix64(plain: string): string {
  const [head = '', tail] = plain.split('::');
  const before = head === '' ? [] : head.split(':');
  if (tail === undefined) return before.slice(0, 4).map(group).join(':');
  const after = tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  return [...before, ...zeros, ...after].slice(0, 4).map(group).join(':');
}

const group = (text: string): string => text.replace(/^0+(?=.)/, '');
