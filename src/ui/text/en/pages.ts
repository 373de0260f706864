/** English: the sections of help, beside the options. */

/** English texts: the sections of help, as pairs of a word and its meaning. */
export const pages = {
  examples: {
    program: [
      ['parlance', 'opens the prompt'],
      ["parlance send bob 'Lunch at noon?'", 'sends one message and waits until it is delivered'],
      ['parlance peers', 'lists who is here'],
    ],
    serve: [
      ['parlance serve --json', 'prints every event as a line'],
      ['parlance serve --log-file node.log', 'keeps the log in a file'],
    ],
    send: [
      ["parlance send bob 'Lunch at noon?'", 'sends one message'],
      ["parlance send alice,bob 'Lunch at noon?'", 'sends it to both'],
      ["parlance send --all-here --yes 'Fire drill at ten'", 'sends it to every native peer that is here'],
      ['parlance send bob --clip', 'sends the text on the clipboard'],
      ['git log -1 | parlance send bob --wait queued', 'sends each line, and waits only for the disk'],
    ],
    recv: [
      ['parlance recv --from bob --count 1', 'waits for the next message of bob'],
      ['parlance recv --json --since 120', 'goes on behind the message 120'],
      ['parlance recv --exec ./print-it', 'runs a program for each message'],
    ],
    peers: [
      ['parlance peers --wait bob && parlance send bob ready', 'waits for bob'],
      ['parlance peers --watch --json', 'prints each change'],
    ],
    history: [
      ['parlance history bob --search soup', 'finds messages'],
      ['parlance history --since yesterday --export talk.csv --bom', 'writes a table for Excel'],
      ['parlance history bob --delete --before 30d', 'deletes what is older than 30 days'],
    ],
    id: [
      ['parlance id --export identity.txt', 'keeps a copy under a passphrase, which it asks for'],
      ['parlance id --import identity.txt --home ~/new', 'moves the identity to another home'],
    ],
    verify: [['parlance verify bob', 'shows the sixty digits to compare']],
    contact: [
      ['parlance contact alias bob Bobby', 'gives bob a name of yours'],
      ["parlance contact accept 'dave#7kq2'", 'accepts a changed key'],
    ],
    edit: [["parlance edit ^1 'Lunch at one'", 'changes your last message']],
    delete: [['parlance delete ^1', 'removes your last message here, and asks the other side to']],
    copy: [['parlance copy @1 --in bob', 'copies the last message of bob']],
    timer: [
      ['parlance timer bob 1d', 'lets messages with bob disappear after a day'],
      ['parlance timer bob off', 'lets them stay again'],
    ],
    react: [['parlance react @1 👍', 'reacts to the message received last']],
    outbox: [['parlance outbox cancel', 'withdraws all that waits']],
    privacy: [
      ['parlance privacy receipts none', 'nobody learns what you read'],
      ['parlance privacy receipts on --for bob', 'bob alone learns it'],
    ],
    status: [
      ["parlance status busy 'in a call' --until 13:00", 'mutes notifications until then'],
      ['parlance status invisible', 'announces nothing from now on'],
    ],
    config: [
      ['parlance config set notify bell,desktop', 'switches notifications on'],
      ['parlance config check', 'names what is wrong in the file'],
    ],
    service: [
      ['parlance service install', 'starts the node now and at each login'],
      ['parlance service install --print', 'shows the file, and changes nothing'],
    ],
    completion: [
      ['source <(parlance completion bash)', 'in ~/.bashrc'],
      ['source <(parlance completion zsh)', 'in ~/.zshrc, after compinit'],
      ['parlance completion fish | source', 'in config.fish'],
    ],
    hub: [['parlance hub --port 8080', 'serves the directory of chatbuddy']],
  },
  exitCodes: [
    ['0', 'done'],
    ['1', 'unexpected failure'],
    ['2', 'wrong usage, or an option that differs from the running node'],
    ['3', 'no such peer'],
    ['4', 'not done in time (a message stays queued where it can); doctor: a check failed'],
    ['5', 'refused for security: changed key, blocked, --secure-only'],
    ['6', 'port or home in use'],
    ['78', 'home unusable: permissions, full, read-only, newer schema'],
  ],
  peerForms: [
    ['bob', 'a name, or an alias of yours'],
    ['bob#7kq2', 'a name with the tag of its key, where names collide'],
    ['ID', 'a full id, as "parlance id" shows it'],
    ['10.0.0.7:6001', 'an address; the port is 6001 where none is given'],
    ['cmp2204://10.0.0.7', 'an address of an older program: cmp2204, chatbuddy, synergy, cse310 or netech'],
  ],
  variables: [
    ['PARLANCE_PLAIN', 'plain lines at the prompt, as --plain'],
    ['PARLANCE_TRACE', 'print the trace of a bug'],
  ],
  files: [
    ['settings.json', 'lasting choices; see "parlance config"'],
    ['identity.json', 'the secret key of this identity: keep it private, a copy of it can act in your name'],
    ['history.db', 'messages, contacts and the outbox'],
    ['pins.json', 'the pinned keys, should history.db be lost'],
    ['status.json', 'the own status'],
    ['prompt.json', 'drafts and input history of the prompt'],
    ['hooks/', 'programs that run at an event: on-message, on-peer, on-status'],
    ['control.sock', 'the local API, for this user alone'],
    ['node.log', 'log of a node that a command started'],
  ],
  titles: {
    examples: 'Examples:',
    peer: 'PEER:',
    exitCodes: 'Exit codes:',
    environment: 'Environment:',
    files: 'Files of a home:',
    environmentAndFiles: 'Environment and files:',
  },
  aboutVariables:
    'Each option of every command has a variable: PARLANCE_PORT for --port. "parlance help --all" lists the variables and the files of a home.',
  commander: {
    usage: 'Usage:',
    arguments: 'Arguments:',
    options: 'Options:',
    commands: 'Commands:',
    usageOfProgram: '[options] [command]',
  },
} as const;
