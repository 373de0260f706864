/** Rules of firewalls as their tools print them, and what they do with announcements and connections. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { activeZones, judgeUfw, judgeZones } from '../../../src/chat/doctor/firewall/front-ends.js';
import { judgeIptables, readIptables } from '../../../src/chat/doctor/firewall/iptables.js';
import { judgeNft, readNft } from '../../../src/chat/doctor/firewall/nft.js';
import type { Packet } from '../../../src/chat/doctor/firewall/walk.js';
import { openCommand, rangesOf } from '../../../src/chat/doctor/remedies.js';

const packet = (protocol: Packet['protocol'], port: number, interfaceName = 'eth0'): Packet => ({
  protocol,
  port,
  interfaceName,
});
const [udp, tcp] = [packet('udp', 6_001), packet('tcp', 6_001)];

const base = { family: 'inet', table: 'filter' };
const chain = (name: string, more: object = {}) => ({ chain: { ...base, name, handle: 1, ...more } });
const input = chain('input', { type: 'filter', hook: 'input', prio: 0, policy: 'drop' });
const rule = (...expr: readonly object[]) => ({ rule: { ...base, chain: 'input', handle: 2, expr } });
const match = (left: object, right: unknown, op = '==') => ({ match: { op, left, right } });
const port = (protocol: string, right: unknown) => match({ payload: { protocol, field: 'dport' } }, right);
const accept = { accept: null };

const inNews = (...expr: readonly object[]) => ({ rule: { ...base, chain: 'news', handle: 3, expr } });

function nft(...items: readonly object[]) {
  const rules = readNft(JSON.stringify({ nftables: [{ metainfo: { version: '1.0.6' } }, ...items] }));
  assert.ok(rules !== null);
  return (asked: Packet) => judgeNft(rules, asked);
}

test('nft: a packet follows rules, sets, ranges, jumps and the policy of its chain', () => {
  const lo = rule(match({ meta: { key: 'iif' } }, 'lo'), accept);
  const established = rule(match({ ct: { key: 'state' } }, ['established', 'related'], 'in'), accept);
  const closed = nft({ table: base }, input, lo, established, rule(port('tcp', 22), accept));
  assert.deepEqual(closed(udp), { verdict: 'closed', place: { ...base, chain: 'input' } });
  assert.equal(closed(packet('udp', 6_001, 'lo')).verdict, 'open');
  const ports = rule(port('udp', { set: [{ range: [6_000, 6_009] }, 7_000] }), { counter: {} }, accept);
  const open = nft(input, lo, ports);
  assert.equal(open(udp).verdict, 'open');
  assert.equal(open(packet('udp', 6_010)).verdict, 'closed');
  assert.equal(open(tcp).verdict, 'closed');
  const vmap = {
    vmap: { key: { ct: { key: 'state' } }, data: { set: [['new', { jump: { target: 'news' } }]] } },
  };
  assert.equal(nft(input, chain('news'), rule(vmap), inNews(port('th', 6_001), accept))(tcp).verdict, 'open');
  assert.equal(nft(chain('output', { type: 'filter', hook: 'output', policy: 'drop' }))(tcp).verdict, 'open');
});

test('nft: a condition that is not understood makes the result doubtful', () => {
  const from = match(
    { payload: { protocol: 'ip', field: 'saddr' } },
    { prefix: { addr: '10.0.0.0', len: 8 } },
  );
  assert.equal(nft(input, rule(from, port('udp', 6_001), accept))(udp).verdict, 'unknown');
  assert.equal(nft(input, rule(port('udp', '@ports'), accept))(udp).verdict, 'unknown');
  assert.equal(nft(input, rule({ xt: null }, accept))(udp).verdict, 'unknown');
  assert.equal(nft(input, rule({ limit: { rate: 3 } }, { reject: null }))(udp).verdict, 'closed');
});

test('nft: a map or a set with a name, and a return under a condition, make the result doubtful', () => {
  const tcpPort = { payload: { protocol: 'tcp', field: 'dport' } };
  const from = { payload: { protocol: 'ip', field: 'saddr' } };
  const map = (key: object, data: unknown) => rule({ vmap: { key, data } });
  assert.equal(nft(input, map(tcpPort, '@services'))(tcp).verdict, 'unknown');
  assert.equal(nft(input, map(tcpPort, '@services'))(udp).verdict, 'closed', 'the map is of TCP');
  assert.equal(nft(input, map({ meta: { key: 'iifname' } }, '@zones'))(udp).verdict, 'unknown');
  assert.equal(nft(input, map(from, { set: [['10.0.0.7', accept]] }))(udp).verdict, 'unknown');
  const concat = { concat: [{ meta: { key: 'iifname' } }, tcpPort] };
  const both = { set: [[{ concat: ['eth0', 6_001] }, accept]] };
  assert.equal(nft(input, map(concat, both))(tcp).verdict, 'unknown');
  assert.equal(
    nft(
      input,
      map(tcpPort, {
        set: [
          [22, { drop: null }],
          ['*', accept],
        ],
      }),
    )(tcp).verdict,
    'open',
  );
  assert.equal(nft(input, rule(match({ meta: { key: 'iifname' } }, '@lan'), accept))(udp).verdict, 'unknown');
  assert.equal(nft(input, rule({ queue: { num: 1 } }))(udp).verdict, 'unknown');
  const lan = match({ meta: { key: 'iifname' } }, { set: [{ elem: { val: 'eth0', comment: 'LAN' } }] });
  assert.equal(nft(input, rule(lan, accept))(udp).verdict, 'open');
  const toNews = rule({ jump: { target: 'news' } });
  const leaving = inNews(match(from, '10.0.0.7'), { return: null });
  const refusing = inNews({ drop: null });
  const news = (...items: readonly object[]) => nft(input, chain('news'), toNews, ...items)(udp).verdict;
  assert.equal(news(leaving, refusing, rule(accept)), 'unknown');
  assert.equal(news(leaving, refusing), 'closed', 'both ways end so');
  assert.equal(news(refusing, rule(accept)), 'closed');
});

test('nft: text that does not hold rules is refused', () => {
  for (const text of ['', '[]', '{"nftables": 3}', '{"nftables": [', 'table inet filter {}'])
    assert.equal(readNft(text), null, text);
});

const saved = (policy: string, ...rules: readonly string[]): string =>
  ['*nat', ':PREROUTING ACCEPT [0:0]', 'COMMIT', '*filter', `:INPUT ${policy} [0:0]`, ':FORWARD DROP [0:0]']
    .concat([':LOCAL - [0:0]', ...rules.map((each) => `-A ${each}`), 'COMMIT', ''])
    .join('\n');

function iptables(text: string, asked: Packet): string {
  const rules = readIptables(text);
  assert.ok(rules !== null);
  return judgeIptables(rules, asked);
}

test('iptables: a packet follows ports, states, interfaces, inversions and jumps', () => {
  assert.equal(iptables(saved('ACCEPT'), udp), 'open');
  assert.equal(iptables(saved('DROP', 'INPUT -i lo -j ACCEPT'), udp), 'closed');
  const multi =
    'INPUT -p udp -m multiport --dports 5353,6000:6009 -m comment --comment "a -j DROP b" -j ACCEPT';
  assert.equal(iptables(saved('DROP', multi), udp), 'open');
  assert.equal(iptables(saved('DROP', multi), tcp), 'closed');
  const states = 'INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT';
  assert.equal(iptables(saved('DROP', states), tcp), 'closed');
  const jump = ['INPUT -j LOCAL', 'LOCAL -p tcp -m tcp --dport 6001 -j ACCEPT', 'LOCAL -j RETURN'];
  assert.equal(iptables(saved('DROP', ...jump), tcp), 'open');
  assert.equal(
    iptables(saved('ACCEPT', 'INPUT ! -i lo -p udp -j REJECT --reject-with icmp-port'), udp),
    'closed',
  );
  assert.equal(iptables(saved('DROP', 'INPUT -s 10.0.0.0/8 -j ACCEPT'), tcp), 'unknown');
  const leaving = ['INPUT -s 10.0.0.0/8 -j RETURN', 'INPUT -j DROP'];
  assert.equal(iptables(saved('ACCEPT', ...leaving), tcp), 'unknown');
  assert.equal(iptables(saved('DROP', ...leaving), tcp), 'closed');
  assert.equal(readIptables('*nat\nCOMMIT\n'), null);
});

const ufw = (fallback: string, ...rules: readonly string[]): string =>
  [
    'Status: active',
    `Default: ${fallback} (incoming), allow (outgoing), disabled (routed)`,
    '',
    'To  Action  From',
  ]
    .concat(rules)
    .join('\n');

test('ufw: the first rule that fits decides, else the default', () => {
  assert.equal(judgeUfw('Status: inactive', udp), 'open');
  assert.equal(judgeUfw(ufw('deny'), udp), 'closed');
  assert.equal(judgeUfw(ufw('allow'), udp), 'open');
  const open = ufw(
    'deny',
    '6000:6009/udp              ALLOW IN    Anywhere',
    '22/tcp   ALLOW IN    Anywhere',
  );
  assert.equal(judgeUfw(open, udp), 'open');
  assert.equal(judgeUfw(open, tcp), 'closed');
  assert.equal(judgeUfw(ufw('deny', '6001/tcp (Parlance)   ALLOW IN    Anywhere'), tcp), 'open');
  assert.equal(judgeUfw(ufw('deny', '6001 (v6)   ALLOW IN    Anywhere (v6)'), tcp), 'closed');
  assert.equal(judgeUfw(ufw('deny', '6001 on wlan0   ALLOW IN    Anywhere'), tcp), 'closed');
  assert.equal(judgeUfw(ufw('allow', '6001   DENY IN    Anywhere'), tcp), 'closed');
  assert.equal(judgeUfw(ufw('deny', '6001   ALLOW IN    192.168.0.0/16'), tcp), 'unknown');
});

test('ufw: a rule for one host is doubtful, and its address is not read as a port', () => {
  for (const to of ['192.168.1.5 6001/tcp', '192.168.1.0/24 6001', '192.168.1.5', '192.168.1.5 6001 on eth0'])
    assert.equal(judgeUfw(ufw('deny', `${to}   ALLOW IN    Anywhere`), tcp), 'unknown', to);
  for (const to of [
    '192.168.1.5 6002/tcp',
    '192.168.1.5 6001/udp',
    '192.168.1.5/tcp on wlan0',
    '6001.example',
  ])
    assert.equal(judgeUfw(ufw('deny', `${to}   ALLOW IN    Anywhere`), tcp), 'closed', to);
  const at192 = packet('tcp', 192);
  assert.equal(judgeUfw(ufw('allow', '192.168.1.5 6001/tcp   DENY IN    Anywhere'), at192), 'open');
  const lan = '6001   ALLOW IN    192.168.0.0/16';
  assert.equal(judgeUfw(ufw('deny', lan, '6001   DENY IN    Anywhere'), tcp), 'unknown');
  assert.equal(judgeUfw(ufw('deny', lan, '6001   ALLOW IN    Anywhere'), tcp), 'open');
});

const zones = (lines: readonly string[], interfaces = 'eth0'): string =>
  ['drop', '  target: DROP', '  interfaces: ', '', 'public (default, active)', '  target: default']
    .concat([`  interfaces: ${interfaces}`, ...lines.map((line) => `  ${line}`), ''])
    .join('\n');

const judged = (lines: readonly string[], asked: Packet, interfaces?: string) =>
  judgeZones(activeZones(zones(lines, interfaces)), asked);

test('firewalld: the zone of the interface decides', () => {
  assert.deepEqual(judged(['services: ssh', 'ports: '], udp), { verdict: 'closed', zone: 'public' });
  assert.equal(judged(['ports: 6000-6009/udp 6001/tcp'], udp)?.verdict, 'open');
  assert.equal(judged(['ports: 6000-6009/udp'], tcp)?.verdict, 'closed');
  assert.equal(judged(['services: parlance'], tcp)?.verdict, 'open');
  assert.equal(judged(['ports: ', 'services: '], udp, 'wlan0'), null);
  assert.deepEqual(activeZones(''), []);
});

test('firewalld: rich rules stand below their key, and make the result doubtful', () => {
  const rich = [
    'rich rules: ',
    '\trule family="ipv4" source address="10.0.0.0/8" port port="6001" protocol="tcp" accept',
  ];
  assert.equal(judged(['ports: ', ...rich], tcp)?.verdict, 'unknown');
  assert.equal(judged(['ports: 6001/tcp', ...rich], tcp)?.verdict, 'open');
  const refusal = '\trule family="ipv4" source address="10.0.0.7" reject';
  assert.equal(judged(['ports: 6001/tcp', 'rich rules: ', refusal], tcp)?.verdict, 'unknown');
  assert.equal(judged(['ports: ', 'rich rules: ', refusal], tcp)?.verdict, 'closed');
  assert.equal(judged(['ports: ', 'rich rules: '], tcp)?.verdict, 'closed');
  assert.equal(judged(['ports: ', 'protocols: tcp'], tcp)?.verdict, 'open');
});

const withSources = (ports: string, own: string): string =>
  `${zones([`ports: ${own}`])}lan (active)\n  interfaces: \n  sources: 10.0.0.0/8\n  ports: ${ports}\n`;

test('firewalld: a zone of sources that decides otherwise makes the result doubtful', () => {
  const verdict = (ports: string, own: string) =>
    judgeZones(activeZones(withSources(ports, own)), tcp)?.verdict;
  assert.equal(verdict('6001/tcp', ''), 'unknown');
  assert.equal(verdict('', '6001/tcp'), 'unknown');
  assert.equal(verdict('', ''), 'closed');
  assert.equal(verdict('6001/tcp', '6001/tcp'), 'open');
  assert.equal(judged(['sources: 10.0.0.0/8', 'ports: '], tcp)?.verdict, 'closed', 'one zone for both');
});

test('the command that opens the ports is whole for each firewall', () => {
  const openings = { tcp: [6_001], udp: [6_000, 6_001, 6_002, 6_003] };
  const place = { chain: { family: 'inet', table: 'filter', chain: 'input' }, zone: 'home' };
  assert.equal(openCommand('ufw', openings), 'sudo ufw allow 6001/tcp && sudo ufw allow 6000:6003/udp');
  assert.equal(
    openCommand('firewalld', openings, place),
    'sudo firewall-cmd --permanent --zone=home --add-port=6001/tcp --add-port=6000-6003/udp && sudo firewall-cmd --reload',
  );
  assert.equal(
    openCommand('nft', openings, place),
    'sudo nft insert rule inet filter input tcp dport 6001 accept && sudo nft insert rule inet filter input udp dport 6000-6003 accept',
  );
  assert.equal(
    openCommand('iptables', { tcp: [], udp: [6_000, 7_000] }),
    'sudo iptables -I INPUT -p udp --dport 6000 -j ACCEPT && sudo iptables -I INPUT -p udp --dport 7000 -j ACCEPT',
  );
  assert.deepEqual(rangesOf([7, 5, 6, 9, 6], '-'), ['5-7', '9']);
});
