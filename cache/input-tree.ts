import { type Digest, digestBytes } from './digest.ts';
import { type DirectoryNode, encodeDirectory, type FileNode } from './reapi-encoding.ts';

export interface TreeFile {
  /** Relative, with `/` between the names. */
  readonly path: string;
  readonly digest: Digest;
  readonly executable: boolean;
}

export interface InputTree {
  /** The digest of the encoded root `Directory`. */
  readonly root: Digest;
  /** Every encoded `Directory` of the tree by its hash: what a remote store must have besides the files. */
  readonly directories: Map<string, Uint8Array>;
}

interface Folder {
  readonly files: Map<string, FileNode>;
  readonly folders: Map<string, Folder>;
}

/**
 * The Merkle tree of a flat list of files, in REAPI's form. The order of the list doesn't matter.
 * A path that is there twice, is a file and a folder, or leaves the tree is a bug of the caller and throws.
 */
export function inputTree(files: Iterable<TreeFile>): InputTree {
  const root = emptyFolder();
  for (const file of files) place(root, file);
  const directories = new Map<string, Uint8Array>();
  return { root: seal(root, directories), directories };
}

function emptyFolder(): Folder {
  return { files: new Map(), folders: new Map() };
}

function place(root: Folder, file: TreeFile): void {
  const names = file.path.split('/');
  if (names.some((name) => name === '' || name === '.' || name === '..')) {
    throw new Error(`not a relative path inside the tree: ${file.path}`);
  }
  const last = names.pop() as string;
  let folder = root;
  for (const name of names) {
    if (folder.files.has(name)) throw new Error(`both a file and a folder: ${file.path} lies below a file`);
    let child = folder.folders.get(name);
    if (child === undefined) {
      child = emptyFolder();
      folder.folders.set(name, child);
    }
    folder = child;
  }
  if (folder.folders.has(last)) throw new Error(`both a file and a folder: ${file.path}`);
  if (folder.files.has(last)) throw new Error(`twice in one tree: ${file.path}`);
  folder.files.set(last, { name: last, digest: file.digest, executable: file.executable });
}

function seal(folder: Folder, directories: Map<string, Uint8Array>): Digest {
  const children: DirectoryNode[] = [];
  for (const [name, child] of folder.folders) children.push({ name, digest: seal(child, directories) });
  const bytes = encodeDirectory({ files: [...folder.files.values()], directories: children });
  const digest = digestBytes(bytes);
  directories.set(digest.hash, bytes);
  return digest;
}
