import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const REPOSITORY = join(dirname(fileURLToPath(import.meta.url)), '..');

/** How users start rwkv-build: the program that package.json names, with the interpreter of its first line. */
export function ownProgram(): readonly string[] {
  const manifest = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as {
    readonly bin: Readonly<Record<string, string>>;
  };
  const file = join(REPOSITORY, manifest.bin['rwkv-build'] ?? '');
  const shebang = /^#!(.*)/.exec(readFileSync(file, 'utf8'))?.[1]?.trim().split(/\s+/) ?? ['node'];
  const interpreter = shebang.filter((word) => word !== '/usr/bin/env' && word !== '-S');
  return [...interpreter.map((word) => (word === 'node' ? process.execPath : word)), file];
}
