import type { PlannedAction, PlannedState } from '../../engine/build-plan.ts';
import type { PlanFigures } from '../../engine/plan-figures.ts';
import { duration } from './figures.ts';
import type { Palette } from './palette.ts';

/** A planned action with its reasons. */
export function plannedText(action: PlannedAction, palette: Palette): string {
  const mark = action.state === 'run' ? palette.yellow('run') : palette.cyan('may run');
  const took =
    action.lastSeconds === undefined ? '' : palette.dim(` (last time ${duration(action.lastSeconds)})`);
  return [
    `${mark} ${action.id}${took}`,
    ...action.reasons.map((line) => reasonText(line, '    ', palette)),
  ].join('\n');
}

/** A line of reasons; those of a changed script in the colours of a difference. */
export function reasonText(line: string, indentation: string, palette: Palette): string {
  const text = `${indentation}${line}`;
  if (/^ +- /.test(line)) return palette.red(text);
  if (/^ +\+ /.test(line)) return palette.green(text);
  return palette.dim(text);
}

/** What a build would cost and what it would not, in sentences. */
export function figuresText(figures: PlanFigures, jobs: number): readonly string[] {
  const { actions, run, mayRun, cached, neverRan, savedSeconds, criticalPath } = figures;
  const lines: string[] = [];
  if (run === 0) lines.push(`nothing to run: ${actions} of ${actions} actions are up to date`);
  else {
    const may = mayRun === 0 ? '' : ` and ${mayRun} may`;
    if (figures.measured === 0) {
      return [
        `${run} of ${actions} actions ${verb(run, 'has', 'have')} to run; how long is not known: none ever ran here`,
      ];
    }
    lines.push(
      `${run} of ${actions} actions ${verb(run, 'has', 'have')} to run${may}: ${wallText(figures, jobs)}`,
    );
    if (neverRan > 0) {
      lines.push(`${neverRan} of them never ran here; each is taken to need what others of its task do`);
    }
    if (criticalPath.length > 1) {
      lines.push(`the longest chain takes ${duration(figures.criticalSeconds)}: ${chainText(criticalPath)}`);
    }
  }
  if (cached > 0 && savedSeconds > 0) {
    lines.push(`${cached} reused ${verb(cached, 'saves', 'save')} about ${duration(savedSeconds)} of work`);
  }
  return lines;
}

const verb = (count: number, one: string, many: string): string => (count === 1 ? one : many);

function wallText({ leastSeconds, mostSeconds }: PlanFigures, jobs: number): string {
  const cores = `with ${jobs} ${jobs === 1 ? 'job' : 'jobs'}`;
  const [least, most] = [duration(leastSeconds), duration(mostSeconds)];
  return least === most ? `about ${least} ${cores}` : `about ${least} to ${most} ${cores}`;
}

const SHOWN_LINKS = 6;

function chainText(ids: readonly string[]): string {
  if (ids.length <= SHOWN_LINKS) return ids.join(' → ');
  return `${ids.slice(0, 3).join(' → ')} → … → ${ids.slice(-2).join(' → ')} (${ids.length} actions)`;
}

/** The words for what a build would do with an action. */
export function stateText(state: PlannedState, palette: Palette): string {
  switch (state) {
    case 'cached':
      return palette.green('up to date');
    case 'run':
      return palette.yellow('has to run');
    case 'may-run':
      return palette.cyan('may have to run');
  }
}
