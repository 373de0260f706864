/** Parts of the core by themselves: a turn that records its effects, and the state of foreign programs. */
import type { Effect } from '../../src/chat/effects.js';
import { newForeignState, type ForeignState } from '../../src/chat/foreign/state.js';
import { peerIdOf } from '../../src/chat/people/identity.js';
import type { People } from '../../src/chat/people/people.js';
import { tokenOf, type Turn } from '../../src/chat/turn.js';
import { messageIdFromBytes } from '../../src/ids.js';

export const ownPeerId = peerIdOf(new Uint8Array(32).fill(1));

export interface RecordedTurn extends Turn<Effect> {
  readonly effects: Effect[];
  /** The states of the peer events among the effects. */
  readonly peerStates: () => readonly string[];
}

/** A turn at `nowMs` of both clocks. */
export function openTurn(nowMs = 0): RecordedTurn {
  const effects: Effect[] = [];
  let tokens = 0;
  return {
    now: { monotonicMs: nowMs, wallMs: nowMs },
    random: () => 0,
    newMessageId: () => messageIdFromBytes(new Uint8Array(16)),
    ownAddresses: () => ['10.0.0.1'],
    emit: (effect) => void effects.push(effect),
    newToken: () => tokenOf((tokens += 1)),
    effects,
    peerStates: () =>
      effects.flatMap((effect) =>
        effect.to === 'feed' && effect.event.type === 'peer' ? [effect.event.state] : [],
      ),
  };
}

export const foreignState = (people: People): ForeignState =>
  newForeignState(
    {
      enabled: new Set(['cmp2204', 'chatbuddy', 'synergy', 'cse310', 'netech']),
      secureOnly: false,
      group: null,
      sendTimeoutMs: 20_000,
      greet: [],
    },
    { people, hasWork: () => false, name: 'own', instance: '0'.repeat(16) },
  );
