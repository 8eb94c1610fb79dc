import type { StorageFailed } from '../engine/failure.ts';

const WORDS: Readonly<Record<string, { readonly cause: string; readonly hint: string }>> = {
  ENOSPC: {
    cause: 'the disk is full',
    hint: 'Free some space, or put the store on a larger disk by setting RWKV_BUILD_CACHE.',
  },
  EDQUOT: {
    cause: 'your disk quota is used up',
    hint: 'Free some space, or put the store on another disk by setting RWKV_BUILD_CACHE.',
  },
  EROFS: {
    cause: 'the file system is read-only',
    hint: 'Set RWKV_BUILD_CACHE to a folder that can be written.',
  },
  EACCES: {
    cause: 'permission is denied',
    hint: 'Give yourself write permission there, or set RWKV_BUILD_CACHE to a folder of your own.',
  },
  EPERM: {
    cause: 'the operation is not permitted',
    hint: 'Check who owns the file, or set RWKV_BUILD_CACHE to a folder of your own.',
  },
  EMFILE: {
    cause: 'too many files are open in this process',
    hint: 'Raise the limit, for example with `ulimit -n 4096`.',
  },
  ENFILE: {
    cause: 'too many files are open on this machine',
    hint: 'Close other programs, or raise the limit of the system.',
  },
  EIO: {
    cause: 'the disk reported an input/output error',
    hint: 'Check the disk; the system log says more.',
  },
  ENOENT: {
    cause: 'it, or a folder above it, is not there',
    hint: 'Something else removed it during the build; run the build again.',
  },
  ENOTDIR: {
    cause: 'a part of the path is a file, not a folder',
    hint: 'Move that file away, or set RWKV_BUILD_CACHE to another folder.',
  },
  EEXIST: {
    cause: 'a file is in the place of a folder',
    hint: 'Move that file away, or set RWKV_BUILD_CACHE to another folder.',
  },
  EISDIR: {
    cause: 'a folder is in its place',
    hint: 'Move that folder away.',
  },
  ENAMETOOLONG: {
    cause: 'the name is too long for this file system',
    hint: 'Use a shorter name, or a folder with a shorter path.',
  },
};

/** The errno's name of an error by node, `undefined` for any other value. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
}

/**
 * What a file operation's error at `path` means to the user.
 * An error without an errno is a bug and is thrown on.
 */
export function storageFailure(path: string, error: unknown): StorageFailed {
  const code = errorCode(error);
  if (code === undefined || code.startsWith('ERR_')) throw error;
  const words = WORDS[code];
  if (words === undefined) {
    return { kind: 'storage-failed', path, code, message: `cannot use ${path}: ${code}` };
  }
  return {
    kind: 'storage-failed',
    path,
    code,
    message: `cannot use ${path}: ${words.cause} (${code})`,
    hint: words.hint,
  };
}
