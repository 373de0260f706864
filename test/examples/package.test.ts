/** The package as others get it: packed, unpacked beside its dependencies, imported and run. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { before, after, describe, test } from 'node:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { testMsMax } from '../support/deadline.js';
import { freeUdpPort } from '../support/free-port.js';
import { installPacked } from '../support/packed.js';

const root = join(import.meta.dirname, '..', '..', '..');
const prefix = mkdtempSync(join(tmpdir(), 'parlance-package-'));
const modules = join(prefix, 'node_modules');
const folder = join(modules, 'parlance-chat');
const options = { timeout: testMsMax };

interface Manifest {
  readonly name: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

const manifest = (): Manifest => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

// Cases S12, S18
describe('the packed program', options, () => {
  before(() => {
    installPacked(prefix);
  });
  after(() => rmSync(prefix, { recursive: true, force: true }));

  test('is called parlance-chat and runs as parlance', () => {
    const { name, bin } = manifest();
    assert.equal(name, 'parlance-chat');
    const program = join(folder, bin['parlance'] ?? '');
    const said = execFileSync(process.execPath, [program, '--version'], { encoding: 'utf8' });
    assert.match(said, /^parlance \d+\.\d+\.\d+\n$/);
  });

  test('holds every file that its pages link to', () => {
    const pages = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.md'),
    );
    assert.ok(pages.length >= 4);
    const missing = pages.flatMap((page) =>
      [...readFileSync(join(folder, page), 'utf8').matchAll(/\]\(([^)#:]+)[^):]*\)/g)]
        .map(([, link = '']) => resolve(folder, dirname(page), link))
        .filter((target) => !existsSync(target)),
    );
    assert.deepEqual(missing, []);
  });

  test('holds the source of every source map, or the map holds it', () => {
    const maps = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.map'),
    );
    assert.ok(maps.length > 100);
    for (const map of maps.filter(isCurrent)) {
      const { sources, sourcesContent = [] } = JSON.parse(readFileSync(join(folder, map), 'utf8')) as {
        readonly sources: readonly string[];
        readonly sourcesContent?: readonly (string | null)[];
      };
      for (const [at, source] of sources.entries())
        assert.ok(
          typeof sourcesContent[at] === 'string' || existsSync(resolve(folder, dirname(map), source)),
          `${map}: ${source}`,
        );
    }
  });

  test('talks: two nodes of an importing program deliver a message', async () => {
    const program = join(prefix, 'talk.mjs');
    writeFileSync(program, importingProgram);
    const args = [program, String(await freeUdpPort()), prefix];
    const said = execFileSync(process.execPath, args, { encoding: 'utf8', timeout: testMsMax });
    assert.equal(said, 'delivered hello function\n');
  });
});

/** Whether a map belongs to a source of today: a folder that was built before may hold maps of removed files. */
const isCurrent = (map: string): boolean =>
  map.replaceAll('\\', '/').startsWith('dist/bundle/') ||
  existsSync(join(root, map.replace(/^dist\//, '').replace(/(\.d)?\.(ts|js)\.map$|\.js\.map$/, '.ts')));

/** Source of a program that imports the package: two nodes, of which one sends the other a message. */
const importingProgram = `
import { join } from 'node:path';
import { attach, startNode } from 'parlance-chat';
import { startSupervisor } from 'parlance-chat/runtime';
const [, , port, folder] = process.argv;
const scene = { bind: '127.0.0.1', port: 0, broadcast: ['127.255.255.255'], beaconPorts: [Number(port)] };
const value = (result) => result.match((it) => it, (error) => { throw new Error(JSON.stringify(error)); });
const bob = value(await startNode({ ...scene, home: join(folder, 'bob'), name: 'bob' }));
const events = bob.events();
// A node in a process of its own, which ends after its last client.
const alice = value(await attach(join(folder, 'alice'), { ...scene, name: 'alice' }));
const { port: tcp } = value(await bob.self());
const { state } = value(await alice.send('127.0.0.1:' + tcp, 'hello', { wait: 'delivered', signal: AbortSignal.timeout(100000) }));
for await (const event of events) {
  if (event.type !== 'message') continue;
  console.log(state, event.text, typeof startSupervisor);
  break;
}
await alice.close();
await bob.close();
process.exit(0);
`;
