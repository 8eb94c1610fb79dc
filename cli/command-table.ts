import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { FAILURE_MODES, type FailureMode } from '../engine/failure-mode.ts';
import { nearestName } from '../engine/nearest-name.ts';
import { BUILDABLE_VERSIONS } from '../tasks/model-recognition.ts';
import { commaList, wholeNumber, wholeOrZero } from './argument-values.ts';
import { benchCommand } from './bench-command.ts';
import { cacheCommand } from './cache-command.ts';
import type { CleanScope } from './commands/clean.ts';
import type { Shell } from './commands/completion.ts';
import type { GraphFormat } from './commands/graph.ts';
import type { SynthOptions } from './commands/synth.ts';
import { deviceCommand } from './device-command.ts';
import { EXIT } from './exit-code.ts';
import { packageVersion } from './package-version.ts';
import { buildOptions, pipelineCommand, type RawOptions } from './pipeline-command.ts';

const EXAMPLES = `
Examples:
  rwkv-build all --soc SM8650                 everything, for one SoC
  rwkv-build all --soc SM8650,SM8550          for several
  rwkv-build all --model rwkv7-0.1b.pth       from your own weights
  rwkv-build context --set chunks=4           one task, with another chunk count
  rwkv-build watch context                    again whenever an input changes
  rwkv-build verify                           every stage against the fp32 reference, and the predicted speed
  rwkv-build verify --layer 2                 what is computed in a layer that departs
  rwkv-build plan all --set chunks=4          what that would run, and why
  rwkv-build plan --preflight --soc SM8650    sizes, memory, time, and whether each context fits; runs nothing
  rwkv-build why context                      why a task has to run
  rwkv-build why --compare convert/a/fp16 convert/a/a16w8   in what two actions differ
  rwkv-build init my-rwkv7.pth                write a pipeline file for your weights
  rwkv-build synth --arch v7 --layers 24 --embd 2048 -o big.safetensors   weights of random numbers
  rwkv-build bench --matrix nightly           measure every cell of a matrix on devices
  rwkv-build bench check                      hold the latest measurement to earlier ones
  rwkv-build cache stats                      what the store holds, and its limit
  rwkv-build device emulate                   a phone that is none, for adb, until Ctrl-C
  rwkv-build all --sandbox strict             commands see their inputs and nothing else of the machine
  rwkv-build doctor                           what this machine lacks

Exit codes: 0 ok, 1 the build failed, 2 usage, 3 something is missing on this machine, 130 interrupted.
The store is in $RWKV_BUILD_CACHE, else $XDG_CACHE_HOME/rwkv-build, else ~/.cache/rwkv-build.`;

/** Parses the arguments, runs the command and returns the exit code. */
export async function buildProgram(args: readonly string[]): Promise<number> {
  let code: number = EXIT.ok;
  const finish = (result: number): void => {
    code = result;
  };
  const program = describeProgram(finish);
  // What completion scripts ask; the words are a command line that is still being written.
  if (args[0] === '__complete') return complete(program, args.slice(1));
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Commander has printed its message; asking for help or the version is no error.
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
}

async function complete(program: Command, words: readonly string[]): Promise<number> {
  const { completionCandidates } = await import('./completion-candidates.ts');
  for (const { name, description } of await completionCandidates(program, words)) {
    process.stdout.write(`${name}${description === '' ? '' : `\t${description}`}\n`);
  }
  return EXIT.ok;
}

function describeProgram(finish: (code: number) => void): Command {
  const program = new Command('rwkv-build')
    .description('Turns RWKV weights into Qualcomm HTP artifacts and runs them on devices.')
    .version(packageVersion(), '-V, --version')
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError()
    .showHelpAfterError('(see rwkv-build --help)')
    .exitOverride()
    .addHelpText('after', EXAMPLES);

  pipelineCommand(program, 'build [targets...]', 'build targets or tasks; the word `build` can be left out', {
    isDefault: true,
  })
    .option('--logs', 'print what each command wrote, also of those whose result is reused')
    .addOption(
      new Option(
        '--on-failure <mode>',
        'after a failure, `continue` with what does not depend on it, `finish` what runs, or `kill` that too',
      )
        .choices(FAILURE_MODES)
        .default('finish'),
    )
    .addOption(
      new Option('-k, --keep-going', 'the same as `--on-failure continue`').implies({
        onFailure: 'continue',
      }),
    )
    .option('--profile <path>', 'write a trace of the build, for https://ui.perfetto.dev')
    .option('--link-outputs', 'put read-only links to the store under out/, which take no room, not copies')
    .action(async (targets: string[], raw: RawOptions & BuildFlags) => {
      const { build } = await import('./commands/build.ts');
      const logs = raw.logs === true ? 'shown' : 'kept';
      const { onFailure } = raw;
      const profile = raw.profile === undefined ? {} : { profile: raw.profile };
      const outputs = raw.linkOutputs === true ? 'link' : 'copy';
      finish(await build(targets, buildOptions(raw), { logs, onFailure, outputs, ...profile }));
    });
  pipelineCommand(
    program,
    'watch [targets...]',
    'build, and build again whenever an input changes; Ctrl-C ends it',
  ).action(async (targets: string[], raw: RawOptions) => {
    const { watch } = await import('./commands/watch.ts');
    finish(await watch(targets, buildOptions(raw)));
  });
  pipelineCommand(
    program,
    'verify [targets...]',
    'hold every stage of the built models to the fp32 reference: divergence, and the first layer that departs',
  )
    .option('--layer <number>', 'compare everything that is computed in this layer, from 0', wholeOrZero)
    .action(async (targets: string[], raw: RawOptions & { layer?: number }) => {
      const { verify } = await import('./commands/verify.ts');
      finish(await verify(targets, buildOptions(raw), raw.layer));
    });
  pipelineCommand(
    program,
    'plan [targets...]',
    'print what a build would run, why, and how long it would take, without running it',
  )
    .option(
      '--preflight',
      'print what each context needs, from the shapes of the weights, and whether it fits',
    )
    .action(async (targets: string[], raw: RawOptions & { readonly preflight?: boolean }) => {
      const { plan } = await import('./commands/plan.ts');
      const { preflight } = await import('./commands/preflight.ts');
      finish(await (raw.preflight === true ? preflight : plan)(targets, buildOptions(raw)));
    });
  pipelineCommand(
    program,
    'why <task>',
    'print what changed since the last result of a task or an action, and what is reused',
  )
    .argument('[other]', 'with --compare: the other action')
    .option('--compare', 'print in what two actions, or earlier results by fingerprint, differ')
    .action(async (task: string, other: string | undefined, raw: RawOptions & { compare?: boolean }) => {
      const { compare, why } = await import('./commands/why.ts');
      if (raw.compare !== true && other === undefined) finish(await why(task, buildOptions(raw)));
      else if (raw.compare === true && other !== undefined)
        finish(await compare(task, other, buildOptions(raw)));
      else throw new InvalidArgumentError('why takes one name, and with --compare two.');
    });
  pipelineCommand(program, 'status [targets...]', 'print how much of each task is up to date').action(
    async (targets: string[], raw: RawOptions) => {
      const { status } = await import('./commands/status.ts');
      finish(await status(targets, buildOptions(raw)));
    },
  );
  pipelineCommand(program, 'graph [targets...]', 'print the graph of actions')
    .addOption(
      new Option('--format <format>', 'for which program; html is a page that needs nothing but itself')
        .choices(['mermaid', 'dot', 'json', 'html'])
        .default('mermaid'),
    )
    .option('-o, --output <path>', 'the file to write; without it, stdout')
    .action(async (targets: string[], raw: RawOptions & { format: GraphFormat; output?: string }) => {
      const { graph } = await import('./commands/graph.ts');
      finish(await graph(targets, raw.format, raw.output, buildOptions(raw)));
    });
  pipelineCommand(
    program,
    'logs <task>',
    'print what the commands of a task or an action wrote the last time',
  ).action(async (task: string, raw: RawOptions) => {
    const { logs } = await import('./commands/logs.ts');
    finish(await logs(task, buildOptions(raw)));
  });
  program
    .command('provenance <artifact>')
    .description(
      'print how an artifact came about: a file or folder by path, or a SHA-256 (in-toto, SLSA v1)',
    )
    .option('-f, --file <path>', 'the pipeline file', 'rwkv.pipeline.yaml')
    .action(async (artifact: string, raw: { file: string }) => {
      const { provenance } = await import('./commands/provenance.ts');
      finish(await provenance(artifact, raw));
    });
  pipelineCommand(
    program,
    'clean [scope]',
    'remove `out` (the default), the `store`, or what is on the `device`',
  ).action(async (scope: string | undefined, raw: RawOptions) => {
    const { clean } = await import('./commands/clean.ts');
    finish(await clean(cleanScope(scope ?? 'out'), buildOptions(raw)));
  });
  benchCommand(program, finish);
  cacheCommand(program, finish);
  deviceCommand(program, finish);
  program
    .command('init [weights...]')
    .description('write a commented pipeline file for weights (.pth, .safetensors)')
    .option('-f, --file <path>', 'the file to write', 'rwkv.pipeline.yaml')
    .option('--soc <names>', 'the SoCs, separated by commas', commaList, [])
    .option('--force', 'replace a file that is there')
    .option('--dry-run', 'print the file instead of writing it')
    .action(async (weights: string[], raw: RawOptions & { force?: boolean; dryRun?: boolean }) => {
      const { init } = await import('./commands/init.ts');
      const { file, soc } = raw;
      finish(await init(weights, { file, soc, force: raw.force === true, dryRun: raw.dryRun === true }));
    });
  synthCommand(program, finish);
  program
    .command('completion')
    .description('print the completion script of a shell')
    .addArgument(new Argument('<shell>', 'which shell').choices(['bash', 'zsh', 'fish']))
    .action(async (shell: Shell) => {
      const { completion } = await import('./commands/completion.ts');
      finish(completion(shell));
    });
  program
    .command('doctor')
    .description('say what this machine lacks, with the command that brings it')
    .option('--json', 'one check a line on stdout')
    .action(async (raw: { json?: boolean }) => {
      const { doctor } = await import('./commands/doctor.ts');
      finish(await doctor({ json: raw.json === true }));
    });
  return program;
}

const SYNTH_EXAMPLES = `
Examples:
  rwkv-build synth --arch v7 --layers 24 --embd 2048 -o big.safetensors      an RWKV-7 of 1.5 B, of random numbers
  rwkv-build synth --arch v6 --layers 2 --embd 128 --vocab 256 -o tiny.safetensors`;

function synthCommand(program: Command, finish: (code: number) => void): void {
  program
    .command('synth')
    .description('write weights of random numbers in the shapes of real models, to try sizes with')
    .addOption(
      new Option('--arch <version>', 'which RWKV')
        .choices(BUILDABLE_VERSIONS.map((version) => `v${version}`))
        .makeOptionMandatory(),
    )
    .requiredOption('--layers <count>', 'how many layers', wholeNumber)
    .requiredOption('--embd <channels>', 'channels of the residual stream', wholeNumber)
    .requiredOption('-o, --output <path>', 'the .safetensors file to write')
    .option('--vocab <tokens>', 'how many different tokens', wholeNumber, 65536)
    .option('--head-size <channels>', 'channels of a head', wholeNumber, 64)
    .option('--seed <number>', 'the same seed gives the same file', wholeOrZero, 0)
    .addOption(
      new Option('--format <numbers>', 'what the numbers are stored as')
        .choices(['fp16', 'fp32'])
        .default('fp16'),
    )
    .addHelpText('after', SYNTH_EXAMPLES)
    .action(async (raw: SynthOptions) => {
      const { synth } = await import('./commands/synth.ts');
      finish(await synth(raw));
    });
}

interface BuildFlags {
  readonly linkOutputs?: boolean;
  readonly logs?: boolean;
  readonly onFailure: FailureMode;
  readonly profile?: string;
}

function cleanScope(value: string): CleanScope {
  if (value === 'out' || value === 'store' || value === 'device') return value;
  const nearest = nearestName(value, ['out', 'store', 'device']);
  throw new InvalidArgumentError(
    `clean takes out, store or device${nearest === undefined ? '' : `; did you mean ${nearest}?`}`,
  );
}
