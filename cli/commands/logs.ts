import { readFile } from 'node:fs/promises';
import type { BuildSession } from '../../engine/build-session.ts';
import { failureLogPath } from '../../engine/failure-log.ts';
import { nearestName } from '../../engine/nearest-name.ts';
import type { BuildOptions } from '../build-options.ts';
import { EXIT } from '../exit-code.ts';
import { paletteFor } from '../reporters/palette.ts';
import { openWorkbench } from '../workbench.ts';
import { failUsage, silentEmit } from './command-failure.ts';

interface FoundLog {
  readonly outcome: 'failed' | 'succeeded';
  readonly text: string;
}

/** Prints what the commands of a task, or of one action, wrote the last time that they ran. */
export async function logs(name: string, options: BuildOptions): Promise<number> {
  const task = name.split('/')[0] ?? name;
  const opened = await openWorkbench([task], options, silentEmit);
  if (!opened.ok) return failUsage(opened.failure, options);
  const { graph, session } = opened.value;
  const ids = name === task ? [...graph.requested] : [name].filter((id) => graph.actions.has(id));
  if (ids.length === 0) {
    const nearest = nearestName(name, [...graph.actions.keys()]);
    const hint = nearest === undefined ? 'rwkv-build plan --json lists them' : `did you mean \`${nearest}\`?`;
    const message = `there is no action \`${name}\``;
    return failUsage([{ kind: 'unknown-name', what: 'action', name, message, hint }], options);
  }
  const palette = paletteFor(process.stdout);
  for (const id of ids) {
    const found = await lastLog(id, session);
    if (options.json) {
      const event = { type: 'log', id, outcome: found?.outcome ?? 'unknown', text: found?.text ?? '' };
      process.stdout.write(`${JSON.stringify(event)}\n`);
      continue;
    }
    if (ids.length > 1) process.stdout.write(`${palette.bold(`── ${id}`)}\n`);
    if (found === undefined)
      process.stderr.write(`${id}: no log is kept: it has not run here, or its result was removed\n`);
    else process.stdout.write(found.text);
  }
  return EXIT.ok;
}

/** A failure since the last result is what one asks about. */
async function lastLog(id: string, session: BuildSession): Promise<FoundLog | undefined> {
  const { history, actionCache, blobs } = session;
  if (history.failure(id) !== undefined) {
    const text = await readFile(failureLogPath(history.file, id), 'utf8').catch(() => undefined);
    return text === undefined ? undefined : { outcome: 'failed', text };
  }
  const last = history.get(id);
  if (last === undefined) return undefined;
  const result = await actionCache.get({ hash: last.fingerprint, size: 0 });
  const bytes = result === undefined ? undefined : await blobs.read(result.log);
  return bytes?.ok === true ? { outcome: 'succeeded', text: bytes.value.toString() } : undefined;
}
