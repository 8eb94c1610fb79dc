import { createHash } from 'node:crypto';
import { Ajv } from 'ajv';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ProvenanceStatement } from '../../engine/provenance-statement.ts';
import { Project } from '../rig/project.ts';

const test = suite<{ project: Project }>('the provenance of an artifact');

/*
 * The fields and what is required of them, from in-toto's attestation framework v1 (statement, resource
 * descriptor, field types) and SLSA's provenance predicate v1. Unknown fields are refused, so that none is misspelt.
 */
const DESCRIPTOR = {
  type: 'object',
  additionalProperties: false,
  anyOf: [{ required: ['uri'] }, { required: ['digest'] }, { required: ['content'] }],
  properties: {
    name: { type: 'string' },
    uri: { type: 'string', pattern: '^[a-z][a-z0-9+.-]*:' },
    digest: {
      type: 'object',
      minProperties: 1,
      properties: { sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' } },
      additionalProperties: { type: 'string' },
    },
    content: { type: 'string' },
    downloadLocation: { type: 'string' },
    mediaType: { type: 'string' },
    annotations: { type: 'object' },
  },
};
const DESCRIPTORS = { type: 'array', items: DESCRIPTOR };
const TIME = { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$' };
const record = (required: string[], properties: object): object => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
});
const STATEMENT = record(['_type', 'subject', 'predicateType', 'predicate'], {
  _type: { const: 'https://in-toto.io/Statement/v1' },
  subject: { type: 'array', minItems: 1, items: { allOf: [DESCRIPTOR, { required: ['digest'] }] } },
  predicateType: { const: 'https://slsa.dev/provenance/v1' },
  predicate: record(['buildDefinition', 'runDetails'], {
    buildDefinition: record(['buildType', 'externalParameters'], {
      buildType: { type: 'string', pattern: '^[a-z][a-z0-9+.-]*:' },
      externalParameters: { type: 'object' },
      internalParameters: { type: 'object' },
      resolvedDependencies: DESCRIPTORS,
    }),
    runDetails: record(['builder'], {
      builder: record(['id'], {
        id: { type: 'string', pattern: '^[a-z][a-z0-9+.-]*:' },
        builderDependencies: DESCRIPTORS,
        version: { type: 'object', additionalProperties: { type: 'string' } },
      }),
      metadata: record([], { invocationId: { type: 'string' }, startedOn: TIME, finishedOn: TIME }),
      byproducts: DESCRIPTORS,
    }),
  }),
});
const valid = new Ajv({ strict: false }).compile(STATEMENT);

const PIPELINE = `
version: 1
tasks:
  upper: { run: tr a-z A-Z < text.txt > upper.txt, inputs: [text.txt], outputs: [upper.txt] }
  split: { run: "mkdir parts; cp upper.txt parts/a; echo b > parts/b", inputs: [upper.txt], outputs: [parts/] }
  join: { run: cat parts/a parts/b > all.txt, inputs: [parts], outputs: [all.txt] }
`;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

async function statementOf(project: Project, artifact: string): Promise<ProvenanceStatement> {
  const { code, stdout, stderr } = await project.run(['provenance', artifact]);
  assert.is(code, 0, stderr);
  const statement = JSON.parse(stdout) as ProvenanceStatement;
  assert.ok(valid(statement), JSON.stringify(valid.errors));
  return statement;
}

test.before.each(async (context) => {
  context.project = new Project({ 'rwkv.pipeline.yaml': PIPELINE, 'text.txt': 'ada\n' });
  await context.project.build(['join', 'split']);
});
test.after.each(({ project }) => project.remove());

test('is a valid statement with the digest, the command, the materials and the whole chain', async ({
  project,
}) => {
  const before = Date.now();
  const statement = await statementOf(project, 'out/all.txt');
  assert.equal(statement.subject, [{ name: 'out/all.txt', digest: { sha256: sha256('ADA\nb\n') } }]);
  const { buildDefinition, runDetails } = statement.predicate;
  assert.is(buildDefinition.externalParameters.action, 'join');
  assert.is(buildDefinition.externalParameters.command.at(-1), 'cat parts/a parts/b > all.txt');
  assert.equal(
    buildDefinition.internalParameters.chain.map(({ action }) => action),
    ['upper', 'split'],
  );
  const material = (name: string): unknown =>
    buildDefinition.resolvedDependencies.find((one) => one.name === name)?.digest;
  assert.equal(material('text.txt'), { sha256: sha256('ada\n') }, 'what the first of the chain read');
  assert.equal(material('upper.txt'), { sha256: sha256('ADA\n') });
  assert.equal(material('parts/b'), { sha256: sha256('b\n') });
  const started = Date.parse(runDetails.metadata.startedOn ?? '');
  assert.ok(started <= before && started > before - 600_000);
});

test('is found for a digest, a copy elsewhere, and a folder', async ({ project }) => {
  assert.is(
    (await statementOf(project, sha256('ADA\n'))).predicate.buildDefinition.externalParameters.action,
    'split',
    'the newest that made a file of that content',
  );
  project.write('copy.txt', 'ADA\nb\n');
  assert.is(
    (await statementOf(project, 'copy.txt')).predicate.buildDefinition.externalParameters.action,
    'join',
  );
  const folder = await statementOf(project, 'out/parts');
  assert.equal(
    folder.subject.map(({ name }) => name),
    ['out/parts/a', 'out/parts/b'],
  );
});

test('is that of the time of making, also when the pipeline has moved on', async ({ project }) => {
  const old = project.read('out/all.txt');
  project.write('text.txt', 'grace\n');
  await project.build(['join']);
  const { predicate } = await statementOf(project, sha256(old));
  const names = predicate.buildDefinition.resolvedDependencies.filter(({ name }) => name === 'text.txt');
  assert.equal(
    names.map(({ digest }) => digest?.sha256),
    [sha256('ada\n')],
  );
});

test('says in words when it is not known', async ({ project }) => {
  project.write('out/all.txt', 'edited by hand');
  const edited = await project.run(['provenance', 'out/all.txt']);
  assert.is(edited.code, 2);
  assert.match(edited.stderr, 'is not known');
  assert.match(edited.stderr, sha256('edited by hand'));
  const missing = await project.run(['provenance', 'out/nothing']);
  assert.is(missing.code, 1);
  assert.match(missing.stderr, 'does not exist');
});

test.run();
