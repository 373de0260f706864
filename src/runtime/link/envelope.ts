/** The code that travels with each envelope: the name of its message, and how it is delivered. */

/** A name's index in the actor, shifted by two, and the flags below. */
export type EnvelopeCode = number;
/** An envelope from another thread, which others follow from. */
export interface Origin {
  readonly linkId: number;
  readonly seq: number;
}

/** Flag of a call. */
export const isCall = 1;
/** Delivered at most once: objects move with it, or its sender wanted so. */
export const isOnce = 2;
/** Bits below the index of the name. */
export const nameShift = 2;
/** In place of a code: the envelope was taken out; its sequence number is still to be acknowledged. */
export const takenOut: EnvelopeCode = -1;
