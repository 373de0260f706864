/** The names that the hub of chatbuddy gives to addresses: the program itself sends none in a chat. */
import { catalogue } from '../../../text/catalogue.js';
import { err, ok, type Result } from 'neverthrow';
import type { HubClient, HubUser } from '../../../../index.js';

const scheme = 'chatbuddy://';

/** The names that a hub has listed. */
export class HubNames {
  #users: readonly HubUser[] = [];

  learn(users: readonly HubUser[]): void {
    this.#users = users;
  }

  /** Asks the hub again; without an answer what is known stays. */
  async refresh(hub: HubClient | null): Promise<void> {
    const users = await hub?.list();
    if (users?.isOk() === true) this.learn(users.value);
  }

  /** Returns the address of a user; null: no user of the hub has that name. Errors: more than one user has it. */
  addressOf(word: string): Result<string, string> | null {
    const found = this.#users.filter(({ name }) => name.toLowerCase() === word.toLowerCase());
    const [first, ...others] = new Set(found.map(({ address }) => address));
    if (first === undefined) return null;
    return others.length === 0
      ? ok(first)
      : err(catalogue().menus.severalCalledSo([first, ...others].join(', ')));
  }

  /** Returns the name at the hub of a peer that is called by its address. An address of several users keeps standing. */
  readonly called = (peer: string): string => {
    if (!peer.startsWith(scheme)) return peer;
    const host = peer.slice(scheme.length).replace(/:\d+$/, '');
    const [user, ...others] = this.#users.filter(({ address }) => address === host);
    return user === undefined || others.length > 0 ? peer : user.name;
  };
}
