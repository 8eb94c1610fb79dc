import { type Command, Option } from 'commander';
import { append } from './argument-values.ts';
import { buildOptions, pipelineCommand, type RawOptions } from './pipeline-command.ts';

const BENCH_EXAMPLES = `
Examples:
  rwkv-build bench --matrix nightly                    build what is missing, then measure every cell
  rwkv-build bench --matrix nightly --device adb       on the phone that is attached
  rwkv-build bench --matrix nightly --continue         the cells that an interrupted run has not measured
  rwkv-build bench check                               hold the latest run to those before it; exit code 1 on a regression
  rwkv-build bench check --baseline main.jsonl         to another history
  rwkv-build bench compare 2026-11-29T02 2026-11-30T02   two runs, by what their names begin with
  rwkv-build bench export --format csv > runs.csv      csv, md, or json for github-action-benchmark

Every measured cell is a line of the history, bench-history.jsonl beside the pipeline file unless --history names
another. Histories of several machines are merged by joining their lines: \`cat a.jsonl b.jsonl > all.jsonl\`.
Speeds on the emulator are those of this machine and of no phone; they are compared with each other only.`;

/** `bench` and its parts. */
export function benchCommand(program: Command, finish: (code: number) => void): void {
  const bench = pipelineCommand(
    program,
    'bench',
    'measure a matrix of models, precisions and SoCs on devices; compare runs',
  )
    .option('--matrix <name>', 'which of the pipeline’s `matrices:` to measure')
    .option('--continue', 'go on with the latest run of the matrix: only what it has not measured')
    .option('--history <path>', 'the history that gets a line for each cell')
    .addHelpText('after', BENCH_EXAMPLES)
    .action(async (raw: RawOptions & MatrixFlags) => {
      const { matrix, history } = raw;
      if (matrix === undefined)
        return bench.error('error: bench needs --matrix NAME, or one of its commands');
      const { benchMatrix } = await import('./commands/bench-matrix.ts');
      finish(
        await benchMatrix(buildOptions(raw), {
          matrix,
          continues: raw.continue === true,
          ...(history === undefined ? {} : { history }),
        }),
      );
    });
  const part = (name: string, description: string): Command =>
    bench
      .command(name)
      .description(description)
      .option('--history <path>', 'a history to read (repeatable)', append, []);
  part('compare', 'print in what two runs differ')
    .argument('<earlier>', 'a run, by what its name begins with')
    .argument('<later>', 'the run that is held against it')
    .addOption(format())
    .action(async (earlier: string, later: string, raw: ReportFlags) => {
      const { benchCompare } = await import('./commands/bench-compare.ts');
      finish(await benchCompare(earlier, later, raw));
    });
  part('check', 'hold the latest run to earlier ones; the exit code is 1 when something became worse')
    .option('--baseline <path>', 'a history to hold it to, instead of the earlier runs of its own')
    .option('--run <name>', 'another run than the latest, by what its name begins with')
    .addOption(format())
    .action(async (raw: ReportFlags & { baseline?: string; run?: string }) => {
      const { benchCheck } = await import('./commands/bench-compare.ts');
      finish(await benchCheck(raw));
    });
  part('export', 'print the records for other programs')
    .addOption(
      new Option('--format <format>', 'a table, or what github-action-benchmark reads (customBiggerIsBetter)')
        .choices(['csv', 'md', 'json'])
        .default('csv'),
    )
    .option('--run <name>', 'one run alone, by what its name begins with')
    .action(async (raw: { history: string[]; format: 'csv' | 'md' | 'json'; run?: string }) => {
      const { benchExport } = await import('./commands/bench-export.ts');
      finish(await benchExport(raw));
    });
}

const format = (): Option =>
  new Option('--format <format>', 'for a terminal, for a comment on a pull request, for a program')
    .choices(['table', 'md', 'json'])
    .default('table');

interface MatrixFlags {
  readonly matrix?: string;
  readonly continue?: boolean;
  readonly history?: string;
}

interface ReportFlags {
  readonly history: string[];
  readonly format: 'table' | 'md' | 'json';
}
