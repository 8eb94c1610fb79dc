import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BuildEvent } from '../../engine/event.ts';
import type { Failure } from '../../engine/failure.ts';
import { Project, REPOSITORY } from '../rig/project.ts';

const test = suite<{ project: Project }>('the schema of --json');

interface Definition {
  readonly properties: {
    readonly type?: { readonly const: string };
    readonly kind?: { readonly const: string };
  };
}

interface Schema {
  readonly definitions: Readonly<Record<string, Partial<Definition>>> & {
    readonly failure: { readonly oneOf: readonly Definition[] } & Partial<Definition>;
  };
}

const schema = JSON.parse(readFileSync(join(REPOSITORY, 'events.schema.json'), 'utf8')) as Schema;

/** Programs must ignore fields that they do not know; here one that the schema does not know is a mistake. */
function strict(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strict);
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, part]) => [key, strict(part)]));
  return 'properties' in copy && copy.type === 'object' ? { ...copy, additionalProperties: false } : copy;
}

const valid = new Ajv({ strict: false, discriminator: false }).compile(strict(schema) as object);

/** Every type of event and failure that the engine knows: one that is missing here does not compile. */
const EVENTS: Record<BuildEvent['type'], true> = {
  started: true,
  notice: true,
  tool: true,
  'action-started': true,
  'action-output': true,
  action: true,
  'action-log': true,
  artifact: true,
  result: true,
  failure: true,
  changed: true,
  watching: true,
  summary: true,
};
const FAILURES: Record<Failure['kind'], true> = {
  'pipeline-invalid': true,
  'task-cycle': true,
  'unknown-name': true,
  'invalid-value': true,
  'unsupported-combination': true,
  'environment-missing': true,
  'input-missing': true,
  'input-changed': true,
  'input-undeclared': true,
  'action-failed': true,
  'output-missing': true,
  'output-undeclared': true,
  'storage-failed': true,
  'store-corrupt': true,
  'not-verified': true,
  'history-damaged': true,
  'device-unavailable': true,
  interrupted: true,
};

const PIPELINE = `
version: 1
params: { word: hello }
tasks:
  say: { run: "echo \${{ params.word }} | tee said.txt", outputs: [said.txt] }
  count: { run: wc -c < said.txt > count.txt, inputs: [said.txt], outputs: [count.txt] }
  broken: { run: "echo on purpose; exit 3", outputs: [never.txt] }
  after: { run: cp never.txt after.txt, inputs: [never.txt], outputs: [after.txt] }
  silent: { run: "true", outputs: [promised.txt] }
  more: { run: "echo x > asked.txt; echo y > unasked.txt", outputs: [asked.txt] }
  blind: { run: cat secret.txt > seen.txt, outputs: [seen.txt] }
`;

test.before.each((context) => {
  context.project = new Project({ 'rwkv.pipeline.yaml': PIPELINE, 'secret.txt': 'x' });
});
test.after.each(({ project }) => project.remove());

/** Checks every line; gives the types that came. */
async function checked(project: Project, ...args: string[]): Promise<readonly string[]> {
  const { stdout, stderr } = await project.run([...args, '--json']);
  const lines = stdout.split('\n').filter((line) => line !== '');
  assert.ok(lines.length > 0, stderr);
  for (const line of lines) {
    assert.ok(valid(JSON.parse(line)), `${line}\n${JSON.stringify(valid.errors?.slice(0, 3))}`);
  }
  return lines.map((line) => (JSON.parse(line) as { type: string }).type);
}

test('knows every event and every failure that the engine has', () => {
  const types = Object.values(schema.definitions).flatMap(({ properties }) => properties?.type?.const ?? []);
  for (const type of Object.keys(EVENTS)) assert.ok(types.includes(type), type);
  const kinds = schema.definitions.failure.oneOf.map(({ properties }) => properties.kind?.const);
  assert.equal([...kinds].sort(), Object.keys(FAILURES).sort());
});

test('holds for a build that runs, one that reuses, and one that shows logs', async ({ project }) => {
  const types = await checked(project, 'count');
  assert.is(types[0], 'schema');
  assert.is(types.at(-1), 'summary');
  assert.ok(types.includes('action-output') && types.includes('artifact'));
  await checked(project, 'count');
  assert.ok((await checked(project, 'say', '--logs')).includes('action-log'));
  assert.ok((await checked(project, 'say', '--profile', 'trace.json')).includes('notice'));
});

test('holds for builds that fail, in every way that a shell task can', async ({ project }) => {
  for (const task of ['after', 'silent', 'more', 'blind', 'nothing']) await checked(project, task);
  project.write('rwkv.pipeline.yaml', 'version: 1\ntasks:\n  a: { rum: x }\n');
  assert.ok((await checked(project, 'a')).includes('failure'));
});

test('holds for what plan, why, status and logs print', async ({ project }) => {
  await project.build(['count']);
  const set = ['--set', 'word=bye'];
  assert.equal(await checked(project, 'plan', 'count', ...set), ['planned', 'planned', 'plan']);
  assert.equal(await checked(project, 'why', 'say', ...set), ['why', 'plan']);
  assert.equal(await checked(project, 'why', '--compare', 'say', 'count'), ['comparison']);
  assert.equal(await checked(project, 'status', 'count'), ['status', 'status']);
  assert.equal(await checked(project, 'logs', 'say'), ['log']);
});

test('refuses an event with a field too many, and one with a field too few', () => {
  const summary = { type: 'summary', ran: 0, cached: 0, failed: 0, skipped: 0, seconds: 1 };
  assert.ok(valid(summary));
  assert.not.ok(valid({ ...summary, more: 1 }));
  assert.not.ok(valid({ ...summary, ran: undefined }));
  assert.not.ok(valid({ type: 'unheard-of' }));
});

test.run();
