import type { Departure, VerifiedRecord, VerifiedStage } from '../../tasks/fidelity/verified-record.ts';
import { figure, table } from './figures.ts';
import type { Palette } from './palette.ts';

/** Only what `fidelity` found has stages. */
export const isVerified = (record: VerifiedRecord): boolean => Array.isArray(record?.stages);

const STAGE_NAMES: Readonly<Record<VerifiedStage['stage'], string>> = {
  onnx: 'fp32 graph, CPU',
  lowered: 'as converted, CPU',
  emulator: 'HTP emulator',
  device: 'device',
};

/** How far each stage is from the reference, a line for each; and of a probed layer, each tensor. */
export function verifiedTables(records: readonly VerifiedRecord[], palette: Palette): string[] {
  if (records.length === 0) return [];
  const head = ['', 'model', 'precision', 'SoC', 'stage', 'KL to fp32', 'same top token', 'perplexity'];
  const rows = records.flatMap((record) => record.stages.map((stage) => stageRow(record, stage)));
  const [first = '', ...rest] = table([[...head, 'first departing'], ...rows], new Set([5, 6, 7]));
  const note = records.map(({ model, tokens, reference }) => {
    return `${model}: over ${tokens} tokens; fp32 reference: perplexity ${figure(reference.perplexity)}`;
  });
  return [
    '',
    palette.bold(first),
    ...rest,
    ...[...new Set(note)].map((line) => palette.dim(line)),
    ...records.flatMap((record) => tensorTable(record, palette)),
  ];
}

function stageRow({ model, precision, soc, bounds }: VerifiedRecord, stage: VerifiedStage): string[] {
  const bound = stage.stage === 'onnx' ? bounds.float : bounds.layer;
  const departs =
    stage.departs === null ? '' : `${stage.departs.name} (${errorText(stage.departs)} > ${bound})`;
  return [
    stage.within ? '✓' : '✗',
    ...[model, precision, soc, STAGE_NAMES[stage.stage]],
    ...[numberText(stage.kl_mean), `${(100 * stage.top1_agreement).toFixed(1)} %`],
    ...[numberText(stage.perplexity), departs],
  ];
}

/** What is computed in a layer, in order, as far from the fp32 graph as each later stage has it. */
function tensorTable({ model, precision, soc, probe, stages }: VerifiedRecord, palette: Palette): string[] {
  const probed = stages.filter(({ stage, tensors }) => tensors !== undefined && stage !== 'onnx');
  const names = probed[0]?.tensors?.map(({ name }) => name) ?? [];
  if (names.length === 0) return [];
  const head = ['tensor', ...probed.map(({ stage }) => STAGE_NAMES[stage])];
  const rows = names.map((name) => [name, ...probed.map((stage) => cellText(stage, name))]);
  const [first = '', ...rest] = table([head, ...rows], new Set(probed.map((_, column) => column + 1)));
  const title = `layer ${probe} of ${model} · ${precision} · ${soc}: relative error, ← the first beyond the bound`;
  return ['', palette.dim(title), palette.bold(first), ...rest];
}

function cellText({ tensors, departs }: VerifiedStage, name: string): string {
  const found = tensors?.find((tensor) => tensor.name === name);
  if (found === undefined) return '';
  return departs?.name === name ? `${errorText(found)} ←` : `${errorText(found)}  `;
}

const errorText = ({ error }: Departure): string => numberText(error);

const numberText = (value: number | null): string => (value === null ? 'no number' : figure(value));
