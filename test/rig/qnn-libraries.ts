import { readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { USER_CACHE } from './project.ts';

/** Qualcomm's libraries in the Python environment that the builds of the tests have made. */
export function qnnLibraries(): string {
  const environments = join(USER_CACHE, 'environments');
  const name = readdirSync(environments).find((one) => /^python-[0-9a-f]+$/.test(one));
  if (name === undefined) throw new Error(`there is no Python environment in ${environments}`);
  return realpathSync(join(environments, name, 'qnn'));
}
