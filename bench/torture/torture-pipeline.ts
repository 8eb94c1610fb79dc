import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** How many contents the input has that is edited between kills. */
export const VARIANTS = 3;

const CHAIN = 8;
const CELLS = 8;
const BIG_BYTES = 6_000_000;

/** A task with its script, inputs and outputs, as one entry of the file. */
const task = (name: string, run: string, inputs: readonly string[], outputs: readonly string[]): string[] => [
  `  ${name}:`,
  `    run: |`,
  ...run.split('\n').map((line) => `      ${line}`),
  `    inputs: [${inputs.map((path) => `"${path}"`).join(', ')}]`,
  `    outputs: [${outputs.map((path) => `"${path}"`).join(', ')}]`,
];

function pipelineText(): string {
  const links = Array.from({ length: CHAIN }, (_, i) => {
    const before = i === 0 ? 'in/knob.txt' : `chain/${i - 1}.txt`;
    return task(
      `chain${i}`,
      `sleep 0.0${i + 1}\n{ echo link ${i}; cat ${before}; } > chain/${i}.txt`,
      [before],
      [`chain/${i}.txt`],
    );
  });
  const cell = '${{ matrix.cell }}';
  const cells = Array.from({ length: CELLS }, (_, i) => i);
  const lines = [
    ...links.flat(),
    ...task(
      'cells',
      `cat in/cell-${cell}.txt in/knob.txt > cells/${cell}.txt\nsleep 0.03`,
      [`in/cell-${cell}.txt`, 'in/knob.txt'],
      [`cells/${cell}.txt`],
    ),
    `    matrix: { cell: [${cells.join(', ')}] }`,
    // What a command leaves running must not survive it, and must not write where nobody looks any more.
    ...task('loud', 'sleep 0.2 &\nseq 1 3000 | tee loud.txt', ['in/cell-0.txt'], ['loud.txt']),
    ...task(
      'big',
      `cat in/big.bin in/knob.txt > big/one.bin`,
      ['in/big.bin', 'in/knob.txt'],
      ['big/one.bin'],
    ),
    ...task('bigger', 'cat big/one.bin big/one.bin > big/two.bin', ['big/one.bin'], ['big/two.bin']),
    ...task(
      'tree',
      'mkdir -p tree/a/b tree/c\nfor n in 1 2 3 4 5; do echo $n > tree/a/b/$n; cp in/knob.txt tree/c/$n; done',
      ['in/knob.txt'],
      ['tree/'],
    ),
    // As many files as the input says, with names that only it knows.
    ...task(
      'dynamic',
      'mkdir -p dynamic\nfor n in $(seq 1 $(cat in/knob.txt | wc -l)); do cat tree/c/1 > dynamic/part-$n; sleep 0.02; done',
      ['in/knob.txt', 'tree'],
      ['dynamic/'],
    ),
    ...task('tool', 'cp in/tool.sh bin/tool\nchmod 755 bin/tool', ['in/tool.sh'], ['bin/tool']),
    ...task('used', './bin/tool < in/knob.txt > used.txt', ['bin/tool', 'in/knob.txt'], ['used.txt']),
    // The same bytes as a program and as a plain file.
    ...task('plain', 'cat in/tool.sh > plain-tool.txt', ['in/tool.sh'], ['plain-tool.txt']),
    ...task(
      'all-of-it',
      'find dynamic tree cells -type f | LC_ALL=C sort | xargs sha256sum > sums.txt\nsha256sum big/two.bin used.txt >> sums.txt',
      ['dynamic', 'tree', 'cells', 'big/two.bin', 'used.txt'],
      ['sums.txt'],
    ),
  ];
  return ['version: 1', 'tasks:', ...lines, ''].join('\n');
}

/** Writes the pipeline and its inputs. */
export function writeProject(folder: string): void {
  mkdirSync(join(folder, 'in'), { recursive: true });
  writeFileSync(join(folder, 'rwkv.pipeline.yaml'), pipelineText());
  for (let i = 0; i < CELLS; i += 1) writeFileSync(join(folder, 'in', `cell-${i}.txt`), `cell ${i}\n`);
  const big = Buffer.alloc(BIG_BYTES);
  for (let i = 0; i < BIG_BYTES; i += 4) big.writeUInt32LE(Math.imul(i, 2_654_435_761) >>> 0, i);
  writeFileSync(join(folder, 'in', 'big.bin'), big);
  writeFileSync(join(folder, 'in', 'tool.sh'), '#!/bin/sh\ntr a-z A-Z\n');
  chmodSync(join(folder, 'in', 'tool.sh'), 0o755);
  turnKnob(folder, 0);
}

/** Gives the input that most tasks read another of its contents: of another length, too. */
export function turnKnob(folder: string, variant: number): void {
  const lines = Array.from({ length: 2 + variant * 3 }, (_, i) => `variant ${variant} line ${i}`);
  writeFileSync(join(folder, 'in', 'knob.txt'), `${lines.join('\n')}\n`);
}
