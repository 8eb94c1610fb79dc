import { readFileSync } from 'node:fs';

let known: string | undefined;

/** A text that is another one after each start of the machine; empty where the kernel tells none. */
export function bootId(): string {
  if (known === undefined) {
    try {
      known = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    } catch {
      known = '';
    }
  }
  return known;
}
