import { artifactBytes, artifactDigest } from '../../cache/artifact.ts';
import type { Action } from '../../engine/action-graph.ts';
import type { HistoryEntry, Identity } from '../../engine/action-history.ts';
import type { PlannedAction, PlannedState } from '../../engine/build-plan.ts';
import { argumentsOf, type ManifestEntry, type ManifestPart, partOf } from '../../engine/explanation.ts';
import type { PlannedTargets } from '../commands/plan.ts';

export interface DocumentInput {
  readonly path: string;
  readonly sha256: string;
  readonly executable: boolean;
  readonly origin: string;
}

export interface DocumentOutput {
  readonly path: string;
  readonly type: string;
  /** Of the last result; absent where there is none. A folder's is the root of its REAPI tree. */
  readonly sha256?: string;
  readonly bytes?: number;
}

export interface DocumentNode {
  readonly id: string;
  readonly task: string;
  /** What a build would do with it; `failed` will run, and failed the last time. */
  readonly state: PlannedState | 'failed';
  readonly requested: boolean;
  /** Empty where it is known only after others have run. */
  readonly fingerprint: string;
  /** How long the command took the last time, in seconds. */
  readonly lastSeconds?: number;
  /** ISO 8601. */
  readonly lastStart?: string;
  readonly reasons: readonly string[];
  readonly failure?: string;
  /** Of which time the following are: what a build would use, or what the last result came from. */
  readonly partsFrom: 'present' | 'last result' | 'unknown';
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly tools: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, string>>;
  readonly inputs: readonly DocumentInput[];
  readonly outputs: readonly DocumentOutput[];
}

export interface GraphDocument {
  readonly type: 'graph';
  readonly version: 1;
  readonly pipeline: string;
  readonly targets: readonly string[];
  readonly nodes: readonly DocumentNode[];
  /** From what is made first to what needs it. */
  readonly edges: readonly { readonly from: string; readonly to: string }[];
}

/** The graph of actions with what a build would do with each, and what is in its fingerprint. */
export function graphDocument({ pipeline, targets, graph, session, actions }: PlannedTargets): GraphDocument {
  const nodes = actions.flatMap((planned) => {
    const action = graph.actions.get(planned.id);
    return action === undefined
      ? []
      : [
          documentNode(
            action,
            planned,
            session.history.get(planned.id),
            session.history.failure(planned.id)?.message,
            graph.requested.has(planned.id),
          ),
        ];
  });
  const edges = [...graph.actions.values()].flatMap(({ id, dependencies }) =>
    dependencies.map((from) => ({ from, to: id })),
  );
  return { type: 'graph', version: 1, pipeline: pipeline.file, targets, nodes, edges };
}

function documentNode(
  action: Action,
  planned: PlannedAction,
  last: HistoryEntry | undefined,
  failure: string | undefined,
  requested: boolean,
): DocumentNode {
  const { identity, lastSeconds, reasons, state } = planned;
  const parts: Identity | undefined = identity ?? last;
  const manifest = parts?.manifest ?? [];
  const failed = failure !== undefined && state !== 'cached';
  // What came of it is only true of the same fingerprint.
  const result = last?.fingerprint === parts?.fingerprint ? last : undefined;
  return {
    id: action.id,
    task: action.task,
    state: failed ? 'failed' : state,
    requested,
    fingerprint: identity?.fingerprint ?? '',
    ...(lastSeconds === undefined ? {} : { lastSeconds }),
    ...(last?.startedAt === undefined ? {} : { lastStart: new Date(last.startedAt).toISOString() }),
    reasons,
    ...(failed ? { failure } : {}),
    partsFrom: identity !== undefined ? 'present' : last !== undefined ? 'last result' : 'unknown',
    command: argumentsOf(manifest),
    environment: valuesOf(manifest, 'environment'),
    tools: valuesOf(manifest, 'tool'),
    properties: valuesOf(manifest, 'property'),
    inputs: entriesOf(manifest, 'input').map(({ name, value, origin }) => ({
      path: name,
      sha256: value.slice(0, 64),
      executable: value.endsWith(' executable'),
      origin: origin ?? name,
    })),
    outputs: action.spec.outputs.map(({ path, type }) => {
      const artifact = result?.outputs[path];
      return artifact === undefined
        ? { path, type }
        : { path, type, sha256: artifactDigest(artifact).hash, bytes: artifactBytes(artifact) };
    }),
  };
}

function entriesOf(manifest: readonly ManifestEntry[], about: ManifestPart) {
  return manifest
    .map((entry) => ({ ...partOf(entry), value: entry.value, origin: entry.origin }))
    .filter((part) => part.about === about);
}

function valuesOf(manifest: readonly ManifestEntry[], about: ManifestPart): Readonly<Record<string, string>> {
  return Object.fromEntries(entriesOf(manifest, about).map(({ name, value }) => [name, value]));
}
