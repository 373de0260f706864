/** The network interfaces of this machine. */
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';
import { isLinkLocalV6, isUnspecified, isV6, type OwnAddress } from '../wire/address-space.js';

/** Reads every address of every interface. */
export const readInterfaces = (): readonly OwnAddress[] =>
  Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.map((own) => ({ ...own, name, zone: zoneFor(name, own) })),
  );

/** Returns the zone of an interface: its number on Windows, its name elsewhere. */
const zoneFor = (name: string, own: NetworkInterfaceInfo): string =>
  process.platform === 'win32' && own.family === 'IPv6' ? String(own.scopeid) : name;

/** Returns the single addresses of a bind, which has commas between them. */
export const bindsOf = (bind: string): readonly string[] => bind.split(',');

/** Whether a bind failed because this machine lacks the family of the address, which another bind may make up for. */
export const isFamilyMissing = (bind: string, errno: string): boolean =>
  isUnspecified(bind) && ['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EPROTONOSUPPORT'].includes(errno);

/** Returns the addresses at which other hosts reach sockets bound to `bind`, link-local IPv6 ones last. */
export function addressesOf(bind: string): readonly string[] {
  const outer = readInterfaces().filter(({ internal }) => !internal);
  const all = bindsOf(bind).flatMap((each) =>
    isUnspecified(each)
      ? outer.filter(({ address }) => isV6(address) === isV6(each)).map(addressWithZone)
      : [each],
  );
  return [
    ...all.filter((address) => !isLinkLocalV6(address)),
    ...all.filter((address) => isLinkLocalV6(address)),
  ];
}

const addressWithZone = ({ address, zone = '' }: OwnAddress): string =>
  isLinkLocalV6(address) && zone !== '' ? `${address}%${zone}` : address;
