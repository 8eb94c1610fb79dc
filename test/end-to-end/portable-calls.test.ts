import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { shippedBuild } from '../rig/shipped-project.ts';

const test = suite('what the runtime calls of the C library');

/**
 * All of it. There is no Android C library in any package registry, so this list stands for it: each is in C or
 * POSIX.1-2008 and in Android 10's; `dladdr`, `madvise`, `pipe2` and `sched_…affinity` are not in those, and there all
 * the same.
 */
const PORTABLE = new Set(
  `abort close dladdr dlerror dlopen dlsym dup dup2 exp fcntl fflush fprintf fputc fputs fstat ftruncate fwrite
   getenv getpid getrusage isatty isspace kill log madvise memchr memcmp memcpy memmove memset mmap munmap
   nanosleep open pipe2 poll posix_fallocate printf pthread_mutex_lock pthread_mutex_unlock pthread_once putchar puts
   raise read rename sched_getaffinity sched_setaffinity sigaction sigemptyset signal snprintf sqrt stderr stdout strchr strcmp strerror strlen
   strtod strtoull sysconf unlink vsnprintf write`
    .trim()
    .split(/\s+/),
);

test('is what Android has too', async () => {
  const { project } = await shippedBuild();
  const built = await project.build(['runtime']);
  assert.is(built.code, 0, built.stdout);
  for (const name of ['rwkv-run', 'librwkv_qnn.so']) {
    const file = join(project.folder, 'out/runtime/x86_64-linux', name);
    const symbols = execFileSync('nm', ['-D', '--undefined-only', file], { encoding: 'utf8' });
    const called = [...symbols.matchAll(/ U (\w+)@GLIBC_[\d.]+$/gm)].map(([, symbol]) => symbol ?? '');
    assert.ok(called.includes('dlopen'), symbols);
    // Names that begin with two underscores are what compilers and headers make of others.
    const others = called.filter((symbol) => !symbol.startsWith('__') && !PORTABLE.has(symbol));
    assert.equal(others, [], `${name}: put on the list what Android's C library has, do without the rest`);
  }
});

test.run();
