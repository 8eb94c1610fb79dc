import type { EndMarker } from './end-marker.ts';
import { shellQuote } from './shell-quote.ts';

/** What a program on a device is run with. */
export interface ScriptedRun {
  readonly command: readonly string[];
  /** Absolute, on the device. */
  readonly folder: string;
  /** Added to the shell's own. It is the program's alone: `LD_LIBRARY_PATH` must not concern the shell's tools. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Seconds between asking a program to end and killing it. */
const GRACE_SECONDS = 3;

/**
 * The shell script that runs one program on a device, for the phone's mksh as for dash, bash and busybox.
 *
 * Closing its standard input ends the program with all its children. That one rule serves an interruption, a time
 * limit, a killed rwkv-build and a lost cable alike: whatever happens on this side, nothing stays behind running.
 * Both are waited for with standard error thrown away, for shells remark on jobs that were killed.
 * A session of its own makes the children reachable; where there is no `setsid`, only the program is ended.
 */
export function runScript(run: ScriptedRun, marker: EndMarker): string {
  const assignments = Object.entries(run.environment).map(([name, value]) => shellQuote(`${name}=${value}`));
  const words = ['env', ...assignments, ...run.command.map(shellQuote)].join(' ');
  const folder = shellQuote(run.folder);
  return `code=125
if mkdir -p ${folder} && cd ${folder}; then
  exec 3<&0
  if command -v setsid >/dev/null 2>&1; then
    setsid ${words} </dev/null 3<&- &
  else
    ${words} </dev/null 3<&- &
  fi
  child=$!
  ( read -r line <&3
    kill -TERM -$child || kill -TERM $child
    sleep ${GRACE_SECONDS}
    kill -KILL -$child || kill -KILL $child ) >/dev/null 2>&1 &
  watcher=$!
  wait $child 2>/dev/null
  code=$?
  kill -KILL $watcher -$child >/dev/null 2>&1
  wait $watcher 2>/dev/null
fi
${marker.command('code')}`;
}
