/** Friends that call in a loop, and another friend that has something to say, under virtual time. Case N7. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Caller } from '../../src/admission/admission.js';
import type { Hello } from '../../src/admission/first-bytes.js';
import { admission as limits } from '../../src/admission/limits.js';
import { AdmissionDriver, fullHello } from '../support/admission-driver.js';
import { dice, runSeed, type Dice } from '../support/seeds.js';

const stepMs = 5;
const handshakeMs = 10;
const lastsMs = 150_000;

/** A peer that calls. `isHostile`: it calls again at once and never falls silent; else it waits as BUSY asks. */
interface Peer {
  readonly address: string;
  readonly hello: Hello;
  readonly isHostile: boolean;
  callsAtMs: number;
  wantsSinceMs: number;
  waiting: Caller | null;
  leavesAtMs: number;
  held: { readonly caller: Caller; readonly sinceMs: number; isUp: boolean; endsAtMs: number } | null;
}

const ticketOf = (n: number): string => n.toString(16).padStart(32, '0');

class CallingPeers {
  readonly driver = new AdmissionDriver();
  readonly peers: Peer[] = [];
  readonly waitsMs: number[] = [];
  readonly #roll: Dice = dice(runSeed);

  constructor(hostile: number, callsEach: number, hello: 'full' | 'resume') {
    for (let n = 0; n < hostile * callsEach; n += 1) {
      const host = n % hostile;
      this.peers.push(this.#peer(`10.0.1.${host}`, { type: 'resume', ticketIdHex: ticketOf(host) }, true));
    }
    const friendly: Hello = hello === 'full' ? fullHello : { type: 'resume', ticketIdHex: ticketOf(99) };
    this.peers.push(this.#peer('10.0.2.1', friendly, false));
    this.driver.admission.know(
      this.peers.map(({ address }) => address),
      this.peers.flatMap((peer) => (peer.hello.type === 'resume' ? [peer.hello.ticketIdHex] : [])),
    );
  }

  run(): readonly number[] {
    const { driver } = this;
    for (const startMs = driver.nowMs; driver.nowMs - startMs < lastsMs; driver.nowMs += stepMs) {
      for (const { id } of driver.admission.due(driver.nowMs)) this.#end(id);
      for (const peer of this.peers) this.#step(peer);
    }
    return this.waitsMs.toSorted((a, b) => a - b);
  }

  #peer(address: string, hello: Hello, isHostile: boolean): Peer {
    const idle = { waiting: null, leavesAtMs: 0, held: null, wantsSinceMs: 0 };
    return { address, hello, isHostile, callsAtMs: this.#roll(1_000), ...idle };
  }

  #step(peer: Peer): void {
    const { driver } = this;
    const { held } = peer;
    if (held !== null) {
      if (!held.isUp && driver.nowMs - held.sinceMs >= handshakeMs) {
        held.isUp = true;
        driver.admission.authenticated(held.caller.id, true, 'session', driver.nowMs);
        if (!peer.isHostile) this.waitsMs.push(driver.nowMs - peer.wantsSinceMs);
      }
      if (peer.isHostile) driver.admission.active(held.caller.id, driver.nowMs);
      if (driver.nowMs >= held.endsAtMs) this.#end(held.caller.id);
      return;
    }
    if (peer.waiting !== null) {
      if (driver.nowMs < peer.leavesAtMs) return;
      // The pool keeps a caller whose turn is next.
      if (driver.admission.isSlotComing(peer.waiting, driver.nowMs)) {
        peer.leavesAtMs += limits.parkMs;
        this.#ask(peer);
        return;
      }
      driver.left(peer.waiting.id);
      peer.waiting = null;
      peer.callsAtMs = driver.nowMs + (peer.isHostile ? stepMs : 1_000 + this.#roll(1_000));
      return;
    }
    if (driver.nowMs < peer.callsAtMs) return;
    if (peer.wantsSinceMs === 0) peer.wantsSinceMs = driver.nowMs;
    peer.waiting = driver.caller(peer.address, peer.hello);
    peer.leavesAtMs = driver.nowMs + limits.waitMs;
    this.#ask(peer);
  }

  #ask(peer: Peer): void {
    const { waiting: caller } = peer;
    if (caller === null) return;
    const verdict = this.driver.callAgain(caller);
    if (verdict.type === 'serve') {
      if (verdict.evict !== null) this.#end(verdict.evict);
      peer.waiting = null;
      peer.held = { caller, sinceMs: this.driver.nowMs, isUp: false, endsAtMs: Infinity };
    } else if (verdict.type === 'wait' && verdict.slotWanted !== null) {
      const parked = this.peers.find(({ held }) => held?.caller.id === verdict.slotWanted)?.held;
      if (parked) parked.endsAtMs = Math.min(parked.endsAtMs, this.driver.nowMs + limits.parkMs);
    } else if (verdict.type === 'refuse') {
      peer.waiting = null;
      peer.callsAtMs = this.driver.nowMs + (peer.isHostile ? stepMs : 1_000 + this.#roll(1_000));
    }
  }

  /** A connection ends, and who waits asks again in turn. */
  #end(id: Caller['id']): void {
    this.driver.left(id);
    const peer = this.peers.find(({ held }) => held?.caller.id === id);
    if (peer !== undefined) {
      peer.held = null;
      peer.wantsSinceMs = 0;
      peer.callsAtMs = this.driver.nowMs + (peer.isHostile ? stepMs : 500 + this.#roll(3_000));
    }
    for (const next of this.driver.admission.inTurn()) {
      const asking = this.peers.find(({ waiting }) => waiting?.id === next);
      if (asking !== undefined) this.#ask(asking);
    }
  }
}

// Case N7
test('beside eight friends that call in a loop another friend is served within 5 s', (t) => {
  for (const hello of ['full', 'resume'] as const)
    for (const callsEach of [1, 3]) {
      const waitsMs = new CallingPeers(8, callsEach, hello).run();
      const p95 = waitsMs[Math.floor(waitsMs.length * 0.95)] ?? Infinity;
      t.diagnostic(
        `${hello}, ${callsEach} calls each: ${waitsMs.length} served, p50 ${waitsMs[waitsMs.length >> 1]}, p95 ${p95} ms, most ${waitsMs.at(-1)}`,
      );
      assert.ok(waitsMs.length > 20 && p95 <= 5_000, `p95 ${p95} ms of ${waitsMs.length}`);
    }
});
