/** The privacy of a running node: from its start, or the last one that its user chose. */
import { standardPrivacy, type Privacy } from '../../chat/people/privacy/privacy.js';
import type { NodeServices } from '../../actors/node/services.js';
import type { NodeOptions } from '../handle.js';

/** Holds the privacy, and passes a new one on to be stored. */
export function openPrivacy(options: NodeOptions): Pick<NodeServices, 'privacy' | 'keepPrivacy'> {
  const { readReceipts: receipts, typingNotices: typing } = options;
  let current: Privacy = {
    receipts: receipts ?? standardPrivacy.receipts,
    typing: typing ?? standardPrivacy.typing,
  };
  return {
    privacy: () => current,
    keepPrivacy(privacy) {
      current = privacy;
      options.keepPrivacy?.(privacy);
    },
  };
}
