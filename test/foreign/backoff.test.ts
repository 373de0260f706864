/** How often a message that no program takes is tried: a core, a history in memory and virtual time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Core } from '../../src/chat/core.js';
import type { AskedInput } from '../../src/chat/asked.js';
import type { Effect, Input } from '../../src/chat/effects.js';
import { messageIdFromBytes } from '../../src/ids.js';
import { TicketBook } from '../../src/session/tickets.js';
import { keyIsOldAtMs, own } from '../support/core-scene.js';
import { VirtualClock } from '../simulation/clock.js';
import { HistoryShell } from '../simulation/history-shell.js';
import { Disk } from '../simulation/store.js';

/** The end of each connection that the node opens. */
type Fate = 'refused' | 'broken';

/** A core that speaks with all foreign programs. `sendTimeoutMs`: longer than the count, so that no message fails. */
const newCore = (sendTimeoutMs: number): Core =>
  new Core({
    own: { ...own, instance: '11'.repeat(8), certificateSerial: 1, keyIsOldAtMs },
    name: 'own',
    foreign: {
      enabled: new Set(['cmp2204', 'chatbuddy', 'synergy', 'cse310', 'netech']),
      secureOnly: false,
      group: null,
      sendTimeoutMs,
      greet: [],
    },
    tickets: new TicketBook(),
    beaconIntervalMs: 8_000,
    random: () => 0.5,
  });

const newHistory = (clock: VirtualClock): HistoryShell =>
  new HistoryShell({
    clock,
    disk: new Disk(),
    faults: { isFull: false, answersToLose: 0, commitsToFail: 0 },
    delayMs: () => 1,
    syncMs: () => 2,
  });
/** Returns the times (ms) at which a node dials for one message within `forMs`. */
function dialTimes(peer: string, fate: Fate, forMs: number): readonly number[] {
  const clock = new VirtualClock();
  const dials: number[] = [];
  let messages = 0;
  const core = newCore(2 * forMs);
  const history = newHistory(clock);
  const given = () => ({
    now: { monotonicMs: clock.nowMs, wallMs: clock.nowMs },
    random: () => 0.5,
    newMessageId: () => messageIdFromBytes(new Uint8Array(16).fill((messages += 1))),
    ownAddresses: () => ['10.0.0.100'],
  });
  const later = (afterMs: number, input: Input): void => clock.after(afterMs, () => take(input));
  const perform = (effect: Effect): void => {
    if (effect.to === 'history')
      history.ask(effect.ask, (answer) => take({ type: 'stored', token: effect.token, answer }));
    else if (effect.to === 'self') later(effect.afterMs, { type: 'due', due: effect.due });
    else if (effect.to === 'transport' && effect.say === 'dial') {
      const { connectionId, address } = effect;
      dials.push(clock.nowMs);
      const error = {
        code: 'transport/dial-failed',
        address: address.host,
        port: address.port,
        reason: 'no',
      } as const;
      later(
        5,
        fate === 'refused' ? { type: 'dialFailed', connectionId, error } : { type: 'dialled', connectionId },
      );
    } else if (effect.to === 'foreign' && effect.say === 'start')
      later(5, {
        type: 'foreignDown',
        sessionId: effect.sessionId,
        end: { type: 'lost', reason: 'reset' },
      });
  };
  const take = (input: Input): void => core.handle(input, given()).forEach(perform);
  const unseen = { unread: [], emittedSeq: 0 };
  const nothing = { contacts: [], correspondents: [], newestSeq: 0, publishedSeq: 0, unseen };
  core.restore({ ...nothing, outboxSize: { entries: 0, bytes: 0 } }, given()).forEach(perform);
  take({ type: 'listening', address: '10.0.0.100', port: 6_000, others: [] });
  const text = { id: messageIdFromBytes(new Uint8Array(16).fill(200)), text: 'hello?' };
  const body = { peer, messages: [text], via: null };
  take({ type: 'asked', name: 'send', body, call: { callId: 1 } } as unknown as AskedInput);
  clock.advance(forMs);
  return dials;
}

// Case O8
for (const peer of ['chatbuddy', 'cse310', 'netech', 'synergy', 'cmp2204'])
  for (const fate of ['refused', 'broken'] as const)
    test(`${peer}: a message whose connection is ${fate} makes few connections in 40 s`, (t) => {
      const times = dialTimes(`${peer}://10.0.0.7:7000`, fate, 40_000);
      t.diagnostic(times.map((ms) => (ms / 1_000).toFixed(1)).join(' '));
      assert.ok(times.length >= 2, `${times.length} dials: it is tried again`);
      assert.ok(times.length <= 12, `${times.length} dials`);
    });
