import type { Command } from 'commander';
import { wholeNumber } from './argument-values.ts';

const EMULATE_EXAMPLES = `
Examples:
  rwkv-build device emulate                   a phone at a free port of this machine, until Ctrl-C
  rwkv-build device emulate --soc SM8750      that says it has another SoC
  rwkv-build device emulate --auth            that lets in the adb keys of this user alone
  rwkv-build all --device adb:127.0.0.1:PORT  what to do with it, in another terminal

It is Android's own adbd in Linux namespaces, built once from Debian's source, and computes on the HTP emulator: its
results count, its times say nothing about a phone. Nobody but this machine reaches it. \`doctor\` says what it needs.`;

/** `device` and its parts. */
export function deviceCommand(program: Command, finish: (code: number) => void): void {
  const device = program.command('device').description('phones and boards, and a phone that is none');
  device
    .command('emulate')
    .description('be a phone for adb, until Ctrl-C')
    .option('--soc <name>', 'the SoC that it says it has', 'SM8650')
    .option('--port <number>', 'where on 127.0.0.1 it listens; else at a free port', wholeNumber)
    .option('--auth', 'let in the adb keys of this user alone, and no other')
    .addHelpText('after', EMULATE_EXAMPLES)
    .action(async (raw: { soc: string; port?: number; auth?: boolean }) => {
      const { emulateDevice } = await import('./commands/emulate-device.ts');
      const port = raw.port === undefined ? {} : { port: raw.port };
      finish(await emulateDevice({ soc: raw.soc, authenticates: raw.auth === true, ...port }));
    });
}
