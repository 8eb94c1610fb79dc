import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TOLERANCE } from '../../tasks/preflight/fitting-chunks.ts';
import type { PreflightRow } from '../../tasks/preflight/preflight-rows.ts';
import { shippedTwin } from '../rig/shipped-project.ts';

const test = suite('what a preflight predicts');

const SHIPPED = ['--model', 'rwkv7-austen', '--soc', 'SM8650', '--precision', 'fp16,a16w8'] as const;

/** The bytes of the files of a folder whose names end so. */
function bytesOf(folder: string, ending: string): number {
  const files = readdirSync(folder).filter((name) => name.endsWith(ending));
  assert.ok(files.length > 0, `${folder} has files *${ending}`);
  return files.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

test('is what the shipped model’s contexts and libraries come to, within its tolerance', async () => {
  const project = await shippedTwin();
  assert.is((await project.build(['context', 'library', ...SHIPPED])).code, 0);
  const { stdout } = await project.run(['plan', '--preflight', '--json', ...SHIPPED]);
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as PreflightRow);
  assert.equal(rows.map(({ precision }) => precision).sort(), ['a16w8', 'fp16']);
  for (const { precision, binaryBytes, libraryBytes, measured } of rows) {
    const out = join(project.folder, 'out/rwkv7-austen', precision);
    for (const [what, predicted, built] of [
      ['contexts', binaryBytes, bytesOf(join(out, 'SM8650'), '.bin')],
      ['libraries', libraryBytes, bytesOf(join(out, 'lib/x86_64-linux'), '.so')],
    ] as const) {
      const off = predicted / built - 1;
      assert.ok(Math.abs(off) <= TOLERANCE, `${what} in ${precision}: ${(100 * off).toFixed(1)} % off`);
    }
    assert.ok(measured, 'time and memory are those of that build');
  }
});

test.run();
