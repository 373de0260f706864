/** Drives an admission in tests: a clock that the test sets, and callers by address. */
import assert from 'node:assert/strict';
import { Admission, type Caller, type Verdict } from '../../src/admission/admission.js';
import type { DialectName } from '../../src/dialects/dialect.js';
import type { Hello } from '../../src/admission/first-bytes.js';
import { parseConnectionId, type ConnectionId } from '../../src/ids.js';
import { admission as limits } from '../../src/admission/limits.js';

/** First bytes of a full handshake, of a resumption, and of foreign programs that send a message or hold a conversation. */
export const fullHello: Hello = { type: 'full' };
export const ticketIdHex = 'ab'.repeat(16);
export const resumeHello: Hello = { type: 'resume', ticketIdHex };
export const messageHello: Hello = { type: 'foreign', dialect: 'netech' };
export const conversationHello: Hello = { type: 'foreign', dialect: 'chatbuddy' };

export const idOf = (serial: number): ConnectionId => parseConnectionId(`in-${serial}`)._unsafeUnwrap();

export class AdmissionDriver {
  nowMs = 1_000;
  serial = 0;
  readonly admission: Admission;

  constructor(connectionsMax: number = limits.connectionsMax, enabled: ReadonlySet<DialectName> = new Set()) {
    this.admission = new Admission({ connectionsMax, enabled, nowMs: this.nowMs });
  }

  caller(address: string, hello: Hello | null): Caller {
    return { id: idOf((this.serial += 1)), address, acceptedAtMs: this.nowMs, hello };
  }

  /** Requests a slot for a new caller, which hangs up when it must wait. */
  call(address: string, hello: Hello | null): { readonly id: ConnectionId; readonly verdict: Verdict } {
    const caller = this.caller(address, hello);
    const verdict = this.admission.request(caller, this.nowMs);
    if (verdict.type === 'wait') this.left(caller.id);
    return { id: caller.id, verdict };
  }

  /** Requests a slot for a new caller that must wait, and keeps it waiting. */
  callAndWait(address: string, hello: Hello | null): Caller {
    const caller = this.caller(address, hello);
    assert.equal(this.callAgain(caller).type, 'wait');
    return caller;
  }

  callAgain(caller: Caller): Verdict {
    return this.admission.request(caller, this.nowMs);
  }

  left(id: ConnectionId): void {
    this.admission.left(id, this.nowMs);
  }

  openSession(address: string, isContact: boolean): ConnectionId {
    const { id, verdict } = this.call(address, fullHello);
    assert.equal(verdict.type, 'serve');
    this.admission.authenticated(id, isContact, 'session', this.nowMs);
    return id;
  }

  /** Returns the session that is asked to park for a new caller. The caller hangs up. */
  slotWantedFor(address: string, hello: Hello): ConnectionId | null {
    const caller = this.caller(address, hello);
    const wanted = this.slotWantedBy(caller);
    this.left(caller.id);
    return wanted;
  }

  /** Returns the session that is asked to park for a caller that waits. */
  slotWantedBy(caller: Caller): ConnectionId | null {
    const verdict = this.callAgain(caller);
    assert.equal(verdict.type, 'wait');
    return verdict.type === 'wait' ? verdict.slotWanted : null;
  }
}

/** Gives a slot to a foreign program that has sent a valid message. */
export function admitted(driver: AdmissionDriver, address: string, hello: Hello): ConnectionId {
  const { id, verdict } = driver.call(address, hello);
  assert.equal(verdict.type, 'serve');
  const carries = hello === conversationHello ? 'conversation' : 'message';
  driver.admission.authenticated(id, false, carries, driver.nowMs);
  return id;
}
