/** The facts about this side that users ask for. Pure. */
import type { Address } from '../wire/address.js';
import type { CoreSelf } from './asked.js';
import type { CoreTurn, Parts } from './parts.js';
import { tagOf } from './people/identity.js';

/** Returns the own identity and where others reach it. `listening`: null while no port is open. */
export function selfOf(
  { own, foreign }: Pick<Parts, 'own' | 'foreign'>,
  name: string,
  listening: (Address & { readonly addresses: readonly string[] }) | null,
  turn: Pick<CoreTurn, 'ownAddresses'>,
): CoreSelf {
  return {
    id: own.peerId,
    name,
    tag: tagOf(own.peerId),
    addresses: turn.ownAddresses(),
    bound: listening?.host ?? '',
    boundAll: [...(listening?.addresses ?? [])],
    port: listening?.port ?? 0,
    foreignPorts: [...foreign.ports()].map(([dialect, port]) => ({ dialect, port })),
  };
}
