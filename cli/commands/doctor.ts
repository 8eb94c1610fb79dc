import { cacheRoot } from '../../cache/cache-root.ts';
import { phoneNamespaces } from '../../device/emulated-phone.ts';
import type { Failure } from '../../engine/failure.ts';
import type { Result } from '../../engine/result.ts';
import { findBubblewrap } from '../../engine/sandbox.ts';
import { openDevice } from '../../tasks/device-access.ts';
import { registeredTools } from '../../tasks/tool-registry.ts';
import { compilerFor } from '../../tasks/tools/native-compilers.ts';
import type { Check } from '../doctor/machine-check.ts';
import { storeChecks } from '../doctor/store-checks.ts';
import { watchChecks } from '../doctor/system-checks.ts';
import { EXIT } from '../exit-code.ts';
import { packageRoot } from '../package-root.ts';
import { table } from '../reporters/figures.ts';
import { paletteFor } from '../reporters/palette.ts';

/** Says what the machine has and lacks, with the command that brings what is missing. */
export async function doctor(options: { readonly json: boolean }): Promise<number> {
  const root = packageRoot();
  const store = cacheRoot(process.env);
  const tools = registeredTools(root, store);
  const version = async (tool: string): Promise<Result<string, Failure>> => {
    const found = tools.get(tool);
    if (found === undefined) throw new Error(`no tool is called ${tool}`);
    return found.version();
  };
  const arm = await compilerFor('aarch64-linux');
  const checks: Check[] = [
    nodeCheck(),
    check('python', 'required', await version('python'), (found) => found.split(' ').slice(0, 2).join(' ')),
    check('g++', 'required', await version('g++')),
    ...(await storeChecks(store, process.env)),
    check('target aarch64-linux', 'optional', await version(arm.tool), (found) =>
      arm.tool === 'zig' ? 'by zig, which is fetched when first needed' : found,
    ),
    check('target aarch64-android', 'optional', await version('android-ndk')),
    check('libraries for Android', 'optional', await version('qnn-sdk')),
    await deviceCheck(),
    await phoneCheck(version),
    check('clang++', 'optional', await version('clang++'), (found) => `${found}, for npm run fuzz`),
    check('bubblewrap', 'optional', await findBubblewrap(), (path) => `${path}, for --sandbox strict`),
    ...(await watchChecks()),
  ];
  if (options.json)
    for (const one of checks) process.stdout.write(`${JSON.stringify({ type: 'check', ...one })}\n`);
  else printChecks(checks);
  return checks.some((one) => one.required && one.state === 'missing') ? EXIT.environmentMissing : EXIT.ok;
}

function check(
  name: string,
  need: 'required' | 'optional',
  result: Result<string, Failure>,
  words: (found: string) => string = (found) => found,
): Check {
  const required = need === 'required';
  if (result.ok) return { name, required, state: 'ok', detail: words(result.value) };
  const { message, hint } = result.failure;
  return {
    name,
    required,
    state: 'missing',
    detail: message,
    ...(hint === undefined ? {} : { command: hint }),
  };
}

function nodeCheck(): Check {
  const major = Number(process.versions.node.split('.')[0]);
  const detail = `Node ${process.versions.node}`;
  if (major >= 20) return { name: 'node', required: true, state: 'ok', detail };
  return {
    name: 'node',
    required: true,
    state: 'missing',
    detail: `${detail}; 20 or newer is needed`,
    command: 'nvm install 20',
  };
}

async function deviceCheck(): Promise<Check> {
  const opened = await openDevice('auto', process.env);
  if (!opened.ok) return check('device', 'optional', opened);
  const { device, notice } = opened.value;
  return { name: 'device', required: false, state: 'ok', detail: notice ?? device.serial };
}

/** What `device emulate` needs, in the order in which it would fail. */
async function phoneCheck(version: (tool: string) => Promise<Result<string, Failure>>): Promise<Check> {
  const name = 'emulated phone';
  const adbd = await version('adbd');
  if (!adbd.ok) return check(name, 'optional', adbd);
  const allowed = await phoneNamespaces();
  return check(name, 'optional', allowed.ok ? adbd : allowed, () => 'its adbd is built when first needed');
}

function printChecks(checks: readonly Check[]): void {
  const palette = paletteFor(process.stdout);
  const marks = { ok: 'ok', missing: 'missing' };
  const rows = checks.map((one) => [
    one.state === 'missing' && !one.required ? 'absent' : marks[one.state],
    one.name,
    one.detail.split('\n')[0] ?? '',
  ]);
  table(rows, new Set()).forEach((line, index) => {
    const one = checks[index];
    const colour =
      one?.state === 'ok' ? palette.green : one?.required === true ? palette.red : palette.yellow;
    process.stdout.write(`${colour(line)}\n`);
    if (one?.command !== undefined) process.stdout.write(`         → ${one.command}\n`);
  });
}
