/** The effects of questions about the network. Types only. */
import type { CallerEffect, TimerEffect, Token } from '../turn.js';
import type { TransportEffect } from '../routes/route.js';

/** One effect of this part. */
export type InquiryEffect =
  | TransportEffect
  /** Sends one announcement to each of these hosts alone, which asks for a reply. */
  | { readonly to: 'presence'; readonly say: 'query'; readonly hosts: readonly string[] }
  /** Asks discovery for all that it heard. The answer is the input `heardReport`. */
  | { readonly to: 'presence'; readonly say: 'report'; readonly token: Token }
  | TimerEffect<InquiryDue>
  | CallerEffect;

/** A question has waited long enough for announcements (`collected`), or for the answer of the peer (`overdue`). */
export interface InquiryDue {
  readonly type: 'inquiry';
  readonly key: number;
  readonly stage: 'collected' | 'overdue';
}
