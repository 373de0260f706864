/** The file by which a service manager starts the node of a home: a hardened unit of systemd, or a job of launchd. Pure. */
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';

/** The facts that the file is made of. */
export interface ServiceFacts {
  readonly platform: NodeJS.Platform;
  /** Home directory of the user. */
  readonly userHome: string;
  /** Directory of configuration files; empty: the usual one. */
  readonly configHome: string;
  /** Absolute path of the profile. */
  readonly home: string;
  /** Whether it is the profile that a command without `--home` uses. */
  readonly isDefaultHome: boolean;
  /** Program and first arguments that start Parlance. */
  readonly program: readonly string[];
  /** User id, for launchd. */
  readonly uid: number;
}

/** A service: its file, and the calls that switch it. */
export interface ServiceFile {
  readonly name: string;
  readonly file: string;
  readonly text: string;
  /** Programs with their arguments, in order. */
  readonly start: readonly (readonly string[])[];
  readonly stop: readonly (readonly string[])[];
  /** Exit code 0: it runs. */
  readonly isActive: readonly string[];
}

/** Makes the service of a home; null: this system has no manager that is known here. */
export function serviceFile(facts: ServiceFacts): ServiceFile | null {
  const command = [...facts.program, 'serve', '--home', facts.home];
  const suffix = facts.isDefaultHome ? '' : `-${labelOf(facts.home)}`;
  if (facts.platform === 'linux') return systemd(facts, command, `parlance${suffix}.service`);
  if (facts.platform === 'darwin') return launchd(facts, command, `chat.parlance${suffix}`);
  return null;
}

/** Names another home: two of one name have different hashes. */
const labelOf = (home: string): string => {
  const name = basename(home).replaceAll(/[^A-Za-z0-9]/g, '') || 'home';
  return `${name}-${createHash('sha256').update(home).digest('hex').slice(0, 8)}`;
};

function systemd(
  { userHome, configHome, home }: ServiceFacts,
  command: readonly string[],
  name: string,
): ServiceFile {
  const folder = configHome.startsWith('/') ? configHome : join(userHome, '.config');
  const text = `[Unit]
Description=Parlance, a chat for the people on one network
Documentation=man:parlance(1)

[Service]
ExecStart=${command.map((word) => unitWord(word)).join(' ')}
Restart=on-failure
RestartSec=5
# Wrong usage, a home in use and an unusable home do not pass by themselves.
RestartPreventExitStatus=2 6 78
UMask=0077
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths=${unitWord(home)}
PrivateTmp=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native

[Install]
WantedBy=default.target
`;
  const systemctl = ['systemctl', '--user'];
  return {
    name,
    file: join(folder, 'systemd', 'user', name),
    text,
    start: [
      [...systemctl, 'daemon-reload'],
      [...systemctl, 'enable', '--now', name],
    ],
    stop: [[...systemctl, 'disable', '--now', name]],
    isActive: [...systemctl, 'is-active', '--quiet', name],
  };
}

/** A word in quotes, as systemd reads it. */
const unitWord = (word: string): string =>
  `"${word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`;

function launchd(
  { userHome, home, uid }: ServiceFacts,
  command: readonly string[],
  name: string,
): ServiceFile {
  const words = command.map((word) => `    <string>${xml(word)}</string>`).join('\n');
  const text = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${xml(name)}</string>
  <key>ProgramArguments</key>
  <array>
${words}
  </array>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>Umask</key>
  <integer>63</integer>
  <key>StandardErrorPath</key>
  <string>${xml(join(home, 'node.log'))}</string>
</dict>
</plist>
`;
  const file = join(userHome, 'Library', 'LaunchAgents', `${name}.plist`);
  const domain = `gui/${String(uid)}`;
  return {
    name,
    file,
    text,
    start: [['launchctl', 'bootstrap', domain, file]],
    stop: [['launchctl', 'bootout', `${domain}/${name}`]],
    isActive: ['launchctl', 'print', `${domain}/${name}`],
  };
}

const xml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
