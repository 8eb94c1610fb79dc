import type { ActionHistory, HistoryEntry } from './action-history.ts';
import type { FoundResult, SubjectFile } from './artifact-search.ts';
import { argumentsOf, type ManifestEntry, partOf } from './explanation.ts';

/** in-toto's ResourceDescriptor, v1. */
export interface ResourceDescriptor {
  readonly name?: string;
  readonly uri?: string;
  readonly digest?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, unknown>>;
}

/** What a `run:` or a kind's command was given, as far as it decides the result. */
interface ActionParameters {
  readonly action: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
}

/** in-toto's Statement v1 with SLSA's Provenance v1 as its predicate. */
export interface ProvenanceStatement {
  readonly _type: 'https://in-toto.io/Statement/v1';
  readonly subject: readonly ResourceDescriptor[];
  readonly predicateType: 'https://slsa.dev/provenance/v1';
  readonly predicate: {
    readonly buildDefinition: {
      readonly buildType: string;
      readonly externalParameters: ActionParameters;
      readonly internalParameters: {
        readonly fingerprint: string;
        /** Every action before this one, each after those that it took outputs of. */
        readonly chain: readonly ChainLink[];
      };
      readonly resolvedDependencies: readonly ResourceDescriptor[];
    };
    readonly runDetails: {
      readonly builder: { readonly id: string; readonly version: Readonly<Record<string, string>> };
      readonly metadata: {
        readonly invocationId: string;
        readonly startedOn?: string;
        readonly finishedOn?: string;
      };
    };
  };
}

interface ChainLink extends ActionParameters {
  readonly fingerprint: string;
  readonly startedOn?: string;
  readonly finishedOn?: string;
  /** False where the history has forgotten it: what it was made of is then not known. */
  readonly remembered: boolean;
}

/** ARCHITECTURE.md says what the parameters of this type of build are. */
export const BUILD_TYPE = 'urn:rwkv-build:action:v1';

/**
 * Tells how an artifact came about: the command that made it, and every file of the user's and of rwkv-build,
 * every tool and every action that went into it, back to the beginning.
 * Formats: in-toto attestation v1 (spec/v1/statement.md), SLSA provenance v1 (docs/provenance/v1.md).
 */
export function provenanceStatement(
  files: readonly SubjectFile[],
  found: FoundResult,
  version: string,
): ProvenanceStatement {
  const { id, entry, history } = found;
  const chain = chainOf(id, entry, history);
  const known = [...chain.flatMap(({ entry: one }) => (one === undefined ? [] : [one])), entry];
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: files.map(({ name, hash }) => ({ name, digest: { sha256: hash } })),
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: BUILD_TYPE,
        externalParameters: parametersOf(id, entry),
        internalParameters: { fingerprint: entry.fingerprint, chain: chain.map(chainLink) },
        resolvedDependencies: [...dependenciesOf(known), ...intermediates(chain)],
      },
      runDetails: {
        builder: { id: `pkg:npm/rwkv-build@${version}`, version: { 'rwkv-build': version } },
        metadata: { invocationId: `urn:rwkv-build:fingerprint:${entry.fingerprint}`, ...timesOf(entry) },
      },
    },
  };
}

interface Link {
  readonly id: string;
  readonly fingerprint: string;
  readonly entry: HistoryEntry | undefined;
}

/** The actions before one, each once and after those before it; without recursion, chains may be long. */
function chainOf(id: string, entry: HistoryEntry, history: ActionHistory): readonly Link[] {
  const links = new Map<string, Link>();
  const stack: { readonly link: Link; readonly rest: [string, string][] }[] = [
    { link: { id, fingerprint: entry.fingerprint, entry }, rest: Object.entries(entry.sources) },
  ];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const next = top.rest.pop();
    if (next === undefined) {
      stack.pop();
      if (stack.length > 0) links.set(linkKey(top.link), top.link);
      continue;
    }
    const [source, fingerprint] = next;
    const link: Link = { id: source, fingerprint, entry: history.result(source, fingerprint) };
    if (!links.has(linkKey(link))) stack.push({ link, rest: Object.entries(link.entry?.sources ?? {}) });
  }
  return [...links.values()];
}

const linkKey = ({ id, fingerprint }: Link): string => `${fingerprint} ${id}`;

function chainLink({ id, fingerprint, entry }: Link): ChainLink {
  if (entry === undefined) {
    const nothing = { command: [], environment: {}, properties: {}, outputs: {} };
    return { action: id, ...nothing, fingerprint, remembered: false };
  }
  return { ...parametersOf(id, entry), fingerprint, ...timesOf(entry), remembered: true };
}

function parametersOf(action: string, { manifest }: HistoryEntry): ActionParameters {
  return {
    action,
    command: argumentsOf(manifest),
    environment: valuesOf(manifest, 'environment'),
    properties: valuesOf(manifest, 'property'),
    outputs: valuesOf(manifest, 'output'),
  };
}

function valuesOf(manifest: readonly ManifestEntry[], about: string): Readonly<Record<string, string>> {
  const parts = manifest.map((entry) => ({ ...partOf(entry), value: entry.value }));
  return Object.fromEntries(
    parts.filter((part) => part.about === about).map(({ name, value }) => [name, value]),
  );
}

function timesOf({ startedAt, seconds }: HistoryEntry): { startedOn?: string; finishedOn?: string } {
  if (startedAt === undefined) return {};
  return {
    startedOn: new Date(startedAt).toISOString(),
    finishedOn: new Date(startedAt + seconds * 1000).toISOString(),
  };
}

const OWN = 'rwkv-build itself: ';

/** The files that no action made, and the tools, of all of these results. */
function dependenciesOf(entries: readonly HistoryEntry[]): readonly ResourceDescriptor[] {
  const found = new Map<string, ResourceDescriptor>();
  for (const { manifest, sources } of entries) {
    for (const entry of manifest) {
      const { about, name } = partOf(entry);
      if (about === 'tool') found.set(`tool ${name} ${entry.value}`, toolDescriptor(name, entry.value));
      const origin = entry.origin ?? name;
      const made = Object.keys(sources).some((id) => origin.startsWith(`${id}: `));
      if (about !== 'input' || made) continue;
      const own = origin.startsWith(OWN);
      const path = own ? origin.slice(OWN.length) : origin;
      found.set(`${origin} ${entry.value}`, {
        name: path,
        digest: { sha256: entry.value.slice(0, 64) },
        annotations: { from: own ? 'rwkv-build' : 'project' },
      });
    }
  }
  return [...found.values()];
}

function toolDescriptor(name: string, version: string): ResourceDescriptor {
  return {
    name,
    uri: `urn:rwkv-build:tool:${encodeURIComponent(name)}`,
    annotations: { from: 'tool', version },
  };
}

/** What other actions made on the way. */
function intermediates(chain: readonly Link[]): readonly ResourceDescriptor[] {
  return chain.flatMap(({ id, fingerprint, entry }) =>
    Object.entries(entry?.outputs ?? {}).flatMap(([path, artifact]) => {
      const files =
        artifact.type === 'file'
          ? [{ name: path, digest: artifact.digest }]
          : artifact.files.map((file) => ({ name: `${path}/${file.path}`, digest: file.digest }));
      return files.map(({ name, digest }) => ({
        name,
        digest: { sha256: digest.hash },
        annotations: { from: 'action', action: id, fingerprint },
      }));
    }),
  );
}
