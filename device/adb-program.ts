import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { EnvironmentMissing } from '../engine/failure.ts';
import { fail, ok, type Result } from '../engine/result.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The adb program: `ADB`, else the one on `PATH`, else the Android SDK's. Fails with `environment-missing`.
 */
export function findAdb(environment: Environment): Result<string, EnvironmentMissing> {
  const { ADB: named, PATH: path = '' } = environment;
  if (named !== undefined && named !== '') {
    if (isProgram(named)) return ok(named);
    return fail({
      kind: 'environment-missing',
      tool: 'adb',
      message: `ADB names ${named}, which is not a program`,
      hint: 'Set ADB to the path of adb, or unset it to use the one on PATH.',
    });
  }
  const sdks = [environment.ANDROID_HOME, environment.ANDROID_SDK_ROOT].filter((sdk) => sdk !== undefined);
  const folders = [...path.split(delimiter), ...sdks.map((sdk) => join(sdk, 'platform-tools'))];
  const found = folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, 'adb'))
    .find(isProgram);
  if (found !== undefined) return ok(found);
  return fail({
    kind: 'environment-missing',
    tool: 'adb',
    message: 'there is no adb program, so no device can be reached',
    hint: 'Install it (Debian: `apt-get install adb`), or set ADB to its path; or use --device emulator.',
  });
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
