import type { Failure } from '../engine/failure.ts';
import type { ActionOutput, ActionSpec, TaskCell } from '../engine/kind.ts';
import { ok, type Result } from '../engine/result.ts';
import { modelParameter } from './model-entry.ts';
import { artifactInput, neededOutput } from './needed-artifacts.ts';
import { PYTHON_ENVIRONMENT, pythonCommand, pythonSources } from './python-stage.ts';

/** A stage that feeds a text to the whole model, whatever its chunks, and writes down what it saw. */
export interface TextStage {
  readonly script: string;
  /** The text's path, as the pipeline names it. */
  readonly text: string;
  readonly tokens: number;
  readonly output: ActionOutput;
}

/** The one action of such a stage. */
export function textStage(cell: TaskCell, stage: TextStage): Result<readonly ActionSpec[], Failure> {
  const weights = neededOutput(cell, 'weights', 'export-onnx');
  if (!weights.ok) return weights;
  const { tokenizer } = modelParameter(cell.with);
  return ok([
    {
      name: '',
      command: [
        ...pythonCommand(stage.script),
        ...['--weights', 'weights', '--text', 'text.txt', '--tokenizer', tokenizer],
        ...['--tokens', String(stage.tokens), '--output', stage.output.path],
      ],
      environment: PYTHON_ENVIRONMENT,
      inputs: [
        ...pythonSources(stage.script),
        artifactInput(weights.value, 'weights'),
        { at: 'text.txt', source: { from: 'project', path: stage.text } },
      ],
      outputs: [stage.output],
      tools: ['python'],
      properties: {},
    },
  ]);
}
