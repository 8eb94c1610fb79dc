import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { IN_PLACE, type Subject } from '../bench-subject.ts';
import { finalTasks, inputsOf } from '../work-shape.ts';

export function doit(program: string): Subject {
  return {
    ...IN_PLACE,
    name: 'doit',
    mostTasks: 5000,
    restores: false,
    hashes: true,
    describe: (folder, { tasks }) => {
      const rows = tasks.map((task) => [task.name, inputsOf(task), task.output, task.command]);
      const lines = [
        `WORK = ${JSON.stringify(rows)}`,
        'def task_work():',
        '    for name, inputs, output, command in WORK:',
        '        yield dict(name=name, file_dep=inputs, targets=[output], actions=[command], verbosity=0)',
      ];
      writeFileSync(join(folder, 'dodo.py'), `${lines.join('\n')}\n`);
    },
    command: (folder) => ({ argv: [program, '-n', '2', '--reporter', 'zero'], folder, environment: {} }),
    traces: ['.doit.db', '.doit.db.db', '.doit.db.dat', '.doit.db.dir', '.doit.db.bak', '__pycache__'],
  };
}

export function dvc(program: string): Subject {
  const environment = { DVC_NO_ANALYTICS: '1' };
  return {
    ...IN_PLACE,
    name: 'DVC',
    mostTasks: 100,
    restores: true,
    hashes: true,
    describe: (folder, { tasks }) => {
      spawnSync(program, ['init', '--no-scm', '--force'], {
        cwd: folder,
        env: { ...process.env, ...environment },
      });
      const stages = Object.fromEntries(
        tasks.map((task) => [task.name, { cmd: task.command, deps: inputsOf(task), outs: [task.output] }]),
      );
      writeFileSync(join(folder, 'dvc.yaml'), JSON.stringify({ stages }, null, 1));
    },
    command: (folder) => ({ argv: [program, 'repro', '--quiet'], folder, environment }),
    traces: ['dvc.lock', '.dvc/cache', '.dvc/tmp'],
  };
}

export function snakemake(program: string): Subject {
  return {
    ...IN_PLACE,
    name: 'snakemake',
    mostTasks: 100,
    restores: false,
    hashes: false,
    describe: (folder, work) => {
      const all = `rule all:\n    input: ${JSON.stringify(finalTasks(work).map((task) => task.output))}\n`;
      const rules = work.tasks.map((task) =>
        [
          `rule ${task.name.replaceAll('-', '_')}:`,
          `    input: ${JSON.stringify(inputsOf(task))}`,
          `    output: ${JSON.stringify(task.output)}`,
          `    shell: ${JSON.stringify(task.command)}`,
          '',
        ].join('\n'),
      );
      mkdirSync(join(folder, 'home'), { recursive: true });
      writeFileSync(join(folder, 'Snakefile'), [all, ...rules].join('\n'));
    },
    command: (folder) => ({
      argv: [program, '--cores', '2', '--quiet', 'all'],
      folder,
      environment: { HOME: join(folder, 'home') },
    }),
    traces: ['.snakemake'],
  };
}
