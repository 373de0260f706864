/** The history at the prompt, page by page, newest page first. */
import { catalogue } from '../../text/catalogue.js';
import type { NodeHandle } from '../../../index.js';
import { cli } from '../limits.js';
import { readSearch } from '../options/filters.js';
import type { Printer } from './printer.js';

/** The part of the history that is shown next. */
interface Paging {
  readonly peer: string | null;
  readonly search: string | null;
  readonly beforeSeq: number;
}

/** Shows the history page by page. */
export class Pager {
  readonly #node: Pick<NodeHandle, 'history'>;
  readonly #printer: Printer;
  #next: Paging | null = null;

  constructor(node: Pick<NodeHandle, 'history'>, printer: Printer) {
    this.#node = node;
    this.#printer = printer;
  }

  /** Forgets the next page, and returns the function that shows it; null: no page is left. */
  take(): (() => Promise<void>) | null {
    const next = this.#next;
    this.#next = null;
    return next === null ? null : () => this.#show(next);
  }

  /** Shows the newest page. `peer`: null for all conversations. */
  begin(peer: string | null, search: string | null): Promise<void> {
    return this.#show({ peer, search, beforeSeq: Number.MAX_SAFE_INTEGER });
  }

  async #show(paging: Paging): Promise<void> {
    const { note } = this.#printer;
    const searched = readSearch(paging.search ?? '', Date.now());
    if (searched.isErr()) return this.#printer.warn(searched.error);
    const page = await this.#node.history({
      ...(paging.peer === null ? {} : { peer: paging.peer }),
      ...searched.value,
      ...(paging.beforeSeq === Number.MAX_SAFE_INTEGER ? {} : { beforeSeq: paging.beforeSeq }),
      limit: cli.promptPageLines,
    });
    if (page.isErr()) return this.#printer.fail(page.error);
    const [oldest] = page.value;
    if (oldest === undefined) return note(catalogue().prompt.noMoreMessages);
    for (const message of page.value) this.#printer.message(message, paging.peer !== null);
    if (page.value.length < cli.promptPageLines || oldest.seq <= 1)
      return note(catalogue().prompt.historyEnd);
    this.#next = { ...paging, beforeSeq: oldest.seq };
    return note(catalogue().prompt.enterShowsOlder);
  }
}
