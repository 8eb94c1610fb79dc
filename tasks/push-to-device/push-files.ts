/**
 * The program of `push-to-device`: brings files to a device and writes a receipt of what is there.
 *
 *   push-files --device emulator --file FROM TO --folder FROM TO --receipt receipt.json
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { posix } from 'node:path';
import type { PushedFile } from '../../device/device.ts';
import type { Failure } from '../../engine/failure.ts';
import { openDevice } from '../device-access.ts';
import { endWith } from '../program-end.ts';
import type { DeviceReceipt } from './device-receipt.ts';

interface PushRequest {
  readonly device: string;
  readonly receipt: string;
  readonly files: readonly { readonly from: string; readonly to: string }[];
}

async function readRequest(args: readonly string[]): Promise<PushRequest> {
  const rest = [...args];
  const files: { from: string; to: string }[] = [];
  const single = new Map<string, string>();
  for (let option = rest.shift(); option !== undefined; option = rest.shift()) {
    const value = rest.shift() ?? '';
    if (option === '--file') files.push({ from: value, to: rest.shift() ?? '' });
    else if (option === '--folder') {
      const to = rest.shift() ?? '';
      for (const name of (await readdir(value)).sort())
        files.push({ from: `${value}/${name}`, to: posix.join(to, name) });
    } else single.set(option, value);
  }
  return {
    device: single.get('--device') ?? 'auto',
    receipt: single.get('--receipt') ?? 'receipt.json',
    files,
  };
}

async function describeFile(from: string, to: string): Promise<PushedFile & { readonly bytes: number }> {
  const content = await readFile(from);
  const { mode, size } = await stat(from);
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { from, to, sha256, executable: (mode & 0o100) !== 0, bytes: size };
}

async function pushFiles(args: readonly string[]): Promise<Failure | undefined> {
  const request = await readRequest(args);
  const selected = await openDevice(request.device, process.env);
  if (!selected.ok) return selected.failure;
  const { device } = selected.value;
  const properties = await device.properties();
  if (!properties.ok) return properties.failure;
  const files = [];
  for (const { from, to } of request.files) files.push(await describeFile(from, to));
  const pushed = await device.push(files, ({ file, sentBytes, totalBytes }) => {
    process.stderr.write(`${file}: ${Math.floor((100 * sentBytes) / Math.max(1, totalBytes))} %\n`);
  });
  if (!pushed.ok) return pushed.failure;
  process.stderr.write(`${pushed.value.sent} files sent, ${pushed.value.kept} were there already\n`);
  const receipt: DeviceReceipt = {
    format: 1,
    device: properties.value,
    files: files.map(({ to, sha256, bytes }) => ({ path: to, sha256, bytes })),
  };
  await writeFile(request.receipt, `${JSON.stringify(receipt, null, 2)}\n`);
  return undefined;
}

endWith(await pushFiles(process.argv.slice(2)));
