/**
 * The import law of the house, one rule for each room and each concern. A rule is a function of the sources, so that a
 * test can show it a copy in which somebody broke it.
 */
import { dirname } from 'node:path';
import { sourceOf, type Source } from './sources.js';

export interface Breach {
  readonly file: string;
  readonly what: string;
}

export interface Rule {
  readonly name: string;
  breaches(sources: readonly Source[]): readonly Breach[];
  /** The smallest breach of the rule, for a test: code at the end of a file, or a new file. */
  readonly offence: { readonly file: string; readonly code: string };
}

/** Files that import nothing of ours. Every room but the runtime may import them. */
const leaves = /^src\/(ids|exhaustive|shell-word|system-errors)\.ts$/;

interface Room {
  readonly name: string;
  readonly files: RegExp;
  /** Files of other rooms that it may import. */
  readonly may: readonly RegExp[];
  readonly offence: { readonly file: string; readonly imports: string };
}

/** The vocabulary of chat: imports none of its rooms. */
const chatWords = /^src\/chat\/(errors|limits|events|contract|fields|turn)\.ts$/;
const entry = /^src\/chat\/delivery\/entry\.ts$/;
/** Operations on messages, and their forms. */
const operations = /^src\/chat\/operations\//;
/** The types of the calls that the core answers. */
const chatInputs = /^src\/chat\/asked\.ts$/;
/** Failures of other actors pass through chat as values, from one shell to another. */
const failuresOfActors = /^src\/runtime\/errors\.ts$/;
const wire = /^src\/wire\//;
const dialectContract = /^src\/dialects\/(dialect|native|files|sniff|errors|limits)\.ts$/;
const dialects = /^src\/dialects\//;
const sessionContract = /^src\/session\/(contract|tickets|errors|limits)\.ts$/;
const people = /^src\/chat\/people\//;
const routeContract = /^src\/chat\/routes\/(route|errors|limits)\.ts$/;
const belowActors = [/^src\/runtime\//, wire, dialects, /^src\/session\//, /^src\/admission\//];
const sharedByActors = /^src\/actors\/(tcp\/\w+|errors|interfaces)\.ts$/;
const actorProtocols = /^src\/actors\/[^/]+\/protocol\.ts$/;
/** Functions with which ui writes its own files. */
const homeForUi = /^src\/home\/(default-home|directory|identity-copy|private-file)\.ts$/;
/** The handle that the local API serves, and the start of a node. */
const nodeForUi = /^src\/node\/(awaited|handle|limits|message-id|start|doctor\/diagnose)\.ts$/;

const room = (name: string, files: RegExp, may: readonly RegExp[], file: string, imports: string): Room => ({
  name,
  files,
  may,
  offence: { file, imports },
});

/** Within chat each room imports the words of chat, the layers below, and the rooms that stand after its name. */
const chatRoom = (name: string, may: readonly RegExp[], file: string, imports: string): Room =>
  room(
    `chat/${name}`,
    new RegExp(`^src/chat/${name}/`),
    [chatWords, wire, dialects, sessionContract, failuresOfActors, ...may],
    file,
    imports,
  );

export const rooms: readonly Room[] = [
  room('the leaves', leaves, [], 'src/ids.ts', './wire/bytes.js'),
  room('runtime', /^src\/runtime\//, [], 'src/runtime/timers.ts', '../ids.js'),
  room('wire', wire, [], 'src/wire/bytes.ts', '../dialects/dialect.js'),
  room(
    'dialects/PROGRAM',
    /^src\/dialects\/\w+\//,
    [wire, /^src\/dialects\/(dialect|foreign|errors|limits)\.ts$/],
    'src/dialects/netech/codec.ts',
    '../native.js',
  ),
  room(
    'dialects/sniff',
    /^src\/dialects\/sniff\.ts$/,
    [wire, dialects],
    'src/dialects/sniff.ts',
    '../session/contract.js',
  ),
  room(
    'dialects',
    /^src\/dialects\/(?!sniff)\w+\.ts$/,
    [wire],
    'src/dialects/foreign.ts',
    './cmp2204/cipher.js',
  ),
  room(
    'session',
    /^src\/session\//,
    [wire, /^src\/dialects\/(dialect|native|files|errors|limits)\.ts$/],
    'src/session/records.ts',
    '../admission/slots.js',
  ),
  room(
    'admission',
    /^src\/admission\//,
    [wire, dialectContract],
    'src/admission/slots.ts',
    '../session/contract.js',
  ),
  room('the words of chat', chatWords, [wire, dialects], 'src/chat/events.ts', './people/name.js'),
  chatRoom('people', [], 'src/chat/people/name.ts', '../presence/roster.js'),
  chatRoom('presence', [people], 'src/chat/presence/roster.ts', '../delivery/outbox.js'),
  chatRoom(
    'doctor',
    [people, chatInputs, /^src\/chat\/(presence|routes)\//],
    'src/chat/doctor/limits.ts',
    '../delivery/outbox.js',
  ),
  chatRoom('operations', [entry], 'src/chat/operations/limits.ts', '../delivery/outbox.js'),
  chatRoom('routes', [people, entry, operations], 'src/chat/routes/limits.ts', '../delivery/outbox.js'),
  chatRoom(
    'foreign',
    [people, entry, operations, routeContract],
    'src/chat/foreign/limits.ts',
    '../delivery/transcript.js',
  ),
  chatRoom(
    'delivery',
    [people, operations, routeContract],
    'src/chat/delivery/outbox.ts',
    '../presence/roster.js',
  ),
  chatRoom('files', [people, entry, chatInputs], 'src/chat/files/limits.ts', '../delivery/outbox.js'),
  room(
    'the core of chat',
    /^src\/chat\/(?!errors|limits|events|contract|fields|turn)\w+\.ts$/,
    [/^src\/chat\//, wire, dialects, sessionContract, failuresOfActors],
    'src/chat/core.ts',
    '../home/home.js',
  ),
  room(
    'what actors share',
    sharedByActors,
    [...belowActors, /^src\/chat\/errors\.ts$/],
    'src/actors/interfaces.ts',
    './node/protocol.js',
  ),
  room(
    'actors/node',
    /^src\/actors\/node\//,
    [...belowActors, /^src\/chat\//, sharedByActors, actorProtocols],
    'src/actors/node/node.ts',
    '../../node/feed.js',
  ),
  room(
    'actors/ACTOR',
    /^src\/actors\/(?!node\/|tcp\/)[\w-]+\//,
    [...belowActors, chatWords, /^src\/chat\/\w+\//, sharedByActors, actorProtocols],
    'src/actors/presence/udp.ts',
    '../../home/home.js',
  ),
  room(
    'home',
    /^src\/home\//,
    [people, wire, /^src\/dialects\/cmp2204\//],
    'src/home/home.ts',
    '../session/machine.js',
  ),
  room(
    'node',
    /^src\/node\//,
    [...belowActors, /^src\/(chat|actors|home)\//, /^src\/errors\.ts$/],
    'src/node/feed.ts',
    '../ui/api/ndjson.js',
  ),
  room(
    'the catalogue of errors',
    /^src\/errors\.ts$/,
    [/^src\/\w+\/errors\.ts$/],
    'src/errors.ts',
    './wire/bytes.js',
  ),
  room('the façade', /^src\/index\.ts$/, [/^src\/(?!ui\/cli\/)/], 'src/index.ts', './ui/cli/run.js'),
  room(
    'ui/api',
    /^src\/ui\/api\//,
    [/^src\/errors\.ts$/, chatWords, nodeForUi, /^src\/dialects\/dialect\.ts$/, homeForUi],
    'src/ui/api/client.ts',
    '../cli/run.js',
  ),
  room(
    'ui/text',
    /^src\/ui\/text\//,
    [/^src\/index\.ts$/, /^src\/ui\/cli\/errors\.ts$/],
    'src/ui/text/languages.ts',
    '../cli/limits.js',
  ),
  room(
    'ui/cli',
    /^src\/ui\/cli\//,
    [/^src\/(index|errors)\.ts$/, /^src\/node\/limits\.ts$/, homeForUi, /^src\/ui\/(api|text)\//],
    'src/ui/cli/run.ts',
    '../../chat/people/name.js',
  ),
  room(
    'workers',
    /^workers\//,
    [/^src\/actors\//, /^src\/runtime\/thread\/thread\.ts$/, people, /^src\/node\/jobs\.ts$/],
    'workers/history.ts',
    '../src/session/machine.js',
  ),
];

/** Imports that a room may not have by its rule, each with the reason in `src/DECISIONS.md`. */
const decided: ReadonlySet<string> = new Set([
  'src/home/identity-file.ts → src/session/certificate.ts',
  'src/home/lock.ts → src/runtime/thread/native-call.ts',
]);

const isOurs = (target: string): boolean => /^(src|workers)\//.test(target);

function roomRule(each: Room): Rule {
  return {
    name: `${each.name} imports what its room may`,
    breaches: (sources) =>
      sources
        .filter(({ path }) => each.files.test(path))
        .flatMap(({ path, imports }) =>
          imports
            .map(({ target }) => target)
            .filter((target) => isOurs(target) && !each.files.test(target))
            .filter((target) => each.name === 'runtime' || !leaves.test(target))
            .filter((target) => !each.may.some((allowed) => allowed.test(target)))
            .filter((target) => !decided.has(`${path} → ${target}`))
            .map((target) => ({ file: path, what: target })),
        ),
    offence: { file: each.offence.file, code: `import type { X } from '${each.offence.imports}';` },
  };
}

/** A program of dialects is a room by itself, and so is an actor: the pattern of the rule covers all of them. */
function apart(name: string, folder: RegExp, except: RegExp, file: string, imports: string): Rule {
  const ownOf = (path: string): string => folder.exec(path)?.[0] ?? '';
  return {
    name,
    breaches: (sources) =>
      sources
        .filter(({ path }) => folder.test(path))
        .flatMap(({ path, imports: all }) =>
          all
            .map(({ target }) => target)
            .filter((target) => folder.test(target) && ownOf(target) !== ownOf(path) && !except.test(target))
            .map((target) => ({ file: path, what: target })),
        ),
    offence: { file, code: `export type { X } from '${imports}';` },
  };
}

/** `module` is imported by files that match alone. */
function onlyIn(name: string, module: RegExp, allowed: RegExp, file: string, imports: string): Rule {
  return {
    name,
    breaches: (sources) =>
      sources
        .filter(({ path }) => !allowed.test(path))
        .flatMap(({ path, imports: all }) =>
          all.filter(({ target }) => module.test(target)).map(({ target }) => ({ file: path, what: target })),
        ),
    offence: { file, code: `export const late = import('${imports}');` },
  };
}

const circles: Rule = {
  name: 'no file imports itself by way of others, types included',
  breaches: (sources) =>
    circlesOf(sources).map((files) => ({ file: files[0] ?? '', what: files.slice(1).join(' ') })),
  offence: { file: 'src/wire/bytes.ts', code: "import type { X } from './frames.js';" },
};

/** Strongly connected components of more than one file (Tarjan), and files that import themselves. */
function circlesOf(sources: readonly Source[]): readonly (readonly string[])[] {
  const targets = new Map(sources.map(({ path, imports }) => [path, imports.map(({ target }) => target)]));
  const found: string[][] = [];
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const visit = (path: string): number => {
    order.set(path, order.size);
    let low = order.size - 1;
    open.push(path);
    for (const target of targets.get(path) ?? []) {
      if (!targets.has(target)) continue;
      if (!order.has(target)) low = Math.min(low, visit(target));
      else if (open.includes(target)) low = Math.min(low, order.get(target) ?? low);
    }
    lowest.set(path, low);
    if (low !== order.get(path)) return low;
    const circle = open.splice(open.indexOf(path));
    if (circle.length > 1 || (targets.get(path) ?? []).includes(path)) found.push(circle.toSorted());
    return low;
  };
  for (const path of targets.keys()) if (!order.has(path)) visit(path);
  return found;
}

const impureModules =
  /^(fs|fs\/.*|net|dgram|http|https|tls|dns|os|worker_threads|child_process|cluster|readline|timers|timers\/.*|perf_hooks|libsql|pino|process)$/;
const impureCode =
  /\b(Date\.now|performance\.now|Math\.random|set(?:Timeout|Interval|Immediate)|queueMicrotask|process\.\w+|random(?:Bytes|Int|UUID|Fill|FillSync)|generateKeyPairSync)\b|new Date\(\)/g;
/** The primitives of Noise draw a key where the caller gives none. */
const drawsKeys = /^src\/session\/noise\/(dh|kem)\.ts$/;

const pure: Rule = {
  name: 'wire, dialects, session, admission and chat touch no input, output, clock or dice',
  breaches: (sources) =>
    sources
      .filter(({ path }) => /^src\/(wire|dialects|session|admission|chat)\//.test(path))
      .flatMap(({ path, code, imports }) => {
        const modules = imports.map(({ target }) => target).filter((target) => impureModules.test(target));
        const words = drawsKeys.test(path) ? [] : [...code.matchAll(impureCode)].map(([word]) => word);
        return [...new Set([...modules, ...words])].map((what) => ({ file: path, what }));
      }),
  offence: { file: 'src/admission/slots.ts', code: 'export const nowMs = () => performance.now();' },
};

const typesOfSession: Rule = {
  name: 'chat imports types of the session alone',
  breaches: (sources) =>
    sources
      .filter(({ path }) => path.startsWith('src/chat/'))
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ target, isType }) => target.startsWith('src/session/') && !isType)
          .map(({ target }) => ({ file: path, what: target })),
      ),
  offence: { file: 'src/chat/core.ts', code: "import { TicketBook } from '../session/tickets.js';" },
};

function groupsOf(
  sources: readonly Source[],
  keyOf: (source: Source) => string,
): readonly (readonly [string, readonly Source[]])[] {
  const groups = new Map<string, Source[]>();
  for (const source of sources) {
    const group = groups.get(keyOf(source));
    if (group === undefined) groups.set(keyOf(source), [source]);
    else group.push(source);
  }
  return [...groups];
}

const filesPerFolderMax = 20;
const roomShareMax = 1 / 4;

const folders: Rule = {
  name: `no folder holds more than ${filesPerFolderMax} files`,
  breaches: (sources) =>
    groupsOf(sources, ({ path }) => dirname(path))
      .filter(([, files]) => files.length > filesPerFolderMax)
      .map(([folder, files]) => ({ file: folder, what: `${files.length} files` })),
  offence: { file: 'src/actors/history/FILE.ts', code: '' },
};

const linesOf = (sources: readonly Source[]): number =>
  sources.reduce((sum, { text }) => sum + text.split('\n').length - 1, 0);

const roomOf = ({ path }: Source): string => /^src\/(ui\/)?\w+\//.exec(path)?.[0] ?? '';

const shares: Rule = {
  name: 'no room holds more than a quarter of the lines',
  breaches(sources) {
    const inRooms = sources.filter(({ path }) => /^src\/\w+\//.test(path));
    const most = linesOf(inRooms) * roomShareMax;
    return groupsOf(inRooms, roomOf)
      .filter(([, files]) => linesOf(files) > most)
      .map(([name, files]) => ({ file: name, what: `${linesOf(files)} lines` }));
  },
  offence: { file: 'src/actors/history/store.ts', code: '//\n'.repeat(10_000) },
};

const families: Rule = {
  name: 'no folder holds three files that share the word before a hyphen: they want a folder',
  breaches: (sources) =>
    groupsOf(sources, ({ path }) => /^(.*\/\w+)-[^/]*$/.exec(path)?.[1] ?? '')
      .filter(([prefix, files]) => prefix !== '' && files.length > 2)
      .map(([prefix, files]) => ({ file: `${prefix}-*`, what: `${files.length} files` })),
  offence: { file: 'src/chat/people/node-FILE.ts', code: '' },
};

const limits: Rule = {
  name: 'no file holds the numbers of the whole house',
  breaches: (sources) =>
    sources
      .filter(({ path }) => path === 'src/limits.ts')
      .map(({ path }) => ({ file: path, what: 'a file of limits at the root' })),
  offence: { file: 'src/limits.ts', code: '' },
};

const strays: Rule = {
  name: 'every file has its room',
  breaches: (sources) =>
    sources
      .map(({ path }) => ({ path, at: rooms.filter(({ files }) => files.test(path)).length }))
      .filter(({ at }) => at !== 1)
      .map(({ path, at }) => ({ file: path, what: `${at} rooms` })),
  offence: { file: 'src/utils/strings.ts', code: '' },
};

export const rules: readonly Rule[] = [
  ...rooms.map(roomRule),
  apart(
    'an actor imports another actor by its protocol alone',
    /^src\/actors\/(?!tcp\/)[\w-]+\//,
    /\/protocol\.ts$/,
    'src/actors/presence/udp.ts',
    '../transport/socket.js',
  ),
  apart(
    'a dialect imports no other dialect',
    /^src\/dialects\/\w+\//,
    /^$/,
    'src/dialects/netech/peers.ts',
    '../synergy/peers.js',
  ),
  onlyIn('nobody imports workers', /^workers\//, /^$/, 'src/node/jobs.ts', '../../workers/jobs.js'),
  onlyIn(
    'ui and the façade alone import ui',
    /^src\/ui\//,
    /^src\/(ui\/|index\.ts$)/,
    'src/node/start.ts',
    '../ui/api/server.js',
  ),
  onlyIn(
    'the command line and its texts alone import the façade',
    /^src\/index\.ts$/,
    /^src\/ui\/(cli|text)\//,
    'src/node/feed.ts',
    '../index.js',
  ),
  onlyIn(
    'the façade, node and ui alone import the catalogue of errors',
    /^src\/errors\.ts$/,
    /^src\/(index\.ts|node\/|ui\/)/,
    'src/session/records.ts',
    '../errors.js',
  ),
  onlyIn(
    'the actor and the composition of the node alone import the core',
    /^src\/chat\/core\.ts$/,
    /^src\/(actors\/node|node|chat\/\w+\.ts)/,
    'src/chat/people/book.ts',
    '../core.js',
  ),
  onlyIn(
    'presence alone opens UDP',
    /^dgram$/,
    /^src\/actors\/presence\//,
    'src/actors/tcp/finish.ts',
    'node:dgram',
  ),
  onlyIn(
    'transport, the hub and the local API alone open TCP',
    /^(net|http|tls)$/,
    /^src\/(actors\/(tcp|transport|chatbuddy-hub)|ui\/api)\//,
    'src/node/feed.ts',
    'node:net',
  ),
  onlyIn(
    'the history and the lock of the home alone speak SQL',
    /^libsql$/,
    /^src\/(actors\/history\/|home\/lock\.ts$)/,
    'src/node/feed.ts',
    'libsql',
  ),
  onlyIn(
    'the pool alone imports piscina',
    /^piscina$/,
    /^src\/runtime\/pool\.ts$/,
    'src/node/jobs.ts',
    'piscina',
  ),
  onlyIn(
    'the handle on another thread alone imports comlink',
    /^comlink/,
    /^src\/runtime\/thread\/handle\.ts$/,
    'src/runtime/pool.ts',
    'comlink',
  ),
  circles,
  pure,
  typesOfSession,
  folders,
  shares,
  families,
  limits,
  strays,
];

/** A copy in which the offence was committed. */
export function offended(sources: readonly Source[], { offence }: Rule): readonly Source[] {
  const { file, code } = offence;
  if (file.includes('FILE')) {
    const more = Array.from({ length: filesPerFolderMax + 1 }, (_, at) =>
      sourceOf(file.replace('FILE', `file${String.fromCodePoint(97 + at)}`), code),
    );
    return [...sources, ...more];
  }
  const before = sources.find(({ path }) => path === file);
  const after = sourceOf(file, `${before?.text ?? ''}\n${code}\n`);
  return before === undefined
    ? [...sources, after]
    : sources.map((source) => (source === before ? after : source));
}
