/** What every subject is given to do, in no tool's language. Paths are relative to a subject's folder. */
export interface Work {
  readonly shape: 'chain' | 'fan-out' | 'one-task';
  readonly tasks: readonly TaskWork[];
  /** A source that only one task reads, and that task: what "one leaf changed" changes. */
  readonly leaf: { readonly source: string; readonly task: TaskWork };
}

export interface TaskWork {
  readonly name: string;
  /** Files of the user's that it reads. */
  readonly sources: readonly string[];
  /** The tasks whose output it reads. */
  readonly uses: readonly TaskWork[];
  readonly output: string;
  /** For a shell. It has none of the characters that one of the subjects' languages would want quoted. */
  readonly command: string;
}

/** One after the other, each reading the output of the one before; the last also reads a source of its own. */
export function chain(count: number): Work {
  const tasks: TaskWork[] = [];
  for (let i = 0; i < count; i += 1) {
    const before = tasks.at(-1);
    const ends = i === 0 || i === count - 1;
    tasks.push(trivialTask(`t${i}`, ends ? [`in/t${i}.txt`] : [], before === undefined ? [] : [before]));
  }
  return withLeaf('chain', tasks);
}

/** How many cells the second axis of a fan-out has. */
export const FAN_OUT_WIDTH = 100;

/** One task, and `count` (a multiple of a hundred) that read its output and a source of their own each. */
export function fanOut(count: number): Work {
  const root = trivialTask('root', ['in/root.txt'], []);
  const tasks = [root];
  for (let i = 0; i < count; i += 1) {
    const cell = `${Math.floor(i / FAN_OUT_WIDTH)}-${i % FAN_OUT_WIDTH}`;
    tasks.push(trivialTask(`leaf-${cell}`, [`in/leaf-${cell}.txt`], [root]));
  }
  return withLeaf('fan-out', tasks);
}

/** One task that reads big files and writes a copy of the first. */
export function bigFiles(count: number): Work {
  const sources = Array.from({ length: count }, (_, i) => `in/big${i}.bin`);
  const output = 'o/copy.bin';
  return withLeaf('one-task', [
    { name: 'copy', sources, uses: [], output, command: `cp ${sources[0]} ${output}` },
  ]);
}

/** The tasks that no other uses: what is asked for. */
export function finalTasks(work: Work): readonly TaskWork[] {
  return work.shape === 'fan-out' ? work.tasks.slice(1) : [work.leaf.task];
}

export function inputsOf(task: TaskWork): readonly string[] {
  return [...task.sources, ...task.uses.map((used) => used.output)];
}

/** What the sources of trivial tasks hold at first. */
export const sourceText = (path: string): string => `source ${path}\n`;

/** Every output is another, small whatever the length of the chain, and changes with what is read. */
function trivialTask(name: string, sources: readonly string[], uses: readonly TaskWork[]): TaskWork {
  const output = `o/${name}.txt`;
  const reads = sources[0] ?? uses[0]?.output;
  return {
    name,
    sources,
    uses,
    output,
    command: `echo ${name} > ${output}; head -c 40 ${reads} >> ${output}`,
  };
}

function withLeaf(shape: Work['shape'], tasks: readonly TaskWork[]): Work {
  const task = tasks.at(-1);
  const source = task?.sources[0];
  if (task === undefined || source === undefined) throw new Error('work needs a last task with a source');
  return { shape, tasks, leaf: { source, task } };
}
