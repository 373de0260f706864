/** The five older programs on a host of their own, each on its own port. Cases O1 to O4, O6 and O11. */
import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { eventually } from '../support/deadline.js';
import type { Fields } from '../support/program.js';
import { openLab, type LabNode } from './lab.js';
import { options } from './pair.js';

const host = '10.99.0.2';
const programs = ['cmp2204', 'synergy', 'netech', 'chatbuddy', 'cse310'] as const;
type ProgramName = (typeof programs)[number];
const peers: Readonly<Record<ProgramName, string>> = {
  cmp2204: `cmp2204://${host}`,
  synergy: `synergy://${host}:7000`,
  netech: `netech://${host}:7070`,
  chatbuddy: `chatbuddy://${host}`,
  cse310: `cse310://${host}`,
};
const isConversation = (program: ProgramName): boolean => program === 'chatbuddy' || program === 'cse310';

interface Seen {
  readonly program: string;
  readonly text: unknown;
}

/** The host of the older programs. */
interface Older {
  readonly seen: readonly Seen[];
  tell(command: object): void;
  until(program: string, text: unknown): Promise<void>;
}

async function openScene(context: TestContext): Promise<{ readonly nora: LabNode; readonly older: Older }> {
  const lab = await openLab(context, 'both');
  const child = lab.python(1, 'older.py', host, '10.99.0.1', '10.99.0.255');
  const seen: Seen[] = [];
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (words: string) => (errors += words));
  createInterface({ input: child.stdout }).on('line', (line) => seen.push(JSON.parse(line) as Seen));
  const older: Older = {
    seen,
    tell: (command) => void child.stdin.write(`${JSON.stringify(command)}\n`),
    until: (program, text) =>
      eventually(
        () => seen.some((each) => each.program === program && each.text === text),
        20_000,
        `${program} shows ${String(text)}`,
      ).catch((cause: unknown) => {
        throw new Error(`${String(cause)}\n${JSON.stringify(seen.slice(-8))}\n${errors}`);
      }),
  };
  await older.until('ready', null);
  return { nora: await lab.node(0, 'nora', ['--dialects', 'all']), older };
}

const heard =
  (program: ProgramName, text: string) =>
  (fields: Fields): boolean =>
    fields['type'] === 'message' &&
    fields['direction'] === 'in' &&
    fields['dialect'] === program &&
    fields['text'] === text;

const isOlga = ({ type, name, dialect }: Fields): boolean =>
  type === 'peer' && name === 'olga' && dialect === 'cmp2204';

async function exchange({ nora, older }: Awaited<ReturnType<typeof openScene>>, who: 'we' | 'they') {
  for (const program of programs) {
    const [ours, theirs] = [
      `ours, ${who} first: ${program} \u011f`,
      `theirs, ${who} first: ${program} \u011f`,
    ];
    const send = async (): Promise<void> => {
      const plain = program === 'cmp2204' ? ['--plain'] : [];
      assert.equal(await nora.run(['send', peers[program], ours, ...plain, '--timeout', '30']), 0, ours);
      await older.until(program, program === 'cse310' ? `nora: ${ours}` : ours);
    };
    const say = async (): Promise<void> => {
      older.tell({ say: program, text: theirs });
      await nora.until(heard(program, theirs), theirs);
    };
    if (who === 'we') await send();
    await say();
    if (who === 'they') await send();
    if (!isConversation(program)) continue;
    older.tell({ end: program });
    const isEnd = ({ type, notice, dialect }: Fields): boolean =>
      type === 'notice' && notice === 'disconnected' && dialect === program;
    await nora.until((fields) => isEnd(fields), `${program} leaves`);
  }
}

for (const who of ['we', 'they'] as const)
  test(`the five programs talk on their own ports where ${who} speak first`, options, async (context) => {
    const scene = await openScene(context);
    const { nora, older } = scene;
    await older.until('discovery', 'nora');
    older.tell({ announce: 'olga' });
    await nora.until(isOlga, 'sees olga');
    await exchange(scene, who);
    const errors = nora.seen.filter(({ type }) => type === 'error');
    assert.deepEqual(errors, []);
    const texts = older.seen.filter(({ program, text }) => program !== 'discovery' && text !== null);
    context.diagnostic(
      `${texts.length} texts shown by the programs, ${programs.length} by the node, none lost`,
    );
    assert.equal(texts.length, programs.length);
  });

// Case O11
test(
  'nonsense on each port costs only itself, and the next message of the host is shown',
  options,
  async (context) => {
    const { nora, older } = await openScene(context);
    const nonsense: Readonly<Record<ProgramName, readonly [number, string]>> = {
      cmp2204: [6_001, 'GET / HTTP/1.1\r\n\r\n'],
      synergy: [6_001, '{"type": "message", "content"}'],
      netech: [6_001, '\u0016\u0003\u0001'],
      chatbuddy: [9_090, '\u00ff\u00fe'],
      cse310: [65_500, '\u0080'],
    };
    for (const program of programs) {
      const [port, words] = nonsense[program];
      older.tell({ raw: port, hex: Buffer.from(words, 'latin1').toString('hex') });
      await older.until('raw', port);
      older.tell({ say: program, text: `right after ${program}` });
      await nora.until(heard(program, `right after ${program}`), `${program} after nonsense`);
    }
    context.diagnostic(`${programs.length} of ${programs.length} messages shown right after nonsense`);
  },
);
