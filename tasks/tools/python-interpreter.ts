import type { Failure } from '../../engine/failure.ts';
import { fail, ok, type Result } from '../../engine/result.ts';
import { findProgram, programOutput } from './program-probe.ts';

export interface PythonInterpreter {
  readonly path: string;
  /** `3.11.7` */
  readonly version: string;
  /** The folder that holds its standard library, which environments made from it share. */
  readonly prefix: string;
}

/** The command that brings what is missing, on the system that the README names. */
const INSTALL_PYTHON = 'apt-get install -y python3 python3-venv';

/** Below 3.11 the pinned packages have no wheels. */
const OLDEST_MINOR = 11;

/** All questions in one start, which through a shim such as pyenv's takes a tenth of a second. */
const ABOUT = `
import platform, sys
print(platform.python_version())
print(sys.base_prefix)
try:
    import ensurepip, venv
    print('environments')
except ImportError:
    pass
`;

/** The Python that environments are made from, able to make one. */
export async function findPython(): Promise<Result<PythonInterpreter, Failure>> {
  const path = await findProgram('python3.11', 'python3');
  if (path === undefined) return fail(missing('Python 3 is not on this machine'));
  const about = await programOutput(path, '-c', ABOUT);
  const [version, prefix, environments] = about?.split('\n') ?? [];
  if (version === undefined || prefix === undefined) return fail(missing(`${path} does not run`));
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major !== 3 || minor < OLDEST_MINOR) {
    return fail(missing(`${path} is Python ${version}; 3.${OLDEST_MINOR} or newer is needed`));
  }
  if (environments === undefined) {
    return fail(missing(`${path} cannot make virtual environments (no venv or ensurepip)`));
  }
  return ok({ path, version, prefix });
}

function missing(cause: string): Failure {
  return { kind: 'environment-missing', tool: 'python3', message: cause, hint: INSTALL_PYTHON };
}
