/** English: the whole catalogue. */
import type { DoctorWords } from '../../../index.js';
import type { FailureTexts } from '../failure-facts.js';
import { commandFailures } from './command-failures.js';
import { nodeFailures } from './node-failures.js';
import { talkFailures } from './talk-failures.js';
import { commands } from './commands.js';
import { config } from './config.js';
import { contacts } from './contacts.js';
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

const failures: FailureTexts = { ...commandFailures, ...nodeFailures, ...talkFailures };

/** The doctor has its English words itself, so that the program starts without them. */
const doctor = (): DoctorWords | undefined => undefined;

/** The English catalogue, whose shape every translation has. */
export const english = {
  failures,
  commands,
  config,
  contacts,
  doctor,
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
