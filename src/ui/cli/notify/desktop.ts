/** Notifications on the desktop: the program of each platform, and its arguments. Pure. No shell reads any of it. */

/** The text of a notification, made safe for a screen. */
export interface Notification {
  readonly title: string;
  readonly body: string;
}

/** A program that shows a notification. */
export interface DesktopCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** Variables that it needs beside those of this process. */
  readonly env: Readonly<Record<string, string>>;
}

/** The text is an argument of the script, never a part of it. */
const appleScript = [
  'on run argv',
  'display notification (item 2 of argv) with title (item 1 of argv)',
  'end run',
];

/** The text comes from the environment and becomes text nodes of the XML. */
const powerShell = [
  '[Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime] > $null',
  '$xml = [Windows.UI.Notifications.ToastNotificationManager]::GetTemplateContent(1)',
  "$nodes = $xml.GetElementsByTagName('text')",
  '$nodes.Item(0).AppendChild($xml.CreateTextNode($env:PARLANCE_NOTICE_TITLE)) > $null',
  '$nodes.Item(1).AppendChild($xml.CreateTextNode($env:PARLANCE_NOTICE_BODY)) > $null',
  "$by = [Windows.UI.Notifications.ToastNotificationManager]::CreateToastNotifier('Parlance')",
  '$by.Show([Windows.UI.Notifications.ToastNotification]::new($xml))',
].join('; ');

/** Returns the program that shows a notification. */
export function desktopCommand(platform: NodeJS.Platform, { title, body }: Notification): DesktopCommand {
  if (platform === 'darwin') {
    const script = appleScript.flatMap((line) => ['-e', line]);
    return { file: 'osascript', args: [...script, '--', title, body], env: {} };
  }
  if (platform === 'win32') {
    return {
      file: 'powershell',
      args: ['-NoProfile', '-NonInteractive', '-Command', powerShell],
      env: { PARLANCE_NOTICE_TITLE: title, PARLANCE_NOTICE_BODY: body },
    };
  }
  // The body may hold markup, which a peer must not choose.
  return { file: 'notify-send', args: ['--app-name=Parlance', '--', title, withoutMarkup(body)], env: {} };
}

const withoutMarkup = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
