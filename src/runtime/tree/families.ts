/** Children of actors: spawned and stopped at the request of an actor. */
import { err, type Result } from 'neverthrow';
import type { RuntimeError } from '../errors.js';
import { unreachable } from '../exhaustive.js';
import type { ChildSpec } from '../actor.js';
import { gone } from '../link/faults.js';
import { startFailed } from './checks.js';
import { Branch, type System } from './branch.js';
import type { ChildAsk, Kin } from './directory.js';

/** Name of the supervisor of what an actor spawned. */
export const familyName = (actor: string): string => `children of ${actor}`;

/** The spawned children of all actors. */
export class Families implements Kin {
  readonly #system: System;
  /** Actor → the supervisor of what its life has spawned. */
  readonly #branches = new Map<string, Branch>();

  constructor(system: System) {
    this.#system = system;
  }

  /** `from` is alive. Errors: `runtime/start-failed`, `runtime/no-actor`. */
  async asked(from: string, ask: ChildAsk): Promise<Result<unknown, RuntimeError>> {
    switch (ask.type) {
      case 'spawn':
        return this.#spawn(from, ask.spec, ask.under);
      case 'spawn-supervisor':
        return (await this.#of(from).startBranch(ask.spec)).map(() => null);
      case 'stop-child':
        return (await this.#branches.get(from)?.holderOf(ask.id)?.stopChild(ask.id)) ?? err(gone(ask.id));
      default:
        return unreachable(ask);
    }
  }

  async #spawn(from: string, spec: ChildSpec, under: string | null): Promise<Result<unknown, RuntimeError>> {
    const { branches, directory } = this.#system;
    const branch = under === null ? this.#of(from) : branches.get(under);
    if (branch === undefined) return err(startFailed(spec.id, `no supervisor is named ${under}`));
    if (spec.placement.kind === 'inline' && !directory.areTogether(from, branch.beside))
      return err(startFailed(spec.id, `supervisor ${under} is in another thread: it needs a placement`));
    return (await branch.startChild(spec, true)).map(() => null);
  }

  /** A life is over: its children end with it. */
  lifeOver(actor: string): Promise<void> | null {
    const branch = this.#branches.get(actor);
    if (branch === undefined) return null;
    this.#branches.delete(actor);
    return branch.stop();
  }

  #of(actor: string): Branch {
    const known = this.#branches.get(actor);
    if (known !== undefined) return known;
    const { directory } = this.#system;
    const supervision = directory.specOf(actor)?.behaviour.supervision ?? {};
    const owner = { branchGaveUp: (_: Branch, detail: string) => directory.crash(actor, detail) };
    const spec = { name: familyName(actor), stopOrder: 'parallel', ...supervision, children: [] } as const;
    const branch = new Branch(spec, owner, this.#system, actor);
    branch.open();
    this.#branches.set(actor, branch);
    return branch;
  }
}
