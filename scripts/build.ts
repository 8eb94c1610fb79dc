/** Makes what `npm ci` cannot bring: the pipeline's schema and validators, the C++ table of errors, and `dist/`. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import { build } from 'esbuild';
import { glob } from 'zx';
import { pipelineSchema, VALIDATOR_OPTIONS } from '../engine/pipeline-schema.ts';
import { registeredKinds } from '../tasks/kind-registry.ts';
import { MODEL_ENTRY_SCHEMA } from '../tasks/model-entry.ts';
import { PRECISION_SCHEMA } from '../tasks/precision-recipe.ts';
import { writeErrorRows } from './error-rows.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Bundled CommonJS packages ask for Node's own modules by `require`, which ES modules lack. */
const REQUIRE_BANNER = `import { createRequire as $createRequire } from 'node:module'; const require = $createRequire(import.meta.url);`;

async function writeSchemaAndValidators(): Promise<void> {
  const chooseNothing = (): never => {
    throw new Error('no device and no chunk count is chosen while schemas are written');
  };
  const kinds = registeredKinds(root, chooseNothing, chooseNothing);
  const schema = pipelineSchema([...kinds.values()], {
    model: MODEL_ENTRY_SCHEMA,
    precision: PRECISION_SCHEMA,
  });
  await writeFile(join(root, 'pipeline.schema.json'), `${JSON.stringify(schema, null, 2)}\n`);

  const ajv = new Ajv({ ...VALIDATOR_OPTIONS, code: { source: true, esm: true } });
  ajv.addSchema(schema, 'pipeline');
  const exported: Record<string, string> = { pipeline: 'pipeline' };
  for (const kind of kinds.values()) {
    ajv.addSchema(kind.parameters, kind.name);
    exported[kind.name.replaceAll('-', '_')] = kind.name;
  }
  const source = join(root, 'generated', 'validators.source.mjs');
  await mkdir(dirname(source), { recursive: true });
  await writeFile(source, standalone.default(ajv, exported));
  await build({
    entryPoints: [source],
    outfile: join(root, 'generated', 'pipeline-validators.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
  });
  await rm(source);
  const types = "import type { ValidateFunction } from 'ajv';\n";
  const declared = Object.keys(exported).map((name) => `export const ${name}: ValidateFunction;\n`);
  await writeFile(join(root, 'generated', 'pipeline-validators.d.mts'), [types, ...declared].join(''));
}

/** What decides which actions a pipeline has: rwkv-build's own sources and those of its packages. */
async function sourcesDigest(): Promise<string> {
  const paths = await glob(['{cli,engine,cache,tasks,device,results,scripts}/**/*.ts', 'package-lock.json'], {
    cwd: root,
  });
  const sum = createHash('sha256');
  for (const path of paths.sort()) sum.update(`${path}\0`).update(await readFile(join(root, path)));
  return sum.digest('hex').slice(0, 32);
}

async function bundlePrograms(): Promise<void> {
  const common = {
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    outdir: join(root, 'dist'),
    outExtension: { '.js': '.mjs' },
    legalComments: 'none',
  } as const;
  const define = { PROGRAM_ID: JSON.stringify(await sourcesDigest()) };
  await rm(join(root, 'dist'), { recursive: true, force: true });
  await build({
    ...common,
    entryPoints: { main: join(root, 'cli', 'command-table.ts') },
    splitting: true,
    banner: { js: REQUIRE_BANNER },
    define,
  });
  // With chunks of its own: sharing main's, which are many and small, takes 20 ms longer to load.
  await build({
    ...common,
    entryPoints: { 'continued-build': join(root, 'cli', 'continued-build.ts') },
    splitting: true,
    chunkNames: 'continued-[hash]',
    banner: { js: REQUIRE_BANNER },
    define,
  });
  // CommonJS, because node starts it 5 ms sooner, and an idle build needs nothing else.
  await build({
    ...common,
    entryPoints: { 'rwkv-build': join(root, 'cli', 'launcher.ts') },
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    define,
  });
  // Each whole in one file: the content of a tool's file is its version, and a thread starts from one file.
  await build({
    ...common,
    entryPoints: {
      'push-files': join(root, 'tasks', 'push-to-device', 'push-files.ts'),
      'run-benchmark': join(root, 'tasks', 'benchmark', 'run-benchmark.ts'),
      'hash-worker': join(root, 'cache', 'hash-worker.ts'),
    },
    banner: { js: REQUIRE_BANNER },
  });
}

/** The script and style of the page that `graph --format html` writes. */
async function bundlePage(): Promise<void> {
  const folder = join(root, 'cli', 'graph-page');
  await build({
    entryPoints: { 'graph-page': join(folder, 'page-script.ts') },
    outdir: join(root, 'dist'),
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    platform: 'browser',
    tsconfig: join(folder, 'tsconfig.json'),
  });
  const style = { 'graph-page': join(folder, 'page-style.css') };
  await build({ entryPoints: style, outdir: join(root, 'dist'), minify: true });
}

await writeSchemaAndValidators();
await writeErrorRows(join(root, 'runtime-native', 'src', 'qnn_error_rows.hpp'));
await bundlePrograms();
await bundlePage();
