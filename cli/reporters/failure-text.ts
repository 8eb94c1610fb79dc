import type { Failure } from '../../engine/failure.ts';
import { excerpt } from '../../engine/source-excerpt.ts';
import type { Palette } from './palette.ts';

/** A failure for a person: where, what, the end of what the command said, and the next step. */
export function failureText(failure: Failure, palette: Palette): string {
  const lines: string[] = [];
  const [first = '', ...more] = failure.message.split('\n');
  lines.push(`${palette.red('error')}: ${palette.bold(first)}`, ...more.map((line) => `  ${line}`));
  if ((failure.kind === 'action-failed' || failure.kind === 'input-undeclared') && failure.output !== '') {
    lines.push(...failure.output.split('\n').map((line) => `  ${palette.dim('│')} ${line}`));
  }
  if (failure.location !== undefined && pointsAtMistake(failure)) {
    lines.push(
      ...excerpt(failure.location)
        .split('\n')
        .map((line) => `  ${line}`),
    );
  }
  if (failure.hint !== undefined) lines.push(`${palette.cyan('hint')}: ${failure.hint}`);
  return lines.join('\n');
}

/**
 * A failed command's place in the pipeline is where its task stands, and its own words matter more; unless it
 * is known what to change.
 */
function pointsAtMistake(failure: Failure): boolean {
  return failure.kind !== 'action-failed' || failure.parameter !== undefined;
}
