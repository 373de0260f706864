/** Messages to an address that the history gives to the identity that answered there. */
import type { PeerId } from '../../ids.js';
import type { People } from '../people/people.js';
import type { RouteReport } from '../routes/route.js';
import { logLine, type Token, type Turn } from '../turn.js';
import type { DeliveryEffect, EntryAnswer } from './effects.js';
import type { Outboxes } from './outboxes.js';

type Found = Extract<RouteReport, { readonly type: 'found' }>;

/** The changes of address that the history is asked for. */
export class Readdressing {
  readonly #asked = new Map<Token, Found>();

  /** Asks the history for the change, once at a time. */
  found(report: Found, people: Pick<People, 'name'>, turn: Turn<DeliveryEffect>): void {
    if ([...this.#asked.values()].some(({ peerId }) => peerId === report.peerId)) return;
    const token = turn.newToken();
    this.#asked.set(token, report);
    const { peerId: from, as } = report;
    turn.emit({
      to: 'history',
      token,
      ask: { type: 'readdress', from, peerId: as, name: people.name(as) },
    });
  }

  /** Takes the answer. Returns the identity whose outbox has more now; none where the request failed. */
  answered(
    token: Token,
    result: Extract<EntryAnswer, { readonly type: 'readdress' }>['result'],
    outboxes: Outboxes,
    turn: Turn<DeliveryEffect>,
  ): readonly PeerId[] {
    const asked = this.#asked.get(token);
    this.#asked.delete(token);
    if (asked === undefined) return [];
    if (result.isErr()) {
      turn.emit(logLine('error', 'not-readdressed', { code: result.error.code }));
      outboxes.of(asked.peerId).dialFailed(turn.now.monotonicMs);
      return [];
    }
    outboxes.close(asked.peerId);
    outboxes.sized(result.value);
    return [asked.as];
  }
}
