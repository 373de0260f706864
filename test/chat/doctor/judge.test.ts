/** The judgement of the doctor, as a table: one observation that differs from a healthy machine, and what is found. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../../../src/chat/doctor/finding.js';
import { judge } from '../../../src/chat/doctor/judge.js';
import type { Echo, Heard, Observations, PeerState } from '../../../src/chat/doctor/observations.js';

const bob: Heard = {
  id: 'B',
  name: 'bob',
  address: '10.0.0.7',
  via: 'eth0',
  ageMs: 1_000,
  clockMs: -300,
  isReply: false,
};
const echo: Echo = {
  kind: 'broadcast',
  interfaceName: 'eth0',
  target: '10.0.0.255',
  sendProblem: null,
  isHeard: true,
};
const eth0 = {
  name: 'eth0',
  zone: 'eth0',
  address: '10.0.0.5',
  cidr: '10.0.0.5/24',
  family: 'IPv4',
  internal: false,
};
const lo = {
  name: 'lo',
  zone: 'lo',
  address: '127.0.0.1',
  cidr: '127.0.0.1/8',
  family: 'IPv4',
  internal: true,
};

const healthy: Observations = {
  platform: 'linux',
  isNodeRunning: true,
  listenedMs: 9_000,
  addresses: [lo, eth0],
  links: [{ name: 'eth0', isUp: true, isWireless: false }],
  binds: ['0.0.0.0', '::'],
  tcp: { wanted: 6_001, listeningPort: 6_001, isStrict: false, isAnswering: true, problem: null, holder: '' },
  udp: [6_000, 6_001].map((port) => ({ port, problem: null, holder: '' })),
  replyPorts: [6_002],
  neededUdpPorts: [6_000, 6_001, 6_002, 6_003],
  echoes: [{ ...echo, kind: 'loopback', interfaceName: 'lo', target: '127.255.255.255' }, echo],
  heard: [bob],
  offLinkCount: 0,
  firewalls: [],
  gateway: { address: '10.0.0.1', interfaceName: 'eth0', isThere: true },
  contacts: [],
  home: {
    directory: '/h',
    isThere: true,
    belongsToOther: false,
    exposedFiles: [],
    isWritable: true,
    freeBytes: 1e12,
  },
  peer: null,
};
const reached: PeerState = {
  word: 'bob',
  name: 'bob',
  tried: [{ host: '10.0.0.7', port: 6_001, problem: null }],
  heard: [bob],
  answer: {
    seenAt: '10.0.0.5',
    heard: [{ address: '10.0.0.5', via: 'wlan0', ageMs: 500 }],
    dialBack: 'reached',
    dialProblem: '',
    clockMs: 40,
  },
};

const bad = (findings: readonly Finding[]): readonly Finding[] => findings.filter(({ ok }) => !ok);
const lost = (sendProblem: string | null): Observations['echoes'] => [
  { ...echo, isHeard: false, sendProblem },
];
const peer = (change: Partial<PeerState>): Partial<Observations> => ({ peer: { ...reached, ...change } });
const answer = (change: Partial<NonNullable<PeerState['answer']>>): Partial<Observations> =>
  peer({ answer: reached.answer === null ? null : { ...reached.answer, ...change } });
const refused = { host: '10.0.0.7', port: 6_001, problem: 'ETIMEDOUT' };

test('a healthy machine has no finding, with and without a peer', () => {
  assert.deepEqual(bad(judge(healthy)), []);
  assert.deepEqual(bad(judge({ ...healthy, peer: reached })), []);
  for (const { ok, remedy } of judge({ ...healthy, peer: reached })) assert.equal(remedy, '', String(ok));
});

/** Name; the difference from a healthy machine; the checks that fail; words of the first cause, and of its remedy. */
const table: readonly (readonly [string, Partial<Observations>, readonly string[], RegExp, RegExp])[] = [
  [
    'no interface',
    { addresses: [lo], heard: [] },
    ['interfaces', 'heard'],
    /no address on a network/,
    /cable/,
  ],
  [
    'an interface that is down',
    { addresses: [lo], heard: [], links: [{ name: 'wlan0', isUp: false, isWireless: true }] },
    ['interfaces', 'heard'],
    /wlan0 is down/,
    /ip link set wlan0 up/,
  ],
  [
    'no network beside interfaces of containers and tunnels that are down',
    {
      addresses: [lo],
      heard: [],
      links: ['docker0', 'br-0123456789ab', 'wg0', 'sit0', 'eth0'].map((name) => ({
        name,
        isUp: false,
        isWireless: false,
      })),
    },
    ['interfaces', 'heard'],
    /network; eth0 is down/,
    /ip link set eth0 up/,
  ],
  [
    'no network beside a container bridge that is down',
    { addresses: [lo], heard: [], links: [{ name: 'docker0', isUp: false, isWireless: false }] },
    ['interfaces', 'heard'],
    /network$/,
    /cable/,
  ],
  [
    'an address that no router gave',
    { addresses: [{ ...eth0, address: '169.254.3.4', cidr: '169.254.3.4/16' }] },
    ['interfaces'],
    /no router/,
    /cable/,
  ],
  ['a bind to loopback', { binds: ['127.0.0.1'] }, ['interfaces'], /--bind 127\.0\.0\.1/, /without --bind/],
  [
    'a TCP port that is taken while the node has another',
    { tcp: { ...healthy.tcp, listeningPort: 6_002, problem: 'EADDRINUSE', holder: 'nc (pid 7)' } },
    ['tcp-port'],
    /6001 is taken by nc \(pid 7\); the node listens on 6002/,
    /stop nc/,
  ],
  ['a wanted TCP port that is free again', { tcp: { ...healthy.tcp, listeningPort: 6_002 } }, [], /./, /./],
  [
    'a TCP port that another home has',
    { tcp: { ...healthy.tcp, listeningPort: 6_002, problem: 'EADDRINUSE', holder: 'node (pid 7)' } },
    [],
    /./,
    /./,
  ],
  [
    'a TCP port that is taken and strict',
    {
      tcp: { ...healthy.tcp, listeningPort: null, isStrict: true, problem: 'EADDRINUSE' },
      isNodeRunning: false,
    },
    ['tcp-port'],
    /--port-strict/,
    /another port/,
  ],
  [
    'a UDP port that is taken',
    { udp: [{ port: 6_001, problem: 'EADDRINUSE', holder: 'syncd (pid 9)' }] },
    ['udp-port'],
    /6001 is taken by syncd/,
    /stop syncd/,
  ],
  [
    'a beacon that does not come back',
    { echoes: lost(null) },
    ['broadcast'],
    /do not come back/,
    /6000-6003/,
  ],
  [
    'a beacon that the own firewall refuses to send',
    { echoes: lost('EPERM') },
    ['broadcast'],
    /cannot be sent.*firewall/,
    /output/,
  ],
  ['a network without a route', { echoes: lost('ENETUNREACH') }, ['broadcast'], /no route/, /address show/],
  ['nobody', { heard: [] }, ['heard'], /nobody else was heard in 9 s/, /parlance doctor/],
  [
    'nobody, though a contact was expected',
    { heard: [], contacts: [{ name: 'carol', address: '10.0.0.9' }] },
    ['heard'],
    /not even carol \(last at 10\.0\.0\.9\)/,
    /./,
  ],
  ['machines of another network', { heard: [], offLinkCount: 4 }, ['heard'], /4 datagrams/, /one network/],
  [
    'a Wi-Fi that keeps its clients apart',
    { heard: [], links: [{ name: 'eth0', isUp: true, isWireless: true }] },
    ['heard', 'isolation'],
    /./,
    /./,
  ],
  [
    'a tunnel that takes everything',
    {
      heard: [],
      addresses: [lo, eth0, { ...eth0, name: 'wg0', zone: 'wg0', address: '10.9.0.2', cidr: '10.9.0.2/32' }],
      gateway: { address: '', interfaceName: 'wg0', isThere: null },
    },
    ['heard', 'vpn'],
    /./,
    /./,
  ],
  [
    'a container of its own network',
    { addresses: [lo, { ...eth0, name: 'docker0', zone: 'docker0' }] },
    ['isolation'],
    /containers/,
    /--network host/,
  ],
  [
    'a bridge of containers by its twelve digits',
    { addresses: [lo, { ...eth0, name: 'br-0123456789ab', zone: 'br-0123456789ab' }] },
    ['isolation'],
    /containers/,
    /bridged/,
  ],
  ['a bridge of the local network', { addresses: [lo, { ...eth0, name: 'br-lan' }] }, [], /./, /./],
  [
    'a clock that is off',
    { heard: [{ ...bob, clockMs: 900_000 }] },
    ['clock'],
    /bob is 15 min ahead/,
    /set-ntp/,
  ],
  [
    'the own clock that is off',
    { heard: [bob, { ...bob, id: 'C', name: 'carol' }].map((each) => ({ ...each, clockMs: -7_200_000 })) },
    ['clock'],
    /the clock of this machine differs/,
    /this machine/,
  ],
  [
    'a home that others may read',
    { home: { ...healthy.home, exposedFiles: ['history.db'] } },
    ['home'],
    /history\.db/,
    /chmod/,
  ],
  [
    'a home that cannot be written',
    { home: { ...healthy.home, isWritable: false } },
    ['home'],
    /written/,
    /chmod/,
  ],
  [
    'a home with blanks that others may read',
    {
      home: { ...healthy.home, directory: "/Users/o'neil/Application Support/parlance", exposedFiles: ['.'] },
    },
    ['home'],
    /other users may read/,
    /^chmod -R go= '\/Users\/o'\\''neil\/Application Support\/parlance'$/,
  ],
  [
    'a home with blanks that cannot be written',
    { home: { ...healthy.home, directory: '/a b;c', isWritable: false } },
    ['home'],
    /written/,
    /^chmod u\+rwx '\/a b;c', or/,
  ],
  ['a full disk', { home: { ...healthy.home, freeBytes: 1e6 } }, ['home'], /0 MB left/, /room/],
  [
    'a home of another user',
    { home: { ...healthy.home, belongsToOther: true } },
    ['home'],
    /another user/,
    /--home/,
  ],
  [
    'a word that names nobody',
    { peer: { word: 'zed', name: null, tried: [], heard: [], answer: null } },
    ['peer'],
    /"zed"/,
    /HOST:PORT/,
  ],
  [
    'a peer of another subnet',
    peer({ tried: [{ host: '10.1.0.7', port: 6_001, problem: 'EHOSTUNREACH' }], heard: [], answer: null }),
    ['peer-network', 'peer-udp-in', 'peer-tcp-out'],
    /10\.1\.0\.7.*none of the networks.*10\.0\.0\.5\/24/,
    /one network/,
  ],
  [
    'UDP that is blocked on the way here',
    peer({ heard: [] }),
    ['peer-udp-in'],
    /no announcement of bob arrives here, although TCP works/,
    /UDP/,
  ],
  [
    'UDP in one direction only',
    answer({ heard: [] }),
    ['peer-udp-out'],
    /UDP passes in one direction only/,
    /ufw allow 6000:6003\/udp/,
  ],
  [
    'TCP that is blocked, while UDP passes in both directions',
    peer({ tried: [refused], heard: [{ ...bob, isReply: true }], answer: null }),
    ['peer-tcp-out'],
    /UDP passes in both directions: something drops TCP/,
    /ufw allow 6001\/tcp/,
  ],
  [
    'one direction that is cut',
    peer({ tried: [refused], answer: null }),
    ['peer-tcp-out'],
    /one direction only/,
    /6001\/tcp/,
  ],
  [
    'a peer without a node',
    peer({ tried: [{ ...refused, problem: 'ECONNREFUSED' }], heard: [], answer: null }),
    ['peer-udp-in', 'peer-tcp-out'],
    /no announcement/,
    /running/,
  ],
  [
    'a peer that cannot call back',
    answer({ dialBack: 'failed', dialProblem: 'ETIMEDOUT' }),
    ['peer-tcp-in'],
    /does not reach this node by TCP at 10\.0\.0\.5/,
    /open the port on this machine/,
  ],
  ['a peer of an older version', peer({ answer: null }), [], /./, /./],
  ['a peer with a wrong clock', answer({ clockMs: -600_000 }), ['peer-clock'], /10 min behind/, /clocks/],
];

for (const [what, change, checks, cause, remedy] of table) {
  test(`doctor: ${what} is ${checks.length === 0 ? 'no finding' : `found by ${checks.join(', ')}`}`, () => {
    const found = bad(judge({ ...healthy, ...change }));
    assert.deepEqual([...new Set(found.map(({ check }) => check))], checks);
    const [first] = found;
    if (first === undefined) return;
    assert.match(first.cause, cause);
    assert.match(first.remedy, remedy);
    assert.ok(found.every((each) => each.remedy.includes(each.command)));
  });
}

const ufwRules = (...rules: readonly string[]): Observations['firewalls'] => [
  { tool: 'ufw', state: 'read', text: ['Status: active', ...rules].join('\n') },
];
const onWifi = { ...eth0, name: 'wlan0', zone: 'wlan0', address: '10.1.0.5', cidr: '10.1.0.5/24' };
const firewallOf = (change: Partial<Observations>): Finding | undefined =>
  judge({ ...healthy, ...change }).find(({ check }) => check === 'firewall');

test('doctor: a firewall need not admit anything on tunnels and networks of containers', () => {
  const firewalls = ufwRules('Anywhere on eth0   ALLOW IN    Anywhere');
  const others = ['docker0', 'br-0123456789ab', 'tailscale0', 'virbr0'].map((name) => ({ ...onWifi, name }));
  assert.equal(firewallOf({ firewalls, addresses: [lo, eth0, ...others] })?.ok, true);
  const inContainer = { ...eth0, name: 'docker0' };
  assert.equal(firewallOf({ firewalls, addresses: [lo, inContainer] })?.ok, false, 'it has nothing else');
});

test('doctor: a firewall that refuses on one interface of several is found with its name', () => {
  const firewalls = ufwRules('Anywhere on eth0   ALLOW IN    Anywhere');
  const found = firewallOf({ firewalls, addresses: [lo, eth0, onWifi] });
  assert.equal(found?.ok, false);
  assert.match(found.cause, /^ufw refuses TCP 6001 and UDP 6000-6002 on wlan0$/);
  assert.match(found.remedy, /^sudo ufw allow in on wlan0 to any port 6001 proto tcp && /);
  assert.equal(found.command, found.remedy);
  const everywhere = firewallOf({ firewalls: ufwRules(), addresses: [lo, eth0, onWifi] });
  assert.match(everywhere?.remedy ?? '', /^sudo ufw allow 6001\/tcp && sudo ufw allow 6000:6003\/udp$/);
});

/** Platform and firewalls; words of each remedy that opens a port. */
const tools: readonly (readonly [string, string, Observations['firewalls'], RegExp])[] = [
  ['macOS', 'darwin', [], /socketfilterfw/],
  ['Windows', 'win32', [], /netsh advfirewall/],
  [
    'an inactive ufw',
    'linux',
    [
      { tool: 'ufw', state: 'read', text: 'Status: inactive\n' },
      { tool: 'nft', state: 'denied' },
    ],
    /sudo nft /,
  ],
  ['an active ufw', 'linux', ufwRules('Anywhere   ALLOW IN    Anywhere'), /sudo ufw allow/],
  [
    'an active firewalld beside an inactive ufw',
    'linux',
    [
      { tool: 'ufw', state: 'read', text: 'Status: inactive\n' },
      { tool: 'firewalld', state: 'read', text: 'public (active)\n  interfaces: eth0\n  target: ACCEPT\n' },
    ],
    /sudo firewall-cmd/,
  ],
  ['iptables alone', 'linux', [{ tool: 'iptables', state: 'denied' }], /sudo iptables/],
];

for (const [what, platform, firewalls, command] of tools) {
  test(`doctor: each remedy that opens a port fits ${what}`, () => {
    const here = { ...healthy, platform, firewalls };
    const remedies = [
      { ...here, tcp: { ...healthy.tcp, isAnswering: false } },
      { ...here, echoes: lost(null) },
      { ...here, ...answer({ dialBack: 'failed', dialProblem: 'ETIMEDOUT' }) },
    ].map((seen) => bad(judge(seen))[0]?.remedy ?? '');
    for (const remedy of remedies) assert.match(remedy, command);
  });
}

test('doctor: macOS and Windows get no command of Linux for interfaces, clocks and sending', () => {
  for (const platform of ['darwin', 'win32']) {
    const found = [
      { echoes: lost('EPERM') },
      { echoes: lost('ENETUNREACH') },
      { heard: [{ ...bob, clockMs: 900_000 }] },
      answer({ clockMs: -600_000 }),
      platform === 'win32' ? { home: { ...healthy.home, isWritable: false } } : { echoes: lost(null) },
    ].flatMap((change) => bad(judge({ ...healthy, platform, ...change })));
    assert.equal(found.length, 5);
    for (const { remedy } of found) assert.doesNotMatch(remedy, /nft|\bip |timedatectl|ufw|chmod/);
  }
});
