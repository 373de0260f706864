/**
 * The node of version 1.0.0, from `version-1.0.0.json.br`: its compiled files by path, as commit 0711e5c builds them,
 * without comments and without its `ui`.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import type { startNode } from '../../src/node/root.js';
import { liveNode, type LiveNode, type LiveNodeOptions } from './live-node.js';

const root = join(import.meta.dirname, '../../..');

/** Writes the files to a folder for the test, and returns a function that loads one of them. */
export function unpackVersion1(context: Pick<TestContext, 'after'>): (path: string) => Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'parlance-1.0.0-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const packed = readFileSync(join(root, 'test/support/version-1.0.0.json.br'));
  const files = JSON.parse(brotliDecompressSync(packed).toString()) as Record<string, string>;
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  return async (path) => (await import(pathToFileURL(join(folder, path)).href)) as unknown;
}

/** A live node of version 1.0.0. Its handle has the functions of that version alone. */
export async function liveNode1(
  context: TestContext,
  load: (path: string) => Promise<unknown>,
  options: LiveNodeOptions,
): Promise<LiveNode> {
  const old = (await load('src/actors/root.js')) as { readonly startNode: typeof startNode };
  assert.equal(typeof old.startNode, 'function');
  return liveNode(context, { ...options, start: old.startNode });
}
