import type { Command } from 'commander';

const CACHE_EXAMPLES = `
Examples:
  rwkv-build cache stats                      what the store holds, and its limit
  rwkv-build cache verify                     read every blob again; damaged ones are moved aside
  rwkv-build cache gc --limit 20GB --dry-run  what would go to get down to 20 GB
  rwkv-build cache clear                      remove all results and blobs

A build keeps the store within its limit by itself, the least recently used first. The limit is a fifth of the
disk, at least 10 GB, and leaves 10 GB of the disk free; RWKV_BUILD_CACHE_LIMIT sets it (bytes, 20GB, none).`;

/** `cache` and its parts. */
export function cacheCommand(program: Command, finish: (code: number) => void): void {
  const cache = program
    .command('cache')
    .description('look at the store, check it, make it smaller')
    .addHelpText('after', CACHE_EXAMPLES);
  const part = (name: string, description: string): Command =>
    cache.command(name).description(description).option('--json', 'one JSON object on stdout');
  part('stats', 'print what the store holds, and what it may hold').action(async (raw: CacheFlags) => {
    const { cacheStats } = await import('./commands/cache.ts');
    finish(await cacheStats({ json: raw.json === true }));
  });
  part('verify', 'read every blob; move the damaged ones aside').action(async (raw: CacheFlags) => {
    const { cacheVerify } = await import('./commands/cache.ts');
    finish(await cacheVerify({ json: raw.json === true }));
  });
  part('gc', 'remove what serves nobody, and the least recently used down to the limit')
    .option('--limit <size>', 'bytes, a size such as 20GB, or none (default: the configured limit)')
    .option('--dry-run', 'only say what would go')
    .action(async (raw: CacheFlags & { limit?: string; dryRun?: boolean }) => {
      const { cacheGc } = await import('./commands/cache.ts');
      const flags = { json: raw.json === true, dryRun: raw.dryRun === true };
      finish(await cacheGc(raw.limit === undefined ? flags : { ...flags, limit: raw.limit }));
    });
  part('clear', 'remove all results and blobs; fetched tools stay').action(async (raw: CacheFlags) => {
    const { cacheClear } = await import('./commands/cache.ts');
    finish(await cacheClear({ json: raw.json === true }));
  });
}

interface CacheFlags {
  readonly json?: boolean;
}
