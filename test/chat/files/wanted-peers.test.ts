/** Dials for transfers: a peer is dialled while a transfer waits for it, and never else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { times as limits } from '../../../src/chat/files/limits.js';
import type { TransfersEffect } from '../../../src/chat/files/effects.js';
import { WantedPeers } from '../../../src/chat/files/wanted-peers.js';
import { peer } from '../../history/driver.js';

/** The dials of one node, whose timers fire on request. */
class Dials {
  readonly wanted = new WantedPeers();
  readonly #timers: Extract<TransfersEffect, { to: 'self' }>[] = [];
  nowMs = 0;
  readonly turn = {
    now: { monotonicMs: 0, wallMs: 0 },
    random: () => 1,
    emit: (effect: TransfersEffect) => {
      if (effect.to === 'self') this.#timers.push(effect);
    },
  };

  passes(ms: number): void {
    this.nowMs += ms;
    this.turn.now = { monotonicMs: this.nowMs, wallMs: this.nowMs };
  }

  /** Fires every timer that is set. Returns the number of dials. */
  fire(): number {
    const timers = this.#timers.splice(0);
    this.passes(limits.dialPauseMaxMs);
    return timers.filter(({ due }) => this.wanted.due(due.peerId, due.nth, this.turn)).length;
  }
}

test('a parked session is not followed by a dial where no transfer waits for the peer', () => {
  const it = new Dials();
  it.wanted.parked(peer(1), it.turn);
  assert.equal(it.fire(), 0);
  assert.equal(it.wanted.present(peer(1), it.turn), false);
});

test('a transfer whose session was parked waits a pause, then dials until it is reached', () => {
  const it = new Dials();
  it.wanted.parked(peer(1), it.turn);
  assert.deepEqual(it.wanted.set([peer(1), peer(2)], it.turn), [peer(2)]);
  assert.equal(it.fire(), 2);
  it.wanted.set([], it.turn);
  assert.equal(it.fire(), 0);
});

test('a park that is long past delays nothing', () => {
  const it = new Dials();
  it.wanted.parked(peer(1), it.turn);
  it.passes(limits.dialPauseMinMs);
  assert.deepEqual(it.wanted.set([peer(1)], it.turn), [peer(1)]);
});
