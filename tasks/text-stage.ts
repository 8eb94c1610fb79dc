import { extname } from 'node:path';
import type { Failure } from '../engine/failure.ts';
import type { ActionOutput, ActionSpec, TaskCell } from '../engine/kind.ts';
import { ok, type Result } from '../engine/result.ts';
import { modelParameter } from './model-entry.ts';
import { artifactInput, neededOutput } from './needed-artifacts.ts';
import { PYTHON_ENVIRONMENT, pythonCommand, pythonSources } from './python-stage.ts';

/** A stage that feeds a text to the whole model, whatever its chunks, and writes down what it saw. */
export interface TextStage {
  /** Of its action, where its task has more than one. */
  readonly name: string;
  readonly script: string;
  /** The text's path, as the pipeline names it. */
  readonly text: string;
  readonly tokens: number;
  readonly options: readonly string[];
  readonly output: ActionOutput;
}

/** The one action of such a stage. */
export function textStage(cell: TaskCell, stage: TextStage): Result<readonly ActionSpec[], Failure> {
  const weights = neededOutput(cell, 'weights', 'export-onnx');
  if (!weights.ok) return weights;
  const { tokenizer } = modelParameter(cell.with);
  // Under its own extension: a `.json` or `.npy` lists tokens.
  const text = `text${extname(stage.text)}`;
  return ok([
    {
      name: stage.name,
      command: [
        ...pythonCommand(stage.script),
        ...['--weights', 'weights', '--text', text, '--tokenizer', tokenizer],
        ...['--tokens', String(stage.tokens), ...stage.options, '--output', stage.output.path],
      ],
      environment: PYTHON_ENVIRONMENT,
      inputs: [
        ...pythonSources(stage.script),
        artifactInput(weights.value, 'weights'),
        { at: text, source: { from: 'project', path: stage.text } },
      ],
      outputs: [stage.output],
      tools: ['python'],
      properties: {},
    },
  ]);
}
