/** The network interfaces of this machine. */
import { networkInterfaces } from 'node:os';
import type { InterfaceAddress } from '../wire/address-space.js';

/** Reads every address of every interface. */
export const readInterfaces = (): readonly InterfaceAddress[] =>
  Object.values(networkInterfaces()).flatMap((each) => each ?? []);

/** Returns the addresses at which other hosts reach a socket bound to `bind`. */
export function addressesOf(bind: string): readonly string[] {
  if (bind !== '0.0.0.0' && bind !== '::') return [bind];
  const outer = readInterfaces().filter(({ internal, family }) => !internal && family === 'IPv4');
  return outer.map((own) => own.address);
}
