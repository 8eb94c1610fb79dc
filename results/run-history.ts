import { existsSync } from 'node:fs';
import { mkdir, open, readFile, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Ajv } from 'ajv';
import { errorCode, storageFailure } from '../cache/storage-failure.ts';
import type { Failure } from '../engine/failure.ts';
import { fail, ok, type Result } from '../engine/result.ts';
import { RECORD_SCHEMA, RECORD_VERSION, type RunRecord } from './run-record.ts';

/**
 * Reads histories, a record a line, as one: by time, each record once, whichever of them have it. Lines of a newer
 * version are left out and counted; a last line without its end was being written when somebody was killed, and is
 * left out too. Fails with `input-missing`, and with `history-damaged` for anything else that is no record.
 */
export async function readHistory(files: readonly string[]): Promise<Result<RunHistory, Failure>> {
  const records = new Map<string, RunRecord>();
  let newer = 0;
  for (const file of files) {
    const lines = await readLines(file);
    if (!lines.ok) return lines;
    for (const [index, line] of lines.value.entries()) {
      const read = readRecord(line);
      if (read === 'newer') newer += 1;
      else if (read === undefined) return fail(damaged(file, index + 1));
      else records.set(read.id, read);
    }
  }
  const sorted = [...records.values()].sort((a, b) => (`${a.time}${a.id}` < `${b.time}${b.id}` ? -1 : 1));
  return ok({ records: sorted, newer });
}

export interface RunHistory {
  readonly records: readonly RunRecord[];
  /** Records that another version of rwkv-build wrote, and this one cannot read. */
  readonly newer: number;
}

/**
 * Adds a record at the end of a history, which is made where there is none: whole or, when the process is killed, as an
 * unfinished last line that readers leave out. Fails with `storage-failed`.
 */
export async function appendRecord(file: string, record: RunRecord): Promise<Result<void>> {
  try {
    await mkdir(dirname(file), { recursive: true });
    const begin = await endLastLine(file);
    // One write with O_APPEND: two builds that append at the same time do not mix.
    const opened = await open(file, 'a');
    try {
      await opened.writeFile(`${begin}${JSON.stringify(record)}\n`);
      await opened.sync();
    } finally {
      await opened.close();
    }
    return ok(undefined);
  } catch (error) {
    return fail(storageFailure(file, error));
  }
}

async function readLines(file: string): Promise<Result<readonly string[], Failure>> {
  try {
    const lines = (await readFile(file, 'utf8')).split('\n');
    const unfinished = lines.pop() ?? '';
    const whole = unfinished !== '' && isWhole(unfinished) ? [unfinished] : [];
    return ok([...lines, ...whole]);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return fail({
      kind: 'input-missing',
      path: file,
      message: `the history ${file} cannot be read: ${errorCode(error)}`,
      hint: '`rwkv-build bench --matrix NAME` begins one; `--history FILE` names another',
    });
  }
}

/** A file that somebody edited may lack its last line's end. */
function isWhole(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

const isRecord = new Ajv({ allErrors: false }).compile<RunRecord>(RECORD_SCHEMA);

function readRecord(line: string): RunRecord | 'newer' | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const version = (value as { readonly schema?: unknown } | null)?.schema;
  if (typeof version === 'number' && version > RECORD_VERSION) return 'newer';
  return isRecord(value) ? value : undefined;
}

function damaged(file: string, line: number): Failure {
  return {
    kind: 'history-damaged',
    path: file,
    message: `${file}:${line} is no record of a benchmark`,
    hint: 'take the line out, or merge the histories again: every line is a record of its own',
  };
}

/** What has to stand between the last line and a new one. What a killed process left of a line is taken away. */
async function endLastLine(file: string): Promise<'' | '\n'> {
  const text = existsSync(file) ? await readFile(file, 'utf8') : '';
  const last = text.slice(text.lastIndexOf('\n') + 1);
  if (last === '') return '';
  if (isWhole(last)) return '\n';
  await truncate(file, Buffer.byteLength(text) - Buffer.byteLength(last));
  return '';
}
