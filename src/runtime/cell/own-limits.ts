/** The numbers that hold for one actor. Pure. */
import type { OwnLimits } from '../actor.js';
import type { RuntimeLimits } from '../limits.js';

/** The limits of one actor: those of its thread, with what its definition sets. */
export function cellLimits(limits: RuntimeLimits, own: OwnLimits): RuntimeLimits {
  const { mailboxMax, handlerMsMax, triesMax } = own;
  if (mailboxMax === undefined && handlerMsMax === undefined && triesMax === undefined) return limits;
  return {
    ...limits,
    mailboxMax: mailboxMax ?? limits.mailboxMax,
    handlerDeadlineMs: handlerMsMax ?? limits.handlerDeadlineMs,
    poisonTriesMax: triesMax ?? limits.poisonTriesMax,
  };
}
