/**
 * German: the whole catalogue, in plain words and in the du form. One word has one meaning:
 *
 * - peer: Gegenstelle; contact: Kontakt; stranger: Unbekannter; node: Knoten; home: Profil; older program: älteres Programm
 * - message: Nachricht; conversation: Gespräch; outbox: Postausgang; history: Verlauf; delivered: zugestellt; unread: ungelesen
 * - key: Schlüssel; safety code: Sicherheitscode; verified, unverified: geprüft, ungeprüft; accept: annehmen; reject: ablehnen
 * - block: sperren; mute: stummschalten; request: Anfrage; alias: Alias; note: Notiz; identity: Identität; tag: Kürzel
 * - beacon, announcement: Ankündigung; session: Sitzung; setting: Einstellung; command: Befehl; log: Protokoll; transfer: Übertragung
 *
 * Names of commands, options and settings, states (`queued`, `online`, `busy`) and words in capitals (`PEER`) stay.
 */
import type { Catalogue } from '../shape.js';
import { commandFailures } from './command-failures.js';
import { nodeFailures } from './node-failures.js';
import { talkFailures } from './talk-failures.js';
import { commands } from './commands.js';
import { config } from './config.js';
import { contacts } from './contacts.js';
import { doctorWords } from '../doctor/german.js';
import { files } from './files.js';
import { formats } from './formats.js';
import { help } from './help.js';
import { menus } from './menus.js';
import { notify } from './notify.js';
import { pages } from './pages.js';
import { prompt } from './prompt.js';
import { screen } from './screen.js';
import { settings } from './settings.js';
import { slash } from './slash.js';
import { usage } from './usage.js';
import { values } from './values.js';

const failures: Catalogue['failures'] = { ...commandFailures, ...nodeFailures, ...talkFailures };

/** The German catalogue. */
export const german: Catalogue = {
  failures,
  commands,
  config,
  contacts,
  doctor: () => doctorWords,
  files,
  formats,
  help,
  menus,
  notify,
  pages,
  prompt,
  screen,
  settings,
  slash,
  usage,
  values,
};
