import { compareBytes } from './byte-order.ts';
import { type Digest, isDigest } from './digest.ts';
import { inputTree, type TreeFile } from './input-tree.ts';

export interface FileArtifact {
  readonly type: 'file';
  readonly digest: Digest;
  readonly executable: boolean;
}

export interface DirectoryArtifact {
  readonly type: 'directory';
  /** Sorted by the bytes of their paths; empty folders don't exist. */
  readonly files: readonly TreeFile[];
}

/** A file or folder by its content: what an action takes and gives, wherever the bytes lie. */
export type Artifact = FileArtifact | DirectoryArtifact;

/** A folder's artifact, its files put in order. */
export function directoryArtifact(files: Iterable<TreeFile>): DirectoryArtifact {
  return { type: 'directory', files: [...files].sort((a, b) => compareBytes(a.path, b.path)) };
}

/** The one digest of an artifact: a file's own, a folder's root of its REAPI Merkle tree. */
export function artifactDigest(artifact: Artifact): Digest {
  return artifact.type === 'file' ? artifact.digest : inputTree(artifact.files).root;
}

/** Its files, with their paths below the place that it gets: for a file that is the place itself, `''`. */
export function artifactFiles(artifact: Artifact): readonly TreeFile[] {
  return artifact.type === 'file' ? [{ ...artifact, path: '' }] : artifact.files;
}

/** The digests of its files. */
export function artifactDigests(artifact: Artifact): readonly Digest[] {
  return artifact.type === 'file' ? [artifact.digest] : artifact.files.map(({ digest }) => digest);
}

/** The bytes of all its files together. */
export function artifactBytes(artifact: Artifact): number {
  return artifactFiles(artifact).reduce((sum, file) => sum + file.digest.size, 0);
}

/** Whether a value read from outside is an artifact whose paths stay inside it. */
export function isArtifact(value: unknown): value is Artifact {
  if (typeof value !== 'object' || value === null) return false;
  const { type, digest, executable, files } = value as Record<string, unknown>;
  if (type === 'file') return isDigest(digest) && typeof executable === 'boolean';
  return type === 'directory' && Array.isArray(files) && files.every(isTreeFile);
}

function isTreeFile(value: unknown): value is TreeFile {
  if (typeof value !== 'object' || value === null) return false;
  const { path, digest, executable } = value as Record<string, unknown>;
  return isInnerPath(path) && isDigest(digest) && typeof executable === 'boolean';
}

/** Whether a value is a relative path that cannot lead outside: a damaged entry must not write elsewhere. */
export function isInnerPath(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  return value
    .split('/')
    .every((name) => name !== '' && name !== '.' && name !== '..' && !name.includes('\0'));
}
