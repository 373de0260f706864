/**
 * Internet addresses as text: one spelling for each, and which of them count as near. Pure; the interfaces of this
 * machine are an argument. Spec: faults.md section 4, *Bind* and *Discovery*.
 */
import ipaddr from 'ipaddr.js';

/** One address of an interface, as `os.networkInterfaces()` describes it. */
export interface InterfaceAddress {
  readonly address: string;
  /** Address and prefix length, `10.0.0.5/24`; `null` where the mask has holes. */
  readonly cidr: string | null;
  readonly family: string;
  readonly internal: boolean;
  /** Zone of the interface, as it stands behind `%`. */
  readonly zone?: string;
}

/** An address of this machine with the name of its interface. */
export interface OwnAddress extends InterfaceAddress {
  readonly name: string;
}

type Ip = ipaddr.IPv4 | ipaddr.IPv6;

/**
 * Parses an address without its zone. An IPv4-mapped IPv6 address becomes IPv4; `null`: the text is not an address.
 */
function parse(address: string): Ip | null {
  const [bare = ''] = address.split('%');
  // Refuse every other spelling of IPv4: `010.0.0.1` and `10.1` mean different hosts to different readers.
  if (ipaddr.IPv4.isValidFourPartDecimal(bare)) return ipaddr.IPv4.parse(bare);
  const tail = bare.slice(bare.lastIndexOf(':') + 1);
  if (tail.includes('.') && !ipaddr.IPv4.isValidFourPartDecimal(tail)) return null;
  // `::10.0.0.1` is deprecated; the library takes it for `::ffff:10.0.0.1`, and systems do not.
  if (bare === `::${tail}` && tail.includes('.')) return null;
  try {
    const ip = ipaddr.IPv6.parse(bare);
    return ip.isIPv4MappedAddress() ? ip.toIPv4Address() : ip;
  } catch {
    return null;
  }
}

/** Returns the one spelling of an address, without `::ffff:` and zone. Any other text comes back in lower case. */
export function plainAddress(address: string): string {
  const [bare = ''] = address.split('%');
  return parse(bare)?.toString() ?? bare.toLowerCase();
}

/**
 * Returns the one spelling of a host: as `plainAddress`, but a link-local IPv6 address keeps its zone, without which it
 * cannot be dialled.
 */
export function hostOf(address: string): string {
  const plain = plainAddress(address);
  const zone = zoneOf(address);
  return zone !== '' && isLinkLocalV6(plain) ? `${plain}%${zone}` : plain;
}

/** Returns the zone of an address; empty where it has none. */
export const zoneOf = (address: string): string => /%([0-9a-zA-Z._-]{1,15})$/.exec(address)?.[1] ?? '';

/** Whether an address is an IPv6 one. An IPv4-mapped address is not. */
export const isV6 = (address: string): boolean => parse(address) instanceof ipaddr.IPv6;

/** Whether an address is a link-local IPv6 one (`fe80::/10`). */
export function isLinkLocalV6(address: string): boolean {
  const ip = parse(address);
  return ip instanceof ipaddr.IPv6 && ip.range() === 'linkLocal';
}

/**
 * Returns the key of budgets and penalties: an IPv4 address, or the /64 of an IPv6 address, since one host can use
 * all of a /64. Link-local networks differ by their zone. Any other text comes back as from `plainAddress`.
 */
export function sourceKey(address: string): string {
  const ip = parse(address);
  if (ip instanceof ipaddr.IPv4) return ip.toString();
  if (ip === null || ip.range() === 'loopback') return plainAddress(address);
  const prefix = ip.parts.slice(0, 4).map((part) => part.toString(16));
  const zone = ip.range() === 'linkLocal' ? zoneOf(address) : '';
  return `${prefix.join(':')}::/64${zone === '' ? '' : `%${zone}`}`;
}

const isInRange = (ip: Ip | null, ranges: ReadonlySet<string>): boolean =>
  ip !== null && ranges.has(ip.range());

const loopback: ReadonlySet<string> = new Set(['loopback']);
const privateRanges: ReadonlySet<string> = new Set([
  'loopback',
  'private',
  'linkLocal',
  'carrierGradeNat',
  'uniqueLocal',
]);
const groupRanges: ReadonlySet<string> = new Set(['unspecified', 'broadcast', 'multicast']);

/** Whether the address is in `127.0.0.0/8`, or `::1`. */
export const isLoopback = (address: string): boolean => isInRange(parse(address), loopback);

/** Whether the address stands for every interface: `0.0.0.0` or `::`. */
export const isUnspecified = (address: string): boolean => ['0.0.0.0', '::'].includes(plainAddress(address));

/** Whether the address is loopback, private, link-local or shared (CGNAT) space. */
export const isPrivate = (address: string): boolean => isInRange(parse(address), privateRanges);

/** Whether the address is private, or within the network of one of `interfaces`. */
export function isNear(address: string, interfaces: readonly InterfaceAddress[]): boolean {
  const ip = parse(address);
  if (ip === null) return false;
  return isInRange(ip, privateRanges) || interfaces.some((own) => isOnLink(ip, own));
}

/** Whether the address names one host: neither unspecified nor broadcast nor multicast. */
export function isUnicast(address: string): boolean {
  const ip = parse(address);
  return ip !== null && !isInRange(ip, groupRanges);
}

/** The directed broadcast address of an IPv4 interface, or `null` where it has none (/31, /32, IPv6). */
export function broadcastAddressOf(own: InterfaceAddress): string | null {
  const network = networkOf(own);
  if (network === null || network.ip.kind() !== 'ipv4') return null;
  if (network.prefixBits < 1 || network.prefixBits > 30) return null;
  return ipaddr.IPv4.broadcastAddressFromCIDR(`${network.ip.toString()}/${network.prefixBits}`).toString();
}

/**
 * Returns the zone of the interface whose network an address is in, the narrowest one of several; empty: there is none.
 */
export function interfaceOf(address: string, interfaces: readonly InterfaceAddress[]): string {
  const zone = zoneOf(address);
  if (zone !== '') return zone;
  const ip = parse(address);
  if (ip === null) return '';
  const fitting = interfaces
    .flatMap((own) => ({ own, bits: networkOf(own)?.prefixBits ?? -1 }))
    .filter(({ own, bits }) => bits > 0 && isOnLink(ip, own))
    .toSorted((a, b) => b.bits - a.bits);
  return fitting[0]?.own.zone ?? '';
}

/** A tunnel with a shorter prefix would make a large part of the internet a neighbour. */
const onLinkPrefixBitsMin = 8;

function isOnLink(ip: Ip, own: InterfaceAddress): boolean {
  const network = networkOf(own);
  if (network === null || network.prefixBits < onLinkPrefixBitsMin) return false;
  return ip.kind() === network.ip.kind() && ip.match(network.ip, network.prefixBits);
}

function networkOf({ cidr }: InterfaceAddress): { readonly ip: Ip; readonly prefixBits: number } | null {
  const [host = '', prefix = ''] = (cidr ?? '').split('/');
  const ip = parse(host);
  return ip === null || !/^\d{1,3}$/.test(prefix) ? null : { ip, prefixBits: Number(prefix) };
}
