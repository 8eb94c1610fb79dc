import {
  type ArtifactPublished,
  type BuildEvent,
  type ResultReported,
  SHOWN_ARTIFACTS,
} from '../../engine/event.ts';
import type { BenchmarkResult } from '../../tasks/benchmark/benchmark-result.ts';
import { figure, fileSize, table } from './figures.ts';
import type { Palette } from './palette.ts';
import { isPredicted, predictionTable } from './prediction-table.ts';
import { isVerified, verifiedTables } from './verified-tables.ts';

/** What stands at the end of a successful build: the text that each model wrote, and what was built. */
export class ClosingReport {
  /** By path. */
  private readonly artifacts = new Map<string, ArtifactPublished>();
  private results: ResultReported[] = [];
  /** The digests that have been shown, by path: a later round of a watch shows only what is new. */
  private readonly shown = new Map<string, string>();

  add(event: BuildEvent): void {
    if (event.type === 'artifact' && this.shown.get(event.path) !== event.digest) {
      this.shown.set(event.path, event.digest);
      this.artifacts.set(event.path, event);
    }
    if (event.type === 'result' && this.artifacts.has(event.path)) {
      this.results.push(event);
    }
  }

  /** What was built since the last call; `unlisted` artifacts more are there that no event told of. */
  takeLines(palette: Palette, unlisted: number): string[] {
    const lines = this.lines(palette, unlisted);
    this.artifacts.clear();
    this.results = [];
    return lines;
  }

  private recordsThat<Kind>(is: (record: Kind) => boolean): readonly Kind[] {
    return this.results.map(({ result }) => result as unknown as Kind).filter(is);
  }

  private lines(palette: Palette, unlisted: number): string[] {
    const benchmarks = this.recordsThat(isBenchmark);
    return [
      ...benchmarks.flatMap((result) => ['', ...benchmarkText(result, palette)]),
      ...accuracyTable(benchmarks, palette),
      ...verifiedTables(this.recordsThat(isVerified), palette),
      ...predictionTable(this.recordsThat(isPredicted), palette),
      ...artifactTable([...this.artifacts.values()], unlisted, palette),
      ...(this.artifacts.size > 0 ? [''] : []),
    ];
  }
}

/** The engine hands over any result file; only a benchmark's has a text. */
function isBenchmark(result: BenchmarkResult): boolean {
  return typeof result?.text === 'string' && typeof result.evaluation?.perplexity === 'number';
}

function benchmarkText(result: BenchmarkResult, palette: Palette): string[] {
  const where = result.emulated ? 'HTP emulator' : `${result.device.model} (${result.device.serial})`;
  const title = `${result.model} · ${result.precision} · ${result.soc} · ${where}`;
  return [palette.bold(title), ...wrap(palette.dim(result.prompt), result.text)];
}

/** The prompt and what the model wrote after it, at a width that reads well. */
function wrap(prompt: string, text: string): string[] {
  const lines: string[] = [];
  for (const paragraph of `${prompt}${text}`.split('\n')) {
    let line = '';
    for (const word of paragraph.split(' ')) {
      if (line !== '' && line.length + word.length > 96) {
        lines.push(line);
        line = '';
      }
      line = line === '' ? word : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines.map((line) => `  ${line}`.trimEnd());
}

function accuracyTable(results: readonly BenchmarkResult[], palette: Palette): string[] {
  if (results.length === 0) return [];
  const measured = results.some((result) => result.measured !== undefined);
  const head = ['model', 'precision', 'SoC', 'perplexity', 'fp32', 'KL to fp32', 'same top token'];
  const rows = results.map((result) => {
    const { perplexity, reference_perplexity, kl_mean, top1_agreement } = result.evaluation;
    return [
      result.model,
      result.precision,
      result.soc,
      figure(perplexity),
      figure(reference_perplexity),
      figure(kl_mean),
      `${(100 * top1_agreement).toFixed(1)} %`,
      ...(measured ? [speed(result)] : []),
    ];
  });
  const [first = '', ...rest] = table(
    [measured ? [...head, 'tokens/s'] : head, ...rows],
    new Set([3, 4, 5, 6, 7]),
  );
  const tokens = results[0]?.evaluation.tokens ?? 0;
  const emulated = results.some((result) => result.emulated);
  return [
    '',
    palette.bold(first),
    ...rest,
    palette.dim(
      `over ${tokens} tokens of held-out text${emulated ? '; on the emulator, whose times say nothing about a phone' : ''}`,
    ),
  ];
}

function speed(result: BenchmarkResult): string {
  return result.measured === undefined ? '–' : figure(result.measured.generation_tokens_per_second);
}

function artifactTable(
  artifacts: readonly ArtifactPublished[],
  unlisted: number,
  palette: Palette,
): string[] {
  if (artifacts.length === 0) return [];
  const shown = artifacts.slice(0, SHOWN_ARTIFACTS);
  const rows = shown.map(({ path, bytes, digest }) => [path, fileSize(bytes), digest.slice(0, 12)]);
  const [first = '', ...rest] = table([['built', 'size', 'sha256'], ...rows], new Set([1]));
  const hidden = artifacts.length - shown.length + unlisted;
  const more = hidden > 0 ? [palette.dim(`… and ${hidden} more under out/`)] : [];
  return ['', palette.bold(first), ...rest, ...more];
}
