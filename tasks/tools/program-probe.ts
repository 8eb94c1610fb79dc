import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** The absolute path of the first of these programs that PATH has; undefined when it has none. */
export async function findProgram(...names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      const path = join(folder, name);
      const found = await access(path, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (folder !== '' && found) return path;
    }
  }
  return undefined;
}

/** What a short command prints on stdout, trimmed; undefined when it fails or takes over ten seconds. */
export async function programOutput(
  program: string,
  ...args: readonly string[]
): Promise<string | undefined> {
  try {
    const { stdout } = await execute(program, args, { timeout: 10_000 });
    return stdout.trim();
  } catch {
    return undefined;
  }
}
