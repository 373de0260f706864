/**
 * Recorded exchanges in `test/captures/<dialect>/NN-name.txt`. Header lines `key: value` (`expect` once for each thing
 * heard), an empty line, then hex: `<` what the other side wrote, `>` what this side writes, and lines that begin with
 * a blank continue the one before.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  ForeignDialectName,
  ForeignMachine,
  AnyForeignDialect,
  ForeignOptions,
  ForeignOutput,
} from '../../src/dialects/dialect.js';

export interface Capture {
  readonly file: string;
  readonly dialect: ForeignDialectName;
  readonly role: 'dial' | 'accept';
  /** The end of the last message: its own shape, silence or the close. */
  readonly end: 'shape' | 'gap' | 'close';
  readonly isCanonical: boolean;
  /** Whether two copies that arrive in one piece are two messages; `first`: the first one ends the conversation. */
  readonly glue: 'yes' | 'no' | 'first';
  readonly say: string | null;
  readonly options: ForeignOptions;
  readonly expect: readonly unknown[];
  readonly steps: readonly { readonly mark: '<' | '>'; readonly bytes: Uint8Array }[];
}

const folder = join(import.meta.dirname, '../../../test/captures');

export function readCaptures(dialect: ForeignDialectName): readonly Capture[] {
  return readdirSync(join(folder, dialect))
    .toSorted()
    .map((file) => parse(dialect, file, readFileSync(join(folder, dialect, file), 'utf8')));
}

export const plainOptions: ForeignOptions = {
  name: 'ann',
  address: '10.0.0.7',
  listeningPort: 7_070,
  random: (bytes) => new Uint8Array(bytes).fill(41),
  form: null,
  secure: false,
  privateNumber: null,
  group: null,
};

function parse(dialect: ForeignDialectName, file: string, source: string): Capture {
  const [head = '', body = ''] = source.split('\n\n');
  const fields = new Map<string, string>();
  const expect: unknown[] = [];
  for (const line of head.split('\n')) {
    const [key = '', ...rest] = line.split(': ');
    if (key === 'expect') expect.push(JSON.parse(rest.join(': ')));
    else fields.set(key, rest.join(': '));
  }
  const steps = body
    .replace(/\n {2}/g, '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({
      mark: line.startsWith('<') ? ('<' as const) : ('>' as const),
      bytes: Uint8Array.from(Buffer.from(line.slice(2), 'hex')),
    }));
  const group = fields.get('group')?.split(' ').map(BigInt);
  const privateNumber = fields.get('private');
  return {
    file,
    dialect,
    role: fields.get('role') === 'dial' ? 'dial' : 'accept',
    end: fields.get('end') as Capture['end'],
    isCanonical: fields.get('canonical') === 'yes',
    glue: fields.get('glue') as Capture['glue'],
    say: fields.get('say') ?? null,
    options: {
      ...plainOptions,
      form: fields.get('form') ?? null,
      secure: fields.get('secure') === 'yes',
      privateNumber: privateNumber === undefined ? null : BigInt(privateNumber),
      group: group === undefined ? null : { prime: group[0] ?? 0n, generator: group[1] ?? 0n },
    },
    expect,
    steps,
  };
}

/** Plays the other side of `capture`, each of its writes in the pieces that `cut` makes of it. */
export function play(
  dialect: AnyForeignDialect,
  capture: Capture,
  cut: (bytes: Uint8Array) => readonly Uint8Array[],
): { readonly machine: ForeignMachine; readonly outputs: readonly ForeignOutput[] } {
  const machine = dialect.openMachine(capture.role, capture.options);
  const outputs: ForeignOutput[] = [];
  if (capture.say !== null)
    outputs.push(...machine.say({ type: 'text', id: null, sentAtMs: 0, text: capture.say })._unsafeUnwrap());
  for (const step of capture.steps) {
    if (step.mark === '>') continue;
    for (const bytes of cut(step.bytes)) outputs.push(...machine.receive({ type: 'bytes', bytes }, 1));
  }
  if (capture.end !== 'shape')
    outputs.push(...machine.receive({ type: capture.end === 'gap' ? 'idle' : 'closed' }, 1));
  return { machine, outputs };
}

/** The received utterances, or the code of the failure, in the form of `expect` lines. */
export const heardOf = (outputs: readonly ForeignOutput[]): readonly unknown[] =>
  outputs.flatMap((output): readonly unknown[] => {
    if (output.type === 'failed') return [{ failed: output.error.code }];
    if (output.type !== 'heard') return [];
    const { utterance, speaker, encryption } = output;
    const said =
      utterance.type === 'text'
        ? { text: utterance.text }
        : utterance.type === 'leave'
          ? { words: utterance.words }
          : utterance.type === 'profile'
            ? { to: utterance.name }
            : {};
    const { name, listeningPort: port, form } = speaker;
    return [{ type: utterance.type, ...said, name, port, form, encryption }];
  });

/** The written bytes as hex, one entry for each write. */
export const writesOf = (outputs: readonly ForeignOutput[]): readonly string[] =>
  outputs.flatMap((output) => (output.type === 'write' ? [Buffer.from(output.bytes).toString('hex')] : []));
