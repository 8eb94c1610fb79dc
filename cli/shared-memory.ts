import { totalmem } from 'node:os';

/** What commands share of the machine's memory, or the container's: all but a tenth, which is for everything else. */
export const memoryToShare = (): number =>
  0.9 * Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
