/** The admission with a clock of its own and callers by address, as its tests need them. */
import assert from 'node:assert/strict';
import { Admission, type Caller, type Verdict } from '../../src/admission/admission.js';
import type { DialectName } from '../../src/dialects/dialect.js';
import type { Hello } from '../../src/admission/first-bytes.js';
import { parseConnectionId, type ConnectionId } from '../../src/ids.js';
import { admission as limits } from '../../src/admission/limits.js';

export const full: Hello = { type: 'full' };
export const ticketIdHex = 'ab'.repeat(16);
export const resume: Hello = { type: 'resume', ticketIdHex };
export const idOf = (serial: number): ConnectionId => parseConnectionId(`in-${serial}`)._unsafeUnwrap();
export const message: Hello = { type: 'foreign', dialect: 'netech' };
export const talk: Hello = { type: 'foreign', dialect: 'chatbuddy' };

export class Door {
  nowMs = 1_000;
  serial = 0;
  readonly admission: Admission;

  constructor(connectionsMax: number = limits.connectionsMax, enabled: ReadonlySet<DialectName> = new Set()) {
    this.admission = new Admission({ connectionsMax, enabled, nowMs: this.nowMs });
  }

  caller(address: string, hello: Hello | null): Caller {
    return { id: idOf((this.serial += 1)), address, acceptedAtMs: this.nowMs, hello };
  }

  /** A caller without a slot leaves. */
  come(address: string, hello: Hello | null): { readonly id: ConnectionId; readonly verdict: Verdict } {
    const caller = this.caller(address, hello);
    const verdict = this.admission.request(caller, this.nowMs);
    if (verdict.type === 'wait') this.left(caller.id);
    return { id: caller.id, verdict };
  }

  /** Finds no slot, and stays. */
  wait(address: string, hello: Hello | null): Caller {
    const caller = this.caller(address, hello);
    assert.equal(this.again(caller).type, 'wait');
    return caller;
  }

  again(caller: Caller): Verdict {
    return this.admission.request(caller, this.nowMs);
  }

  left(id: ConnectionId): void {
    this.admission.left(id, this.nowMs);
  }

  session(address: string, isContact: boolean): ConnectionId {
    const { id, verdict } = this.come(address, full);
    assert.equal(verdict.type, 'serve');
    this.admission.authenticated(id, isContact, 'session', this.nowMs);
    return id;
  }

  /** The session that a caller without a slot makes park; the caller leaves. */
  whoMakesRoom(address: string, hello: Hello): ConnectionId | null {
    const caller = this.caller(address, hello);
    const wanted = this.whoMakesRoomFor(caller);
    this.left(caller.id);
    return wanted;
  }

  /** The same of one that stays. */
  whoMakesRoomFor(caller: Caller): ConnectionId | null {
    const verdict = this.again(caller);
    assert.equal(verdict.type, 'wait');
    return verdict.type === 'wait' ? verdict.slotWanted : null;
  }
}

/** An older program that was given a slot and has said something that makes sense. */
export function admitted(door: Door, address: string, hello: Hello): ConnectionId {
  const { id, verdict } = door.come(address, hello);
  assert.equal(verdict.type, 'serve');
  door.admission.authenticated(id, false, hello === talk ? 'conversation' : 'message', door.nowMs);
  return id;
}
