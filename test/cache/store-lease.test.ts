import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { heldLeases, StoreLease } from '../../cache/store-lease.ts';
import { makeReadOnly, scratchDisk, scratchFolder } from './scratch-folder.ts';

const test = suite('store lease');

function only(root: string): { path: string; holder: Record<string, unknown> } {
  const [name = ''] = readdirSync(join(root, 'leases'));
  const path = join(root, 'leases', name);
  return { path, holder: JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown> };
}

test('a lease is held until it is released', async () => {
  const root = scratchFolder();
  const lease = StoreLease.take(root);
  assert.equal(
    (await heldLeases(root)).map(({ pid, sinceMs }) => [pid, sinceMs]),
    [[process.pid, lease.sinceMs]],
  );
  lease.release();
  assert.equal(await heldLeases(root), []);
  assert.equal(readdirSync(join(root, 'leases')), []);
});

test('the lease of a process that was killed is removed', async () => {
  const root = scratchFolder();
  const lease = StoreLease.take(root);
  const { path, holder } = only(root);
  const child = spawn('true');
  await new Promise((resolve) => child.on('close', resolve));
  writeFileSync(path, JSON.stringify({ ...holder, pid: child.pid }));
  assert.equal(await heldLeases(root), []);
  assert.equal(readdirSync(join(root, 'leases')), []);
  lease.release();
});

test('another process that got the same number does not hold it', async () => {
  const root = scratchFolder();
  const lease = StoreLease.take(root);
  const { path, holder } = only(root);
  if (holder.born === '') return console.log('skipped: this system does not tell when processes start');
  writeFileSync(path, JSON.stringify({ ...holder, born: '1' }));
  assert.equal(await heldLeases(root), []);
  lease.release();
});

test('a holder in another container or machine counts for as long as it renews its lease', async () => {
  const root = scratchFolder();
  const lease = StoreLease.take(root);
  const { path, holder } = only(root);
  writeFileSync(path, JSON.stringify({ ...holder, place: 'elsewhere', pid: 999_999_999 }));
  assert.is((await heldLeases(root)).length, 1);
  const longAgo = Date.now() / 1000 - 2 * 3600;
  utimesSync(path, longAgo, longAgo);
  assert.equal(await heldLeases(root), []);
  lease.release();
});

test('a file without sense counts only while somebody may be writing it', async () => {
  const root = scratchFolder();
  mkdirSync(join(root, 'leases'));
  const path = join(root, 'leases', 'half.json');
  writeFileSync(path, '{"pid":');
  assert.is((await heldLeases(root)).length, 1);
  utimesSync(path, 1000, 1000);
  assert.equal(await heldLeases(root), []);
});

test('a store that cannot be written needs no lease', async () => {
  const disk = scratchDisk(64);
  if (disk === undefined) return console.log('skipped: mounting a small disk is not permitted');
  makeReadOnly(disk);
  StoreLease.take(disk).release();
  assert.equal(await heldLeases(disk), []);
});

test.run();
