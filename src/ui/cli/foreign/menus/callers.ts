/** Who opens a talk that is not taken at once: the user is told, so that nobody who came is left without a word. */
import { unreachable } from '../../../../exhaustive.js';
import { escapeName } from '../../../../index.js';
import { isOpening, type Partner } from './conversation.js';
import type { MenuSession } from './menu-session.js';

type Attention =
  | { readonly to: 'choices' }
  /** Somebody is called or waited for: who of those that come is talked with is not known yet. */
  | { readonly to: 'opening'; readonly came: Map<string, string> }
  | { readonly to: 'talk'; readonly peer: string };

export class Callers {
  readonly #menu: MenuSession;
  readonly #answerKey: string;
  #attention: Attention = { to: 'choices' };

  /** `answerKey`: the choice that waits for somebody, and takes who is there already. */
  constructor(menu: MenuSession, answerKey: string) {
    this.#menu = menu;
    this.#answerKey = answerKey;
    menu.events.listen((event) => {
      if (isOpening(event, menu)) this.#came(event.peerId, event.peer);
    });
  }

  /** Runs `open` until it has a partner, then `talk` with that one. */
  async talkWith(
    open: () => Promise<Partner | null>,
    talk: (partner: Partner) => Promise<void>,
  ): Promise<void> {
    const came = new Map<string, string>();
    this.#attention = { to: 'opening', came };
    try {
      const partner = await open();
      if (partner !== null) {
        this.#attention = { to: 'talk', peer: partner.peer };
        for (const [peer, name] of came) this.#came(peer, name);
        await talk(partner);
      }
    } finally {
      this.#attention = { to: 'choices' };
    }
    if (this.#menu.dialog.isOver) return;
    for (const peer of await this.#menu.peers()) if (peer.isConnected) this.#came(peer.peer, peer.name);
  }

  #came(peer: string, name: string): void {
    const { dialog } = this.#menu;
    const attention = this.#attention;
    switch (attention.to) {
      case 'choices':
        dialog.say(`${escapeName(name)} wants to talk: choose ${this.#answerKey}.`);
        return;
      case 'opening':
        attention.came.set(peer, name);
        return;
      case 'talk':
        if (attention.peer !== peer)
          dialog.say(`${escapeName(name)} wants to talk too: end this talk, then choose ${this.#answerKey}.`);
        return;
      default:
        unreachable(attention);
    }
  }
}
