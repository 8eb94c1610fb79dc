import { resolve } from 'node:path';
import { cacheRoot } from '../../cache/cache-root.ts';
import { ActionHistory } from '../../engine/action-history.ts';
import { resultWith, subjectFiles } from '../../engine/artifact-search.ts';
import { provenanceStatement } from '../../engine/provenance-statement.ts';
import { EXIT } from '../exit-code.ts';
import { packageVersion } from '../package-version.ts';
import { failUsage } from './command-failure.ts';

/** Prints an in-toto statement of how an artifact came about: a file or folder by path, or a SHA-256. */
export async function provenance(asked: string, options: { readonly file: string }): Promise<number> {
  const report = { json: false };
  const files = await subjectFiles(asked);
  if (!files.ok) return failUsage([files.failure], report);
  const store = cacheRoot(process.env);
  const own = ActionHistory.open(store, resolve(options.file));
  const found = await resultWith(files.value, own, store);
  if (found === undefined) {
    const [first] = files.value;
    const what = files.value.length === 1 ? `${asked} (sha256 ${first?.hash})` : `all of ${asked}`;
    return failUsage(
      [
        {
          kind: 'unknown-name',
          what: 'artifact',
          name: asked,
          message: `where ${what} comes from is not known: no remembered action of this store made it`,
          hint: 'it was edited since, made elsewhere, or the history has forgotten it; build it again to know',
        },
      ],
      report,
    );
  }
  const statement = provenanceStatement(files.value, found, packageVersion());
  process.stdout.write(`${JSON.stringify(statement, null, 2)}\n`);
  return EXIT.ok;
}
