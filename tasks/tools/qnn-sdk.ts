import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Failure } from '../../engine/failure.ts';
import type { Tool } from '../../engine/kind.ts';
import { fail, ok, type Result } from '../../engine/result.ts';

/** The user's Qualcomm SDK: the only source of the libraries for Android. */
export class QnnSdk implements Tool {
  readonly name = 'qnn-sdk';

  async version(): Promise<Result<string, Failure>> {
    const root = await this.prepare();
    if (!root.ok) return root;
    const description = await readFile(join(root.value, 'sdk.yaml'), 'utf8').catch(() => '');
    const version = /^\s*version:\s*(\S+)/m.exec(description)?.[1];
    return ok(`QNN SDK ${version ?? root.value}`);
  }

  async prepare(): Promise<Result<string, Failure>> {
    const root = process.env.QNN_SDK_ROOT;
    if (root === undefined || root === '') {
      return fail(missing('the libraries for Android come from Qualcomm’s SDK, and QNN_SDK_ROOT is not set'));
    }
    if (!existsSync(join(root, 'lib', 'aarch64-android', 'libQnnHtp.so'))) {
      return fail(missing(`QNN_SDK_ROOT is ${root}, but it has no lib/aarch64-android/libQnnHtp.so`));
    }
    return ok(root);
  }
}

function missing(message: string): Failure {
  return {
    kind: 'environment-missing',
    tool: 'qnn-sdk',
    message,
    hint: 'unpack the QNN SDK (QAIRT 2.51) and: export QNN_SDK_ROOT=/path/to/qairt/2.51',
  };
}
