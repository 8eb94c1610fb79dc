import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { IN_PLACE, type Subject } from '../bench-subject.ts';
import { finalTasks, type TaskWork } from '../work-shape.ts';

const writeJson = (path: string, value: object): void =>
  writeFileSync(path, `${JSON.stringify(value, null, 1)}\n`);

export function wireit(program: string): Subject {
  return {
    ...IN_PLACE,
    name: 'wireit',
    mostTasks: 1000,
    restores: true,
    hashes: true,
    describe: (folder, work) => {
      // `npm run` finds the program in the folder's own node_modules.
      symlinkSync(dirname(dirname(program)), join(folder, 'node_modules'));
      const names = ['all', ...work.tasks.map((task) => task.name)];
      const scripts = work.tasks.map((task) => [
        task.name,
        {
          command: task.command,
          dependencies: task.uses.map((used) => used.name),
          files: task.sources,
          output: [task.output],
        },
      ]);
      writeJson(join(folder, 'package.json'), {
        name: 'bench',
        scripts: Object.fromEntries(names.map((name) => [name, 'wireit'])),
        wireit: {
          all: { dependencies: finalTasks(work).map((task) => task.name) },
          ...Object.fromEntries(scripts),
        },
      });
    },
    command: (folder) => ({
      argv: ['npm', 'run', '--silent', 'all'],
      folder,
      environment: { WIREIT_LOGGER: 'quiet' },
    }),
    traces: ['.wireit'],
  };
}

/** A monorepo: a package a task, since that is what turbo knows dependencies between. */
export function turbo(program: string): Subject {
  const packageFolder = (task: TaskWork): string => join('packages', task.name);
  return {
    name: 'turbo',
    mostTasks: 100,
    restores: true,
    hashes: true,
    describe: (folder, work) => {
      writeJson(join(folder, 'package.json'), {
        name: 'bench',
        private: true,
        workspaces: ['packages/*'],
        packageManager: 'npm@10.0.0',
      });
      const build = { dependsOn: ['^build'], inputs: ['in/**'], outputs: ['o/**'] };
      writeJson(join(folder, 'turbo.json'), { tasks: { build } });
      for (const task of work.tasks) {
        mkdirSync(join(folder, packageFolder(task), 'o'), { recursive: true });
        writeJson(join(folder, packageFolder(task), 'package.json'), {
          name: task.name,
          version: '1.0.0',
          scripts: { build: `mkdir -p o && ${commandInPackage(task)}` },
          dependencies: Object.fromEntries(task.uses.map((used) => [used.name, '*'])),
        });
      }
    },
    command: (folder) => ({
      argv: [program, 'run', 'build', '--output-logs=none', '--no-color'],
      folder,
      environment: { TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
    }),
    traces: ['.turbo', 'node_modules'],
    sourceFolder: packageFolder,
    outputPath: (task) => join(packageFolder(task), task.output),
  };
}

/** The command with the outputs of other tasks where their packages are. */
function commandInPackage(task: TaskWork): string {
  return task.uses.reduce(
    (command, used) => command.replaceAll(used.output, `../${used.name}/${used.output}`),
    task.command,
  );
}
