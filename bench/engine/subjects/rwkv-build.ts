import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildSummary } from '../../../engine/event.ts';
import { ownProgram } from '../../own-program.ts';
import type { Subject } from '../bench-subject.ts';
import { FAN_OUT_WIDTH, inputsOf, type TaskWork, type Work } from '../work-shape.ts';

export function rwkvBuild(): Subject {
  const argv = ownProgram();
  const environment = (folder: string): Record<string, string> => ({
    RWKV_BUILD_CACHE: join(folder, 'cache'),
  });
  return {
    name: 'rwkv-build',
    mostTasks: Number.POSITIVE_INFINITY,
    restores: true,
    hashes: true,
    describe: (folder, work) => writeFileSync(join(folder, 'rwkv.pipeline.yaml'), pipelineText(work)),
    command: (folder) => ({ argv, folder, environment: environment(folder) }),
    traces: ['cache', 'out'],
    sourceFolder: () => '',
    outputPath: (task) => join('out', task.output),
    idleProblem: (folder) => {
      const [file = '', ...args] = [...argv, '--json'];
      const run = spawnSync(file, args, {
        cwd: folder,
        env: { ...process.env, ...environment(folder) },
        encoding: 'utf8',
        maxBuffer: 2 ** 30,
      });
      const last = JSON.parse(run.stdout.trimEnd().split('\n').at(-1) ?? '{}') as Partial<BuildSummary>;
      return last.type === 'summary' && last.ran === 0 ? undefined : `it ran ${last.ran} actions again`;
    },
  };
}

/** As a user would write it: cells of one task where tasks are alike, else a task each (from a generator). */
function pipelineText(work: Work): string {
  const tasks = work.shape === 'fan-out' ? fanOutTasks(work) : work.tasks.map(plainTask);
  const targets = work.shape === 'fan-out' ? 'leaf' : work.leaf.task.name;
  return ['version: 1', 'tasks:', ...tasks, 'targets:', `  all: [${targets}]`, ''].join('\n');
}

function plainTask(task: TaskWork): string {
  return taskText(task.name, task.command, inputsOf(task), task.output);
}

function fanOutTasks({ tasks }: Work): string[] {
  const [root, ...leaves] = tasks;
  if (root === undefined) throw new Error('a fan-out has a root');
  const leaf = taskText(
    'leaf',
    (leaves[0]?.command ?? '').replaceAll('leaf-0-0', CELL),
    [`in/${CELL}.txt`, root.output],
    `o/${CELL}.txt`,
  );
  const axis = (name: string, count: number): string =>
    `      ${name}: [${Array.from({ length: count }, (_, i) => i).join(', ')}]`;
  const rows = leaves.length / FAN_OUT_WIDTH;
  return [plainTask(root), leaf, '    matrix:', axis('row', rows), axis('column', FAN_OUT_WIDTH)];
}

const CELL = 'leaf-${{ matrix.row }}-${{ matrix.column }}';

function taskText(name: string, command: string, inputs: readonly string[], output: string): string {
  const list = inputs.map((path) => `"${path}"`).join(', ');
  return `  ${name}:\n    run: "${command}"\n    inputs: [${list}]\n    outputs: ["${output}"]`;
}
