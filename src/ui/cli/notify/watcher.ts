/**
 * Follows the events of a node in its process: runs the hooks of the home, and notifies on the desktop of messages that
 * stay unread. A muted or blocked peer causes neither; a busy user is not notified.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { MessageEvent, NodeEvent, NodeHandle, PeerEvent } from '../../../index.js';
import { unreachable } from '../../../exhaustive.js';
import { reasonOf } from '../../../system-errors.js';
import { userSettingsOf, type UserSettings } from '../options/settings.js';
import { readSettings } from '../options/settings-file.js';
import { desktopCommand, type Notification } from './desktop.js';
import { Hooks, type HookOptions } from './hooks.js';
import { notifications as limits } from './limits.js';
import { mayNotify, noticesOf } from './notice.js';
import { runProgram } from './run-program.js';

/** Arguments of the watcher. */
export interface WatcherOptions extends HookOptions {
  readonly node: Pick<NodeHandle, 'events' | 'peers' | 'status' | 'unread'>;
  readonly user: UserSettings;
  readonly platform?: NodeJS.Platform;
}

/** Follows the events of a node until it ends. */
export class Watcher {
  readonly #options: WatcherOptions;
  readonly #hooks: Hooks;
  readonly #peers = new Map<string, PeerEvent>();
  /** Messages that the next notification is about, by peer. */
  readonly #waiting = new Map<string, { readonly newest: MessageEvent; readonly count: number }>();
  #timer: NodeJS.Timeout | null = null;
  #shownAtMs = Number.NEGATIVE_INFINITY;
  #presence = 'here';
  #hasFailed = false;

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#hooks = new Hooks(options);
  }

  /** Follows the events. Settles when the node ends. */
  async run(): Promise<void> {
    const { node } = this.#options;
    for await (const event of node.events()) {
      if (event.type === 'bye') break;
      if (event.type === 'ready') {
        for (const row of (await node.peers()).unwrapOr([])) this.#keep(row);
        this.#presence = (await node.status()).map(({ presence }) => presence).unwrapOr('here');
      } else this.#take(event);
    }
    this.close();
  }

  /** Ends the hooks that run. */
  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#hooks.close();
  }

  #take(event: NodeEvent): void {
    switch (event.type) {
      case 'peer':
        this.#keep(event);
        if (mayNotify(event)) this.#hooks.run(event);
        return;
      case 'message':
        if (event.direction === 'out' || !mayNotify(this.#peers.get(event.peerId))) return;
        this.#hooks.run(event);
        if (this.#options.user.notify.includes('desktop')) this.#notice(event);
        return;
      case 'status':
        this.#hooks.run(event);
        return;
      case 'presence':
        this.#presence = event.presence;
        return;
      case 'ready':
      case 'transfer':
      case 'edit':
      case 'delete':
      case 'reaction':
      case 'timer':
      case 'read':
      case 'typing':
      case 'notice':
      case 'error':
      case 'bye':
        return;
      default:
        unreachable(event);
    }
  }

  /** Keeps a row as the newest. Of too many rows, the oldest one of a peer that may notify is dropped. */
  #keep(row: PeerEvent): void {
    this.#peers.delete(row.id);
    this.#peers.set(row.id, row);
    if (this.#peers.size <= limits.peersMax) return;
    for (const [id, peer] of this.#peers) {
      if (!mayNotify(peer)) continue;
      this.#peers.delete(id);
      return;
    }
  }

  #notice(message: MessageEvent): void {
    const { count = 0 } = this.#waiting.get(message.peerId) ?? {};
    this.#waiting.set(message.peerId, { newest: message, count: count + 1 });
    const pauseMs = this.#shownAtMs + limits.desktopEveryMs - performance.now();
    this.#timer ??= setTimeout(
      () => {
        this.#timer = null;
        void this.#show();
      },
      Math.max(limits.unreadAfterMs, pauseMs),
    );
  }

  /** Shows what is still unread, unless the user is busy. */
  async #show(): Promise<void> {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    const unread = (await this.#options.node.unread()).unwrapOr([]);
    const due = waiting.flatMap(({ newest, count }) => {
      const mark = unread.find(({ peer }) => peer.id === newest.peerId);
      const peer = this.#peers.get(newest.peerId);
      if (mark === undefined || mark.readSeq >= newest.seq || !mayNotify(peer)) return [];
      return [{ message: newest, peer, count: Math.max(1, Math.min(count, mark.unread)) }];
    });
    for (const notice of noticesOf(due, this.#options.user.notifyBodies)) {
      // The status may change while a program runs.
      if (this.#presence === 'busy') return;
      this.#shownAtMs = performance.now();
      await this.#run(notice);
    }
  }

  async #run(notice: Notification): Promise<void> {
    const { env, log, platform = process.platform } = this.#options;
    const command = desktopCommand(platform, notice);
    const reason = await runProgram({
      file: command.file,
      args: command.args,
      input: null,
      env: { ...env, ...command.env },
      output: 'dropped',
      runMs: limits.desktopRunMs,
    });
    // One line is enough: without a desktop each message would log it.
    if (reason !== null && !this.#hasFailed)
      log('warn', 'notification-failed', { program: command.file, reason });
    this.#hasFailed = reason !== null;
  }
}

/**
 * Follows a node with the choices of its user. A home without the folder `hooks`, whose user wants no notification on the
 * desktop, needs no watcher.
 */
export function watchNode({
  node,
  home,
  env,
  log,
}: Pick<WatcherOptions, 'node' | 'home' | 'env' | 'log'>): void {
  const stored = readSettings(home).map(({ values }) => values);
  const user = userSettingsOf(stored.unwrapOr({}), env);
  if (!user.notify.includes('desktop') && !existsSync(join(home, 'hooks'))) return;
  new Watcher({ node, home, env, log, user })
    .run()
    .catch((cause: unknown) => log('warn', 'watcher-failed', { reason: reasonOf(cause) }));
}
