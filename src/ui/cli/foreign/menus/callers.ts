/** Callers: peers that open a conversation while the user is busy. The menu announces each of them. */
import { catalogue } from '../../../text/catalogue.js';
import { unreachable } from '../../../../exhaustive.js';
import { escapeName } from '../../../../index.js';
import { isOpening, type Partner } from './conversation.js';
import type { MenuSession } from './menu-session.js';

/** The present activity of the user. */
type Attention =
  | { readonly to: 'choices' }
  /** The user calls a peer or waits for one: which of the callers it will be is open. */
  | { readonly to: 'opening'; readonly came: Map<string, string> }
  | { readonly to: 'conversation'; readonly peer: string };

/** Decides which caller of a menu gets the conversation, and announces the others. */
export class Callers {
  readonly #menu: MenuSession;
  readonly #answerKey: string;
  #attention: Attention = { to: 'choices' };

  /** `answerKey`: key of the choice that waits for a caller and takes one that waits already. */
  constructor(menu: MenuSession, answerKey: string) {
    this.#menu = menu;
    this.#answerKey = answerKey;
    menu.events.listen((event) => {
      if (isOpening(event, menu)) this.#came(event.peerId, event.peer);
    });
  }

  /** Runs `open` until it has a partner, then `converse` with it. */
  async converseWith(
    open: () => Promise<Partner | null>,
    converse: (partner: Partner) => Promise<void>,
  ): Promise<void> {
    const came = new Map<string, string>();
    this.#attention = { to: 'opening', came };
    try {
      const partner = await open();
      if (partner !== null) {
        this.#attention = { to: 'conversation', peer: partner.peer };
        for (const [peer, name] of came) this.#came(peer, name);
        await converse(partner);
      }
    } finally {
      this.#attention = { to: 'choices' };
    }
    if (this.#menu.dialog.isOver) return;
    for (const peer of await this.#menu.peers()) if (peer.isConnected) this.#came(peer.peer, peer.name);
  }

  #came(peer: string, name: string): void {
    const { dialog, called } = this.#menu;
    const shown = escapeName(called(name));
    const attention = this.#attention;
    switch (attention.to) {
      case 'choices':
        dialog.say(catalogue().menus.wantsToTalk(shown, this.#answerKey));
        return;
      case 'opening':
        attention.came.set(peer, name);
        return;
      case 'conversation':
        if (attention.peer !== peer) dialog.say(catalogue().menus.wantsToTalkNow(shown, this.#answerKey));
        return;
      default:
        unreachable(attention);
    }
  }
}
