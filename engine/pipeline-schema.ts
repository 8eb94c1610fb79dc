import { FAILURE_MODES } from './failure-mode.ts';
import type { Kind } from './kind.ts';
import { lenientSchema } from './lenient-schema.ts';
import { DURATION_PATTERN, MEMORY_PATTERN } from './quantity.ts';
import { SANDBOX_LEVELS } from './sandbox.ts';

/**
 * How Ajv has to be set up for `pipelineSchema`: `verbose` because the words for an error need the schema that
 * it broke, and the relaxations because kinds write their schemas without repeating `type`.
 */
export const VALIDATOR_OPTIONS = {
  allErrors: true,
  verbose: true,
  strict: true,
  strictTypes: false,
  strictTuples: false,
  strictRequired: false,
  keywords: ['markdownDescription'],
};

/** The version of the pipeline file's format that this program reads. */
export const PIPELINE_VERSION = 1;

/** Of tasks, targets and models: these names become parts of file names. */
const NAME = '^[A-Za-z0-9][A-Za-z0-9._-]*$';
/** Of parameters and axes: these names stand in expressions. */
const IDENTIFIER = '^[A-Za-z_][A-Za-z0-9_-]*$';

/** The schemas of one entry of `models:` and of one of `precisions:`. */
export interface EntrySchemas {
  readonly model: object;
  readonly precision: object;
}

/**
 * The JSON schema (draft-07) of a pipeline file, for the validator and for editors. Each kind's `with:` is held
 * to the kind's own schema, where any value may be an expression; the filled-in values are validated again when
 * the pipeline is expanded.
 */
export function pipelineSchema(kinds: readonly Kind[], entries: EntrySchemas): object {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'rwkv-build pipeline',
    ...described(
      'Models, and the tasks that turn them into artifacts for Qualcomm HTP and run them on devices.',
    ),
    type: 'object',
    additionalProperties: false,
    required: ['version', 'tasks'],
    properties: {
      version: { const: PIPELINE_VERSION, ...described('The version of this format: `1`.') },
      params: {
        ...described(
          'Values that tasks use as `${{ params.name }}`. The command line can give another: `--set name=value`.',
        ),
        type: 'object',
        propertyNames: { pattern: IDENTIFIER },
        additionalProperties: described('The value of this parameter when the command line gives no other.'),
      },
      models: {
        ...described(
          'The models to build, by name. Tasks use them as `${{ models[matrix.model].weights }}`.',
        ),
        type: 'object',
        propertyNames: { pattern: NAME },
        additionalProperties: lenientSchema({ ...described('A model.'), ...entries.model }),
      },
      precisions: {
        ...described(
          'Precisions by name, beside those that ship with rwkv-build. Tasks use them as `${{ precisions[matrix.precision] }}`.',
        ),
        type: 'object',
        propertyNames: { pattern: NAME },
        additionalProperties: lenientSchema({ ...described('A precision.'), ...entries.precision }),
      },
      matrices: {
        ...described(
          'Matrices by name, for `rwkv-build bench --matrix NAME`: each combination of the values of some `params:` is a cell.',
        ),
        type: 'object',
        propertyNames: { pattern: NAME },
        additionalProperties: { $ref: '#/definitions/matrix' },
      },
      sandbox: {
        enum: SANDBOX_LEVELS,
        ...described(
          '`strict`: with bubblewrap, commands see nothing of the machine but their inputs, their tools and the system, and no network. `--sandbox` goes before it.',
        ),
      },
      tasks: {
        ...described('What is to be done, by name. A task uses a kind, or runs a command.'),
        type: 'object',
        minProperties: 1,
        propertyNames: { pattern: NAME },
        additionalProperties: { $ref: '#/definitions/task' },
      },
      targets: {
        ...described(
          'Names for lists of tasks, to be asked for on the command line. `default` is what runs with no argument.',
        ),
        type: 'object',
        propertyNames: { pattern: NAME },
        additionalProperties: {
          ...described('The tasks of this target; what they need is built as well.'),
          type: 'array',
          minItems: 1,
          items: { type: 'string', ...described('The name of a task.') },
        },
      },
    },
    definitions: { task: taskSchema(kinds), matrix: MATRIX_SCHEMA, point: POINT_SCHEMA },
  };
}

/** Values of some parameters. */
const POINT_SCHEMA = {
  ...described('Cells, by the values of some parameters.'),
  type: 'object',
  minProperties: 1,
  propertyNames: { pattern: IDENTIFIER },
  additionalProperties: {
    type: ['string', 'number', 'boolean'],
    ...described('The value of this parameter.'),
  },
};

const MATRIX_SCHEMA = {
  ...described('Names of `params:`, each with the values that it takes.'),
  type: 'object',
  minProperties: 1,
  propertyNames: { pattern: IDENTIFIER },
  properties: {
    exclude: {
      type: 'array',
      items: { $ref: '#/definitions/point' },
      ...described('Cells that are left out: all that have these values.'),
    },
    include: {
      type: 'array',
      items: { $ref: '#/definitions/point' },
      ...described('Cells beside them; a parameter that one does not name has its own value.'),
    },
  },
  additionalProperties: {
    type: 'array',
    minItems: 1,
    items: { type: ['string', 'number', 'boolean'], ...described('A value.') },
    ...described('The values that this parameter takes.'),
  },
};

function taskSchema(kinds: readonly Kind[]): object {
  return {
    ...described('A task: either `uses` with `with`, or `run`.'),
    type: 'object',
    additionalProperties: false,
    properties: {
      description: { type: 'string', ...described('One line on what the task is for.') },
      uses: {
        type: 'string',
        enum: kinds.map((kind) => kind.name),
        ...described(
          ['What the task does:', ...kinds.map((kind) => `- \`${kind.name}\`: ${kind.summary}`)].join('\n'),
        ),
      },
      with: { type: 'object', ...described('The parameters of the kind that `uses` names.') },
      run: {
        type: 'string',
        minLength: 1,
        ...described(
          'A script for `/bin/sh -e`. It sees the files in `inputs` and nothing else, and writes the files in `outputs`.',
        ),
      },
      needs: {
        ...described('The tasks whose outputs this one takes: a name or a list of names.'),
        anyOf: [
          { type: 'string', ...described('The name of a task.') },
          { type: 'array', items: { type: 'string', ...described('The name of a task.') } },
        ],
      },
      matrix: {
        ...described(
          'Axes: the task is repeated for each combination of their values, which it uses as `${{ matrix.axis }}`.',
        ),
        type: 'object',
        propertyNames: { pattern: IDENTIFIER },
        additionalProperties: {
          ...described('The values of the axis: a list, or an expression such as `${{ models }}`.'),
          anyOf: [
            SCALAR,
            { type: 'array', minItems: 1, items: { ...described('One value of the axis.'), ...SCALAR } },
          ],
        },
      },
      ...LIMITS,
      inputs: paths('Files, folders or globs that the command reads, relative to the pipeline file.'),
      outputs: paths('Files that the command writes; a path that ends in `/` is a folder.'),
    },
    allOf: kinds.map(kindRule),
  };
}

/** How a task's commands are run: none of it decides what comes out. */
const LIMITS = {
  retries: {
    type: 'integer',
    minimum: 0,
    maximum: 100,
    ...described('How often a command that failed is run again. `--retries` goes before it.'),
  },
  'on-failure': {
    enum: [...FAILURE_MODES],
    ...described(
      'What a failure of this task means to the rest of the build: `continue` with what does not depend on it, `finish` what runs, or `kill` that too. It goes before `--on-failure`.',
    ),
  },
  'time-limit': {
    type: ['number', 'string'],
    exclusiveMinimum: 0,
    pattern: DURATION_PATTERN,
    ...described(
      'How long a command may take: seconds, or `90 s`, `10 min`, `2 h`. `--time-limit` goes before it.',
    ),
  },
  memory: {
    type: 'string',
    pattern: MEMORY_PATTERN,
    ...described(
      'The most memory that a command takes, such as `4 GB`: what does not fit together does not run together.',
    ),
  },
  reach: {
    enum: ['network', 'device'],
    ...described(
      'What a strict sandbox lets a `run:` command reach: the `network`, or a `device`, for which nothing is hidden.',
    ),
  },
};

const SCALAR = { type: ['string', 'number', 'boolean'] };

function paths(text: string): object {
  return {
    ...described(text),
    type: 'array',
    items: { type: 'string', minLength: 1, ...described('A path.') },
  };
}

function kindRule(kind: Kind): object {
  const parameters = lenientSchema({ ...described(kind.summary), ...kind.parameters });
  const { required } = parameters;
  const needed = Array.isArray(required) && required.length > 0;
  return {
    if: { properties: { uses: { const: kind.name } }, required: ['uses'] },
    // biome-ignore lint/suspicious/noThenProperty: `then` is a keyword of JSON schema.
    then: { properties: { with: parameters }, ...(needed ? { required: ['with'] } : {}) },
  };
}

/** Editors show one or the other; the plain one must not be full of markup. */
function described(markdown: string): { description: string; markdownDescription: string } {
  return { description: markdown.replaceAll('`', ''), markdownDescription: markdown };
}
