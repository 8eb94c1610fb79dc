/** How a duration is written: a number of seconds, or a number with a unit. */
export const DURATION_PATTERN = '^[0-9]+(\\.[0-9]+)? ?(s|min|h)$';

/** How an amount of memory is written; a number alone would leave the unit to guessing. */
export const MEMORY_PATTERN = '^[0-9]+(\\.[0-9]+)? ?(MB|GB|MiB|GiB)$';

const SECONDS = { s: 1, min: 60, h: 3600 } as const;

const BYTES = { MB: 1e6, GB: 1e9, MiB: 2 ** 20, GiB: 2 ** 30 } as const;

/** The seconds of `90`, `90 s`, `1.5 min` or `2h`; undefined for what is no duration over 0. */
export function durationSeconds(written: string | number): number | undefined {
  const seconds = typeof written === 'number' ? written : amount(written, SECONDS, 1);
  return seconds !== undefined && Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
}

/** The bytes of `4 GB` or `512MiB`; undefined for what is no amount of memory over 0. */
export function memoryBytes(written: string): number | undefined {
  const bytes = amount(written, BYTES, undefined);
  return bytes !== undefined && bytes > 0 ? Math.round(bytes) : undefined;
}

function amount(
  written: string,
  units: Readonly<Record<string, number>>,
  unitless: number | undefined,
): number | undefined {
  const [, number, unit = ''] = /^([0-9]+(?:\.[0-9]+)?) ?([A-Za-z]*)$/.exec(written) ?? [];
  const factor = unit === '' ? unitless : units[unit];
  return number === undefined || factor === undefined ? undefined : Number(number) * factor;
}
