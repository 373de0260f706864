/**
 * Every command of the README, pasted one by one into a shell, where the packed program is installed in an empty prefix.
 * A command that the README gains or loses must be entered in `readme/commands.ts`.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../house/sources.js';
import { freeUdpPort } from '../support/free-port.js';
import { pastedCommands } from './readme/commands.js';
import { Desk } from './readme/desk.js';

/** Returns the commands that the README names, in its blocks and in its sentences. */
function commandsOf(readme: string): ReadonlySet<string> {
  const blocks = [...readme.matchAll(/```console\n([\s\S]*?)```/g)].flatMap(([, body = '']) =>
    [...body.matchAll(/^\$ ((?:.*\\\n)*.*)$/gm)].map(([, line = '']) => line.replace(/\s+#.*$/, '').trim()),
  );
  const begins = /^(?:[\d*/ -]+ |source <\()?(?:parlance |sudo |npm |loginctl )/;
  const named = [...readme.replace(/```[\s\S]*?```/g, '').matchAll(/`([^`]+)`/g)]
    .map(([, code = '']) => code)
    .filter((code) => begins.test(code));
  return new Set([...blocks, ...named]);
}

const missing =
  process.platform !== 'linux'
    ? 'the stand-ins are programs of Linux'
    : ['bash', 'curl', 'npm'].find((tool) => spawnSync(tool, ['--version']).error !== undefined);

test(
  'every command of the README does what the README says',
  { skip: missing === undefined ? false : `${missing} is missing`, timeout: 3_600_000 },
  async (context) => {
    const desk = new Desk(context, await freeUdpPort());
    const pasted = pastedCommands(desk);
    const named = commandsOf(readFileSync(join(root, 'README.md'), 'utf8'));
    const listed = new Set(pasted.map(({ command }) => command));
    assert.deepEqual(
      [
        [...named].filter((command) => !listed.has(command)),
        [...listed].filter((command) => !named.has(command)),
      ],
      [[], []],
      'commands that are not tried here, and commands that the README does not name',
    );
    for (const { skip, ...each } of pasted)
      await context.test(each.command, { skip: skip ?? false }, () => desk.paste(each));
  },
);
