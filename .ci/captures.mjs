// Writes the captures of README.md: real nodes on this machine, and the prompt on a terminal of 80 columns. Needs a build.
// Tags, clock times, addresses and codes differ in each run, so each becomes a fixed one. With --check nothing is
// written: exit 1 where the README shows something else.
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { freeUdpPort } from '../dist/test/support/free-port.js';
import { CapturedOutput } from '../dist/test/support/fake-world.js';
import { ScreenModel } from '../dist/test/support/screen-model.js';
import { connectNode } from '../dist/src/ui/api/client.js';
import { launchNode } from '../dist/src/ui/api/launch.js';
import { run } from '../dist/src/ui/cli/program.js';

const readme = new URL('../README.md', import.meta.url);
const main = fileURLToPath(new URL('../dist/bundle/main.cjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'parlance-captures-'));
const stepMs = 90_000;
const network = {
  PARLANCE_BIND: '127.0.0.1',
  PARLANCE_PORT: '0',
  PARLANCE_BROADCAST: '127.255.255.255',
  PARLANCE_BEACON_PORT: String(await freeUdpPort()),
  PARLANCE_BEACON_INTERVAL: '1',
  PARLANCE_LANG: 'en',
  NO_COLOR: '1',
};
const started = [];

/** Makes a home whose first questions are answered. Returns its path. */
function homeOf(place, name) {
  const home = join(folder, place);
  mkdirSync(home, { recursive: true, mode: 0o700 });
  writeFileSync(join(home, 'settings.json'), JSON.stringify({ name, dialects: [] }));
  return home;
}

/** Runs a command in a home. Resolves with what it prints. */
const cli = (home, ...args) =>
  new Promise((resolve, reject) => {
    const env = { ...process.env, ...network };
    execFile(
      process.execPath,
      [main, ...args, '--home', home],
      { env, timeout: stepMs },
      (cause, out, errors) =>
        cause === null || cause.code === 4 ? resolve(out) : reject(new Error(`${args.join(' ')}: ${errors}`)),
    ).stdin.end();
  });

/** Starts a node that ends when its returned function is called. */
async function serve(home) {
  const child = spawn(process.execPath, [main, 'serve', '--json', '--home', home], {
    env: { ...process.env, ...network },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(child);
  const ended = new Promise((resolve) => child.once('close', resolve));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  child.stdout.resume();
  return async () => {
    child.kill('SIGTERM');
    await ended;
  };
}

/** The prompt of a home on a terminal. */
class Terminal {
  #stdin = Object.assign(new PassThrough(), { isTTY: true });
  #stdout = new CapturedOutput(true, 80);
  #ended;

  constructor(home) {
    this.#ended = run([], {
      env: { ...network, PARLANCE_HOME: home },
      stdin: this.#stdin,
      stdout: this.#stdout,
      stderr: new CapturedOutput(true),
      userName: () => 'me',
      launchNode,
      connectNode,
      onSignal: () => () => undefined,
      nowMs: () => Date.now(),
    });
  }

  #rows() {
    const screen = new ScreenModel(80, 24);
    screen.write(this.#stdout.text);
    return screen.all();
  }

  /** Types, and waits until the rows of the screen satisfy the pattern. Returns the rows. */
  async types(keys, shown) {
    this.#stdin.write(keys);
    await this.#stdout.until(() => shown.test(this.#rows().join('\n')), stepMs);
    return this.#rows();
  }

  async leave() {
    this.#stdin.write('\u0003');
    this.#stdin.write('\u0004');
    await this.#ended;
  }
}

/** Replaces what differs in each run. */
function fixed(rows) {
  const tags = new Map();
  const known = ['5leh', '2v4i', 'clqp', 'o52r'];
  const tagged = (tag) => {
    const short = tag.slice(0, 4);
    if (!tags.has(short)) tags.set(short, known[tags.size] ?? '7kq2');
    const there = tags.get(short);
    return tag.length > 4 ? `${there}${'h3xs'}` : there;
  };
  return rows
    .map((row) =>
      row
        .replaceAll(/#([a-z2-7]{4,8})\b/g, (_all, tag) => `#${tagged(tag)}`)
        .replaceAll(/\b127\.0\.0\.1:\d+/g, '10.0.0.7:6001')
        .replaceAll(/^\d\d:\d\d/g, '21:09')
        .replaceAll(/\b\d{5}(?= \d{5}|$)/g, '12345')
        .trimEnd(),
    )
    .filter((row) => !/has left$|is here$/.test(row))
    .join('\n');
}

/** Returns the rows from the last one that begins with `first` on. */
const from = (rows, first) => rows.slice(rows.findLastIndex((row) => row.startsWith(first)));

async function scenes() {
  const [bob, alice, other, fresh] = [
    homeOf('bob', 'Bob'),
    homeOf('alice', 'Alice'),
    homeOf('other', 'Alice'),
    homeOf('fresh', 'Alice'),
  ];
  const captures = {};
  let leaveBob = await serve(bob);
  let leaveAlice = await serve(alice);
  await cli(bob, 'send', 'Alice', 'Are you there?');
  for (const text of ['Lunch at noon?', 'I bring soup.']) await cli(alice, 'send', 'Bob', text);
  await leaveBob();

  // The prompt joins this node, which has seen Alice by then.
  await cli(bob, 'peers', '--wait', 'Alice');
  const terminal = new Terminal(bob);
  await terminal.types('', /2 unread[^]*\(Alice 2\) ›/);
  const opened = await terminal.types('/chat Alice\r', /soup\.[^]*Alice unverified ›$/);
  const typedAt = opened.findIndex((row) => row.startsWith('talking with'));
  captures.unread = ['$ parlance', ...opened.slice(0, typedAt), '› /chat Alice', ...opened.slice(typedAt)];

  let rows = await terminal.types(
    '\u001B[200~one: 1\ntwo: 2\u001B[201~',
    /paste 2 lines as one message[^\n]*$/,
  );
  captures.paste = [rows.at(-1)];
  rows = await terminal.types('y', /✓✓ you: one: 1/);
  captures.paste.push(
    ...from(
      rows,
      rows.findLast((row) => row.includes('you: one: 1')),
    ),
  );

  const leaveOther = await serve(other);
  await cli(other, 'send', 'Bob', 'I am Alice, too.');
  await cli(alice, 'status', 'busy', 'in a call');
  captures.peers = ['$ parlance peers', ...(await cli(bob, 'peers')).trimEnd().split('\n')];
  await leaveOther();

  await leaveAlice();
  const leaveFresh = await serve(fresh);
  await cli(fresh, 'send', 'Bob', 'My new laptop.');
  rows = await terminal.types('', /is here with another key/);
  captures.key = from(rows, 'Alice is here with another key').slice(0, 4);
  const { tag } = JSON.parse(await cli(fresh, 'id', '--json'));
  const word = /\/accept (Alice#\w+)/.exec(rows.join(' '))?.[1] ?? `Alice#${tag}`;
  rows = await terminal.types(`/accept ${word} yes\r`, /is accepted/);
  captures.key.push(`› /accept ${word} yes`, ...from(rows, word).slice(0, 1));
  await leaveFresh();
  await terminal.leave();
  return captures;
}

try {
  const captures = await scenes();
  const before = readFileSync(readme, 'utf8');
  let after = before;
  for (const [name, rows] of Object.entries(captures)) {
    const [begin, end] = [`<!-- capture: ${name} -->`, '<!-- end of capture -->'];
    const [at, to] = [after.indexOf(begin), after.indexOf(end, after.indexOf(begin))];
    if (at < 0 || to < 0) throw new Error(`README.md has no place for the capture ${name}`);
    after = `${after.slice(0, at + begin.length)}\n\n\`\`\`console\n${fixed(rows)}\n\`\`\`\n\n${after.slice(to)}`;
  }
  if (!process.argv.includes('--check')) writeFileSync(readme, after);
  else if (before !== after) {
    process.stderr.write(
      'README.md: the captures are out of date; run "npm run build && node .ci/captures.mjs"\n',
    );
    process.exitCode = 1;
  }
} finally {
  for (const child of started) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
process.exit(process.exitCode ?? 0);
