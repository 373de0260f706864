/** The commands of the README in the order in which a reader could paste them, and what the README says of each. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Desk, Pasted } from './desk.js';

/** Returns the commands, which belong together: a later one finds what an earlier one left. */
export const pastedCommands = (desk: Desk): readonly Pasted[] => [
  ...leftOut,
  ...ofStart(desk),
  ...ofTalks(desk),
  ...ofMessages(desk),
  ...ofPeople(desk),
  ...ofFiles(desk),
  ...ofHome(desk),
  ...ofEnd(desk),
];

const skipping = (skip: string, ...commands: readonly string[]): readonly Pasted[] =>
  commands.map((command) => ({ command, skip, says: /^/ }));

const leftOut: readonly Pasted[] = [
  ...skipping(
    'a command of a checkout, not of an installed package',
    'npm start',
    'npm test',
    'npm start -- ARGS',
    'npm start -- help',
    'npm run package',
    'npm test -- PART',
    'npm run bench -- PART',
    'npm run lint',
  ),
  ...skipping(
    'it changes this machine',
    'parlance service install',
    'loginctl enable-linger',
    'sudo ufw allow 6001/tcp && sudo ufw allow 6000:6009/udp',
    'sudo firewall-cmd --permanent --add-port=6001/tcp --add-port=6000-6009/udp && sudo firewall-cmd --reload',
    'sudo ufw allow Parlance',
    'sudo firewall-cmd --permanent --add-service=parlance',
  ),
  ...skipping('a pattern, not a command', 'parlance config get|set|unset KEY [VALUE]'),
  ...skipping('a line of a crontab', "0 9 * * 1-5 parlance send bob 'Stand-up' --quiet"),
  ...skipping(
    'sudo asks for a password; the same command without it is tried',
    'sudo parlance doctor --home ~/.local/share/parlance',
  ),
];

const ofStart = (desk: Desk): readonly Pasted[] => [
  { command: 'source <(parlance completion bash)', says: /^$/ },
  {
    command: "parlance --name 'Alice B.'",
    input: '/users\n',
    says: /no peer is online yet/,
    after: async () => assert.match(await desk.mine('id'), /^name +Alice B\.$/m),
  },
  { command: 'cd ~/.local/share/parlance', says: /^$/ },
  {
    command: 'parlance serve --json',
    isKept: true,
    goesOn: true,
    says: /"type":"ready".*"name":"Alice B\."/,
    after: async () => {
      for (const name of ['bob', 'alice', 'mallory', 'dave']) await desk.arrives(name);
    },
  },
  { command: 'parlance peers', before: () => desk.untilHere('bob'), says: /online +bob#/ },
  { command: 'parlance', input: '/users\n/exit\n', says: /online +bob#/ },
  {
    command: 'parlance --plain',
    input: '/chat bob\nplain words\n',
    says: /delivered to bob#?\w*: plain words/,
  },
];

const ofTalks = (desk: Desk): readonly Pasted[] => [
  {
    command: "parlance send bob 'Lunch at noon?'",
    says: /delivered → bob/,
    after: desk.hears('bob', 'Lunch at noon?'),
  },
  {
    command: "parlance send bob 'Hello' --json",
    says: /"state":"delivered"/,
    after: desk.hears('bob', 'Hello'),
  },
  { command: 'ls | parlance send bob', says: /2 delivered → bob/, after: desk.hears('bob', 'report.pdf') },
  {
    command: 'parlance send bob /etc/hosts',
    says: /delivered → bob/,
    after: desk.hears('bob', '/etc/hosts'),
  },
  {
    command: "parlance send alice,bob 'Lunch?'",
    says: /alice[\s\S]*bob/,
    after: desk.hears('alice', 'Lunch?'),
  },
  // Without a terminal nobody can be asked.
  { command: "parlance send --all-here 'Fire drill'", says: /names 4 peers: add --yes/, exit: 2 },
  {
    command: 'parlance recv --json --count 1 --from bob',
    ready: /"type":"ready"/,
    meanwhile: () => desk.says('bob', 'Soup or café?'),
    says: /"direction":"in".*"text":"Soup or café\?"/,
  },
  { command: 'parlance history bob --search soup', says: /bob[^\n]*: Soup or café\?/ },
  { command: 'parlance history --search café --json', says: /"text":"Soup or café\?"/ },
  { command: 'parlance unread', says: /1 bob/ },
  { command: 'parlance copy @1', says: /copied/ },
  { command: 'parlance send bob --clip', says: /delivered → bob/, after: desk.hears('bob', 'Soup or café?') },
];

const ofMessages = (desk: Desk): readonly Pasted[] => [
  { command: 'parlance send bob --reply @1 Yes', says: /delivered/, after: desk.hears('bob', 'Yes') },
  {
    command: "parlance edit ^1 'Lunch at one'",
    says: /^/,
    after: async () =>
      void (await desk.person('bob').until(({ type, text }) => type === 'edit' && text === 'Lunch at one')),
  },
  {
    command: 'parlance react @1 👍',
    says: /^/,
    after: async () =>
      void (await desk.person('bob').until(({ type, emoji }) => type === 'reaction' && emoji === '👍')),
  },
  {
    command: 'parlance recv --exec PROGRAM',
    replaced: { PROGRAM: () => 'saved' },
    goesOn: true,
    meanwhile: () => desk.says('bob', 'for the program'),
    says: /for the program/,
    after: async () =>
      assert.match(readFileSync(join(desk.folder, 'saved.json'), 'utf8'), /"for the program"/),
  },
];

const ofPeople = (desk: Desk): readonly Pasted[] => [
  { command: 'parlance verify bob', says: /safety code with bob#/ },
  { command: 'parlance contact alias bob Bobby', says: /Bobby/ },
  {
    command: 'parlance requests',
    before: async () => {
      for (const name of ['dave', 'alice', 'mallory']) await desk.says(name, `I am ${name}`);
    },
    says: /dave#\w+[\s\S]*mallory#|mallory#\w+[\s\S]*dave#/,
  },
  {
    command: 'parlance contact accept dave#7kq2',
    replaced: { 'dave#7kq2': () => desk.tagged('dave') },
    says: /dave#\w+ is accepted/,
  },
  {
    command: 'parlance contact reject NAME#TAG',
    replaced: { 'NAME#TAG': () => desk.tagged('mallory') },
    says: /mallory#\w+ .*rejected/,
  },
  {
    command: 'parlance contact accept NAME#TAG',
    replaced: { 'NAME#TAG': () => desk.tagged('mallory') },
    says: /mallory#\w+ is accepted/,
  },
  { command: 'parlance read alice', says: /alice/ },
  { command: 'parlance block mallory', says: /mallory#\w+ .*blocked/ },
  { command: 'parlance privacy', says: /receipts/ },
  { command: 'parlance privacy receipts contacts', says: /every contact/ },
  { command: 'parlance privacy receipts off --for bob', says: /bob|Bobby/ },
  { command: 'parlance privacy receipts none', says: /none|nobody/ },
  { command: "parlance status busy 'in a call' --until 13:00", says: /busy: in a call/ },
];

const ofFiles = (desk: Desk): readonly Pasted[] => {
  const inFolder = (...names: readonly string[]): string => join(desk.folder, ...names);
  const content = (...names: readonly string[]): string => readFileSync(inFolder(...names), 'utf8');
  const offers = (): Promise<void> => desk.says('bob', '--file', inFolder('work', 'report.pdf'));
  return [
    {
      command: 'parlance send bob --file report.pdf photos/',
      meanwhile: async () => {
        const asked = await desk
          .person('bob')
          .until(({ type, state }) => type === 'transfer' && state === 'asked');
        await desk.as('bob', 'files', 'accept', String(asked['id']), '--to', inFolder('got'));
      },
      says: /report\.pdf/,
      after: async () => {
        assert.equal(content('got', 'report.pdf'), 'a report');
        assert.equal(content('got', 'photos', 'one.jpg'), 'a photo');
      },
    },
    {
      command: 'parlance recv --files DIR',
      replaced: { DIR: () => inFolder('taken') },
      goesOn: true,
      meanwhile: offers,
      says: /report\.pdf/,
      after: async () => assert.equal(content('taken', 'report.pdf'), 'a report'),
    },
    {
      command: 'parlance files accept ID --to DIR',
      before: async () => void offers().catch(() => undefined),
      replaced: { ID: () => desk.offered(), DIR: () => inFolder('accepted') },
      says: /report\.pdf/,
    },
  ];
};

const ofHome = (desk: Desk): readonly Pasted[] => {
  const file = (): string => join(desk.folder, 'identity.txt');
  return [
    { command: 'parlance top', goesOn: true, says: /history/ },
    { command: 'parlance doctor', says: /tcp-port|port/, exit: 4 },
    { command: 'parlance doctor bob', says: /bob|Bobby/, exit: 4 },
    { command: 'curl -s --unix-socket control.sock http://localhost/v1/status', says: /"presence":"busy"/ },
    {
      command:
        "curl -s --unix-socket control.sock -H 'content-type: application/json' \\\n" +
        `    -d '{"presence":"busy","text":"in a call"}' http://localhost/v1/status`,
      says: /"statusText":"in a call"/,
    },
    {
      command: 'curl -sN --unix-socket control.sock http://localhost/v1/events',
      goesOn: true,
      says: /"type":"ready"/,
    },
    { command: 'parlance id', says: /^name +Alice B\.$/m },
    {
      command: 'parlance id --export FILE',
      replaced: { FILE: file },
      input: 'a long passphrase of mine\n',
      says: /identity\.txt/,
    },
    {
      command: 'parlance id --import FILE --home DIR',
      replaced: { FILE: file, DIR: () => join(desk.folder, 'moved') },
      input: 'a long passphrase of mine\n',
      says: /identity/,
    },
    { command: 'parlance schema', says: /"\$schema"/ },
  ];
};

const ofEnd = (desk: Desk): readonly Pasted[] => [
  {
    command: "parlance send 10.0.0.7:6001 'Hello'",
    // A port of this machine where nobody listens.
    replaced: { '10.0.0.7:6001': () => '127.0.0.9:1' },
    says: /it stays queued/,
    exit: 4,
  },
  { command: 'parlance outbox', says: /127\.0\.0\.9:1: Hello/ },
  {
    command: 'parlance outbox cancel',
    says: /^/,
    after: async () => assert.doesNotMatch(await desk.mine('outbox'), /Hello/),
  },
  { command: 'parlance history bob --delete', says: /add --yes to delete them/, exit: 2 },
  {
    command: 'parlance config set lang de',
    says: /^/,
    after: async () => assert.match(await desk.mine('config', 'get', 'lang'), /de/),
  },
];
