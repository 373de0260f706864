/** Worlds for tests of commands: with a node running in the home, or with one that the command starts. */
import type { TestContext } from 'node:test';
import { serveApi } from '../../src/ui/api/server.js';
import { startFakeNode, type FakeNode, type FakeNodeOptions } from './fake-node.js';
import { fakeWorld, type FakeWorld, type FakeWorldOptions } from './fake-world.js';

/** A world whose commands start this fake node themselves. */
export function worldWithOwnNode(
  context: TestContext,
  nodeOptions: FakeNodeOptions = {},
  worldOptions: FakeWorldOptions = {},
): { it: FakeWorld; node: FakeNode } {
  const node = startFakeNode(nodeOptions);
  const it = fakeWorld({ node, ...worldOptions });
  context.after(() => it.remove());
  return { it, node };
}

/** A world in whose home this fake node runs already. */
export async function worldWithRunningNode(
  context: TestContext,
  nodeOptions: FakeNodeOptions = {},
): Promise<{ it: FakeWorld; node: FakeNode; anotherWorld: () => FakeWorld }> {
  const node = startFakeNode(nodeOptions);
  const it = fakeWorld();
  // The age of the node, ms: commands do not wait for answers to its first beacon any more.
  const api = (await serveApi(node, it.home, () => 60_000))._unsafeUnwrap();
  context.after(async () => {
    await node.close();
    await api.close();
    it.remove();
  });
  return { it, node, anotherWorld: () => fakeWorld({ home: it.home }) };
}
