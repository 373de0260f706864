/** The doctor for the command line, which may not import the node. */
import type { Result } from 'neverthrow';
import { diagnose as examine, type DiagnoseOptions, type Finding } from '../../node/doctor/diagnose.js';
import type { NodeError } from '../../node/handle.js';

export type { DiagnoseOptions, DoctorWords, Finding } from '../../node/doctor/diagnose.js';

/** Examines this machine and its network. Errors: those of the node. */
export const diagnose = (options: DiagnoseOptions): Promise<Result<readonly Finding[], NodeError>> =>
  examine(options);
