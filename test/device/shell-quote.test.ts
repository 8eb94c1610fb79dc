import { execFileSync } from 'node:child_process';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { shellQuote } from '../../device/shell-quote.ts';

test('a real shell reads back every word as it was', () => {
  const words = ['plain', '', 'two words', "it's", '$HOME `id` "q" \\', '*', '-n', 'ä\n!', ';&|<>()', '~'];
  const script = words.map((word) => `printf '%s\\0' ${shellQuote(word)}`).join('\n');
  const read = execFileSync('sh', ['-c', script]).toString().split('\0');
  assert.equal(read.slice(0, -1), words);
});

test('a NUL is refused, for a shell would drop it', () => {
  assert.throws(() => shellQuote('a\0b'), /NUL/);
});

test.run();
