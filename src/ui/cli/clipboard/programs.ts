/** The programs of each platform that read and write the clipboard, with their arguments. Pure. No shell is involved. */

/** A program and its arguments. */
export interface ClipboardProgram {
  readonly file: string;
  readonly args: readonly string[];
}

type Env = Readonly<Record<string, string | undefined>>;

const powershell = (script: string): ClipboardProgram => ({
  file: 'powershell.exe',
  args: ['-NoProfile', '-NonInteractive', '-Command', script],
});
// PowerShell speaks the code page of the console otherwise.
const inUtf8 = '[Console]::InputEncoding = [Console]::OutputEncoding = New-Object System.Text.UTF8Encoding';

const readers: Readonly<Record<'wayland' | 'x11' | 'mac' | 'windows', readonly ClipboardProgram[]>> = {
  wayland: [{ file: 'wl-paste', args: ['--no-newline', '--type', 'text'] }],
  x11: [
    { file: 'xclip', args: ['-selection', 'clipboard', '-out'] },
    { file: 'xsel', args: ['--clipboard', '--output'] },
  ],
  mac: [{ file: 'pbpaste', args: [] }],
  windows: [powershell(`${inUtf8}; [Console]::Out.Write((Get-Clipboard -Raw))`)],
};

const writers: typeof readers = {
  wayland: [{ file: 'wl-copy', args: ['--type', 'text/plain'] }],
  x11: [
    { file: 'xclip', args: ['-selection', 'clipboard', '-in'] },
    { file: 'xsel', args: ['--clipboard', '--input'] },
  ],
  mac: [{ file: 'pbcopy', args: [] }],
  windows: [powershell(`${inUtf8}; Set-Clipboard -Value ([Console]::In.ReadToEnd())`)],
};

/** Returns the programs that read the clipboard, to be tried in this order. */
export const readersFor = (platform: NodeJS.Platform, env: Env): readonly ClipboardProgram[] =>
  inOrder(readers, platform, env);

/** Returns the programs that write the clipboard, to be tried in this order. */
export const writersFor = (platform: NodeJS.Platform, env: Env): readonly ClipboardProgram[] =>
  inOrder(writers, platform, env);

/** Without a display its programs fail, so the other ones come first; Linux within Windows has those of Windows. */
function inOrder(of: typeof readers, platform: NodeJS.Platform, env: Env): readonly ClipboardProgram[] {
  if (platform === 'darwin') return of.mac;
  if (platform === 'win32') return of.windows;
  const isSet = (name: string): boolean => (env[name] ?? '') !== '';
  const unix = isSet('WAYLAND_DISPLAY') ? [...of.wayland, ...of.x11] : [...of.x11, ...of.wayland];
  return isSet('WSL_DISTRO_NAME') ? [...unix, ...of.windows] : unix;
}
