import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Runs a TypeScript file beside this one until it has written so many lines, then ends it with SIGKILL, most
 * likely in the middle of what the next line would tell. Gives the whole lines that it wrote.
 */
export async function runUntilKilled(
  script: string,
  args: readonly string[],
  lines: number,
): Promise<string[]> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', path, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (chunk: string) => {
    text += chunk;
    if (text.split('\n').length > lines) child.kill('SIGKILL');
  });
  const signal = await new Promise((resolve) => child.on('close', (_code, name) => resolve(name)));
  if (signal !== 'SIGKILL') throw new Error(`${script} ended by itself`);
  return text.split('\n').slice(0, -1);
}

/** Runs a TypeScript file beside this one to its end. Gives what it wrote; rejects when it fails. */
export async function runToEnd(script: string, args: readonly string[]): Promise<string> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', path, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (chunk: string) => {
    text += chunk;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`${script} ended with ${code}`);
  return text;
}
