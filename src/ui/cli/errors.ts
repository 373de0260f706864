/** The expected failures of commands, and the union of all failures that a command can report. */
import type { ParlanceError } from '../../index.js';

/** An option for the start of a node, its value, and the value that the running node has. */
export interface OptionDifference {
  readonly option: string;
  readonly asked: string;
  readonly has: string;
}

/** Failures of a command. Handled at the edge: exit codes 1, 2 and 4. */
export type CommandError =
  | { readonly code: 'command/usage'; readonly detail: string; readonly command: string }
  /** `queued`: messages that are safe in the outbox and go out later; `unsent`: lines that never got that far. */
  | {
      readonly code: 'command/not-delivered';
      /** The peer runs a foreign program, which never confirms anything. */
      readonly isForeign: boolean;
      readonly peer: string;
      readonly waitedMs: number;
      readonly queued: number;
      readonly unsent: number;
    }
  /** Nothing was sent. `isOff`: read marks are off for the peer in this home; otherwise its program has none. */
  | { readonly code: 'command/no-read-marks'; readonly peer: string; readonly isOff: boolean }
  /** Messages were delivered. `gone`: one was deleted or disappeared; `unable`: the program of the peer tells nothing. */
  | {
      readonly code: 'command/not-read';
      readonly peer: string;
      readonly waitedMs: number;
      readonly why: 'open' | 'unable' | 'gone';
    }
  /** The system lets this process open no more files. */
  | { readonly code: 'command/files' }
  /** The input of the prompt ended, and messages are still queued. */
  | { readonly code: 'command/queued'; readonly what: string }
  /** `send --all-here`: no native peer is online. */
  | { readonly code: 'command/nobody-here' }
  /** A transfer was declined, stopped, or not answered in time. */
  | {
      readonly code: 'command/not-transferred';
      readonly peer: string;
      readonly name: string;
      readonly state: string;
      readonly reason: string;
    }
  /** A transfer goes on after the time for it. */
  | { readonly code: 'command/transfer-open'; readonly what: string }
  | { readonly code: 'command/timeout'; readonly what: string; readonly waitedMs: number }
  /** A message is `failed` for good. */
  | { readonly code: 'command/failed'; readonly peer: string; readonly reason: string }
  /** A line of stdin cannot be a message. `isRestSent`: the lines after it were sent. */
  | {
      readonly code: 'command/input';
      readonly line: number;
      readonly detail: string;
      readonly isRestSent: boolean;
    }
  /** Stdout takes no more, for another reason than a reader that left. */
  | { readonly code: 'command/output'; readonly reason: string }
  /** The program of `recv --exec` failed for a message. */
  | { readonly code: 'command/exec'; readonly command: string; readonly reason: string }
  | { readonly code: 'command/file'; readonly file: string; readonly reason: string }
  /** The clipboard of the desktop cannot be used, or holds no text. */
  | { readonly code: 'command/clipboard'; readonly what: 'read' | 'write'; readonly reason: string }
  /** Options for the start of a node that ask for something else than the running node has. */
  | {
      readonly code: 'command/option-differs';
      readonly home: string;
      readonly differences: readonly OptionDifference[];
    }
  /** The node of this command ended without a request. */
  | { readonly code: 'command/node-ended'; readonly reason: string }
  /** A signal came before the command was done. */
  | { readonly code: 'command/stopped' };

/** A failure that a command reports: one of the node, or one of the command itself. */
export type CliError = ParlanceError | CommandError;

/** The codes of all failures that a command reports. */
export type CliErrorCode = CliError['code'];
