import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { IN_PLACE, type Subject } from '../bench-subject.ts';
import { finalTasks, inputsOf, type TaskWork } from '../work-shape.ts';

export function ninja(program: string): Subject {
  return {
    ...IN_PLACE,
    name: 'ninja',
    mostTasks: 20_000,
    restores: false,
    hashes: false,
    describe: (folder, { tasks }) => {
      const rules = tasks.map(
        (task) => `build ${task.output}: sh ${inputsOf(task).join(' ')}\n  cmd = ${task.command}\n`,
      );
      writeFileSync(join(folder, 'build.ninja'), `rule sh\n  command = $cmd\n\n${rules.join('\n')}`);
    },
    command: (folder) => ({ argv: [program, '--quiet'], folder, environment: {} }),
    traces: ['.ninja_log', '.ninja_deps'],
  };
}

export function goTask(program: string): Subject {
  return {
    ...IN_PLACE,
    name: 'go-task',
    mostTasks: 1000,
    restores: false,
    hashes: true,
    describe: (folder, work) => {
      const all = { deps: finalTasks(work).map((task) => task.name) };
      const tasks = Object.fromEntries(work.tasks.map((task) => [task.name, taskfileEntry(task)]));
      // JSON is YAML.
      const file = { version: '3', silent: true, run: 'once', tasks: { default: all, ...tasks } };
      writeFileSync(join(folder, 'Taskfile.yml'), JSON.stringify(file, null, 1));
    },
    command: (folder) => ({ argv: [program], folder, environment: {} }),
    traces: ['.task'],
  };
}

function taskfileEntry(task: TaskWork): object {
  return {
    deps: task.uses.map((used) => used.name),
    sources: inputsOf(task),
    generates: [task.output],
    cmds: [task.command],
  };
}
