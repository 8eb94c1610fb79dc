import { stringify } from 'yaml';
import type { RecognisedModel } from '../tasks/model-recognition.ts';
import { tokenizerOfVocabulary } from '../tasks/tokenizer-table.ts';

/** A `models:` entry that `init` writes. */
export interface TemplateModel {
  readonly name: string;
  /** As it stands in the file. */
  readonly weights: string;
  /** Undefined where only the stages can tell, as with a `.pth`. */
  readonly recognised: RecognisedModel | undefined;
}

export interface PipelineTemplate {
  /** Path or address of `pipeline.schema.json`. */
  readonly schema: string;
  readonly models: readonly TemplateModel[];
  readonly socs: readonly string[];
  readonly precisions: readonly string[];
  /** The text of the pipeline that ships with rwkv-build, whose tasks and targets are taken over. */
  readonly shipped: string;
}

/** The text of a pipeline file for these models. */
export function pipelineText({ schema, models, socs, precisions, shipped }: PipelineTemplate): string {
  const tasks = shipped.slice(shipped.indexOf('\ntasks:') + 1);
  return `# yaml-language-server: $schema=${schema}
#
# It reads like a GitHub workflow: tasks with \`uses:\` or \`run:\`, \`needs:\`, \`matrix:\` and \${{ expressions }}.
#   rwkv-build plan     says what would run, and why
#   rwkv-build all      builds everything; what was asked for appears under out/
#   rwkv-build watch    builds again whenever this file or an input changes
version: 1

params: # \`--set chunks=4\` replaces one; model, soc, precision, target and device have options of their own
  model: [${models.map(({ name }) => inlineYaml(name)).join(', ')}] # of those below
  chunks: 2 # how many pieces the model is cut into: more for a large model, whose contexts are limited to 2 GB
  ext_embedding: false # true: the embedding stays on the CPU, outside of the first chunk
  ext_head: false # true: the head is a context of its own, which runs only where logits are wanted
  prefill: 0 # 8, 32, 64, 128 (fp16: also 16): prompts are read so many tokens at once, by a second graph of each chunk
  batch: 1 # so many sequences at once are read token by token by another graph of each chunk: rwkv-run generate --batch
  precision: [${precisions.join(', ')}] # also a16w4, a16w4-mixed; all but fp16 suit SoCs without fp16
  soc: [${socs.join(', ')}] # the Snapdragons to build for
  target: [x86_64-linux] # also aarch64-linux, aarch64-android: machines that programs are built for
  device: auto # emulator, adb, adb:SERIAL; auto takes an attached phone, else the emulator
  run: "" # \`rwkv-build bench\` gives its measurements a name here
  prompt_sizes: [64] # what they time, in tokens: the reading of prompts
  text_sizes: [32] # and the writing of texts
  tokens: 160 # that the benchmark lets the model write
  evaluation_tokens: 256 # of held-out text, for perplexity and the divergence from fp32
  probe: layers # what \`verify\` looks at inside of the model; \`--layer 2\` looks at all of that layer

# precisions: # more of them, by rules; the shipped ones are always there
#   mine: { extends: a16w8, weights: { ffn: w4, blocks.3.ffn.value: w8 } }

# matrices: # \`rwkv-build bench --matrix nightly\` measures each combination; an axis is a parameter of those above
#   nightly: { precision: [fp16, a16w8], chunks: [1, 2] }

models:
${models.map(modelText).join('\n')}
${tasks}`;
}

function modelText({ name, weights, recognised }: TemplateModel): string {
  return `  ${inlineYaml(name)}: # ${modelWords(recognised)}
    weights: ${inlineYaml(weights)}
${tokenizerText(recognised)}${epsText(recognised)}
    # calibration: my-text.txt # text like what the model will be used for; quantised precisions take ranges from it
    # evaluation: held-out.txt # text that the model was not trained on; accuracy is measured on it
    prompt: "It was a " # what the benchmark lets the model continue
`;
}

function inlineYaml(text: string): string {
  return stringify(text, { lineWidth: 0 }).trimEnd();
}

function modelWords(recognised: RecognisedModel | undefined): string {
  if (recognised === undefined) return 'its version is found out when it is exported';
  const { version, layers, width, vocabulary } = recognised;
  return `RWKV-${version}, ${layers} layers of ${width}, ${vocabulary} tokens`;
}

/** No tensor of a v5 tells which of two values it was trained with. */
function epsText(recognised: RecognisedModel | undefined): string {
  if (recognised?.version?.startsWith('5.') !== true) return '';
  return "\n    # group_norm_eps: 1e-5 # of the heads' norm, for models of v5 that write nonsense with the usual 64e-5";
}

function tokenizerText(recognised: RecognisedModel | undefined): string {
  if (recognised === undefined) {
    return '    tokenizer: auto # by the size of the vocabulary; or say byte, world, abc or midi';
  }
  const { vocabulary } = recognised;
  return `    tokenizer: ${tokenizerOfVocabulary(vocabulary)} # it knows ${vocabulary} tokens`;
}
