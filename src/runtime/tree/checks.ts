/** Checks of a tree or a child before any of it starts. Pure. */
import { err, ok, type Result } from 'neverthrow';
import type { ChildSpec } from '../actor.js';
import { sentenceOf } from '../cell/step.js';
import type { RuntimeError } from '../errors.js';
import { limitTrouble } from '../limits.js';
import type { SupervisorSpec } from './spec.js';

/** Makes a `runtime/start-failed`. */
export function startFailed(actor: string, detail: string, fault?: { readonly code: string }): RuntimeError {
  const reason = sentenceOf(detail);
  return {
    code: 'runtime/start-failed',
    actor,
    reason,
    ...(reason === detail ? {} : { stack: detail }),
    ...(fault === undefined ? {} : { fault }),
  };
}

/** Numbers that can be limits, an id that is not taken, and links that lead to actors which are known or declared with it. */
export function checkChild(
  spec: ChildSpec,
  known: { has(id: string): boolean },
  declared: { has(id: string): boolean },
): Result<void, RuntimeError> {
  const trouble = troubleOf(spec);
  if (trouble !== null) return err(startFailed(spec.id, trouble));
  if (known.has(spec.id)) return err(startFailed(spec.id, `the id ${spec.id} is taken`));
  for (const [name, to] of Object.entries(spec.links))
    if (!known.has(to) && !declared.has(to))
      return err(startFailed(spec.id, `its link ${name} leads to ${to}, an actor that nobody declares`));
  return ok(undefined);
}

function troubleOf({ behaviour, placement }: ChildSpec): string | null {
  const { mailboxMax, triesMax, busyMsMax, handlerMsMax, shutdownMs } = behaviour;
  const ofThread = placement.kind === 'thread' ? (placement.limits ?? {}) : {};
  return (
    limitTrouble({ mailboxMax, triesMax, busyMsMax, handlerMsMax, shutdownMs }) ?? limitTrouble(ofThread)
  );
}

/** Numbers can be limits, names and ids are unique, and each link leads to an actor of the tree. */
export function checkTree(
  root: SupervisorSpec,
  known: { has(id: string): boolean },
  branches: { has(name: string): boolean },
): Result<void, RuntimeError> {
  const specs: ChildSpec[] = [];
  const names = new Set<string>();
  const open: (ChildSpec | SupervisorSpec)[] = [root];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    if (!isBranch(one)) {
      specs.push(one);
      continue;
    }
    const { restartsMax, restartWindowMs } = one;
    const trouble = limitTrouble({ restartsMax, restartWindowMs });
    if (trouble !== null) return err(startFailed(one.name, trouble));
    if (names.has(one.name) || branches.has(one.name))
      return err(startFailed(one.name, `two supervisors are named ${one.name}`));
    names.add(one.name);
    open.push(...one.children.toReversed());
  }
  const declared = new Set<string>();
  for (const { id } of specs) {
    if (declared.has(id)) return err(startFailed(id, `two actors have the id ${id}`));
    declared.add(id);
  }
  for (const one of specs) {
    const checked = checkChild(one, known, declared);
    if (checked.isErr()) return checked;
  }
  return ok(undefined);
}

/** A supervisor among the children of another one. */
export const isBranch = (spec: ChildSpec | SupervisorSpec): spec is SupervisorSpec => 'children' in spec;
