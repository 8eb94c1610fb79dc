import { InvalidArgumentError } from 'commander';
import { durationSeconds } from '../engine/quantity.ts';

/* How values on the command line are read. */

export const append = (value: string, before: readonly string[]): string[] => [...before, value];

export const commaList = (value: string, before: readonly string[]): string[] => [
  ...before,
  ...value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
];

export function wholeNumber(value: string): number {
  const count = Number(value);
  if (!Number.isInteger(count) || count < 1)
    throw new InvalidArgumentError('Expected a whole number from 1.');
  return count;
}

export function wholeOrZero(value: string): number {
  const count = Number(value);
  if (value === '' || !Number.isInteger(count) || count < 0)
    throw new InvalidArgumentError('Expected a whole number from 0.');
  return count;
}

export function timeLimit(value: string): number {
  const seconds = durationSeconds(value);
  if (seconds === undefined) throw new InvalidArgumentError('Expected seconds, or such as 90s, 10min, 2h.');
  return seconds;
}

/** `HOST:PORT` as adb's own name for the place of a server: `tcp:HOST:PORT`. */
export function adbServer(value: string): string {
  if (!/^[^:\s]+:\d+$/.test(value)) throw new InvalidArgumentError('Expected HOST:PORT, such as lab:5037.');
  return `tcp:${value}`;
}
