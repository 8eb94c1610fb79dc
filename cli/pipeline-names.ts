import { readFile } from 'node:fs/promises';
import { isMap, parseDocument } from 'yaml';
import { type Candidate, plain } from './completion-candidate.ts';

/** The names in a pipeline file that a command line may use. */
export interface PipelineNames {
  /** Targets and tasks. */
  readonly targets: readonly Candidate[];
  readonly models: readonly Candidate[];
  readonly precisions: readonly Candidate[];
  /** With a `=` behind each. */
  readonly params: readonly Candidate[];
}

/**
 * Reads the names and nothing else, so that a shell need not wait. A file that is broken has those that stand
 * in what of it can be read; one that is not there has none.
 */
export async function pipelineNames(file: string): Promise<PipelineNames> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const { contents } = parseDocument(text, { logLevel: 'silent' });
  const keys = (part: string): string[] => {
    const map = isMap(contents) ? contents.get(part) : undefined;
    return isMap(map) ? map.items.map(({ key }) => String(key)) : [];
  };
  const tasks = keys('tasks').map((name): Candidate => {
    const description = isMap(contents) ? contents.getIn(['tasks', name, 'description']) : undefined;
    return { name, description: typeof description === 'string' ? description : '' };
  });
  return {
    targets: [...plain(keys('targets')), ...tasks],
    models: plain(keys('models')),
    precisions: plain(keys('precisions')),
    params: plain(keys('params').map((name) => `${name}=`)),
  };
}
