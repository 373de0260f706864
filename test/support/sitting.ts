/** A user at the prompt: a terminal that shows what was written, and a node that is not real. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { ExitCode } from '../../src/ui/cli/screen/wording.js';
import type { World } from '../../src/ui/cli/world.js';
import { testMsMax, within } from './deadline.js';
import { startFakeNode, type FakeNode, type FakeNodeOptions } from './fake-node.js';
import { fakeWorld, type FakeWorld } from './fake-world.js';
import { ScreenModel } from './screen-model.js';

export interface Sitting {
  readonly it: FakeWorld;
  readonly node: FakeNode;
  readonly ended: Promise<ExitCode>;
  readonly type: (keys: string) => void;
  /** The screen once `is` holds for it. */
  readonly shows: (is: (screen: ScreenModel) => boolean) => Promise<ScreenModel>;
  readonly leave: () => Promise<void>;
}

/** Opens the prompt at a terminal, with the first questions answered; `memory` is what an earlier run left. */
export function sit(
  context: TestContext,
  nodeOptions: FakeNodeOptions = {},
  memory: string | null = null,
  diagnose?: World['diagnose'],
  env: Readonly<Record<string, string>> = {},
): Sitting {
  const node = startFakeNode(nodeOptions);
  const it = fakeWorld({
    node,
    isTTY: true,
    nowMs: Date.UTC(2026, 4, 1, 12),
    env: { NO_COLOR: '1', ...env },
    ...(diagnose === undefined ? {} : { diagnose }),
  });
  writeFileSync(join(it.home, 'settings.json'), '{"name":"alice","dialects":[]}');
  if (memory !== null) writeFileSync(join(it.home, 'prompt.json'), memory, { mode: 0o600 });
  const ended = it.run();
  const shows = async (is: (screen: ScreenModel) => boolean): Promise<ScreenModel> => {
    const screenNow = (): ScreenModel => {
      const screen = new ScreenModel(it.stdout.columns, it.stdout.rows);
      screen.write(it.stdout.text);
      return screen;
    };
    await it.stdout
      .until(() => is(screenNow()))
      .catch((cause: unknown) => {
        throw new Error(`${String(cause)}\n${screenNow().lines().join('\n')}`);
      });
    return screenNow();
  };
  const leave = async (): Promise<void> => {
    it.stdin.write('\u0004');
    await within(ended, testMsMax, 'the end of the prompt');
  };
  context.after(async () => {
    it.signal();
    await ended;
    it.remove();
  });
  return { it, node, ended, type: (keys) => it.stdin.write(keys), shows, leave };
}

export const bottom = (screen: ScreenModel): string => screen.lines().at(-1) ?? '';
export const has = (screen: ScreenModel, part: string): boolean =>
  screen.all().some((row) => row.includes(part));
