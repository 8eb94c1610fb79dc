import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/**
 * The absolute folder of the store and of the tools' environments: `$RWKV_BUILD_CACHE`, else
 * `$XDG_CACHE_HOME/rwkv-build`, else `~/.cache/rwkv-build`. An empty variable counts as unset.
 */
export function cacheRoot(environment: Readonly<Record<string, string | undefined>>): string {
  const asked = environment.RWKV_BUILD_CACHE;
  if (asked) return resolve(asked);
  const shared = environment.XDG_CACHE_HOME;
  // The XDG Base Directory Specification: a relative path in it is invalid and must be ignored.
  if (shared && isAbsolute(shared)) return join(shared, 'rwkv-build');
  return join(environment.HOME || homedir(), '.cache', 'rwkv-build');
}
