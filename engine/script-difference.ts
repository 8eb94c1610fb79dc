/** Beyond this many lines on a side the table of the comparison would take megabytes. */
const COMPARED_LINES = 400;

/** The lines in which two texts differ: `- old` and `+ new`, in the order in which they stand. */
export function differingLines(before: string, after: string): readonly string[] {
  const old = before.split('\n');
  const fresh = after.split('\n');
  let start = 0;
  while (start < old.length && start < fresh.length && old[start] === fresh[start]) start += 1;
  let oldEnd = old.length;
  let freshEnd = fresh.length;
  while (oldEnd > start && freshEnd > start && old[oldEnd - 1] === fresh[freshEnd - 1]) {
    oldEnd -= 1;
    freshEnd -= 1;
  }
  return middleDifference(old.slice(start, oldEnd), fresh.slice(start, freshEnd));
}

/** The difference by the longest common subsequence, which is the one with the fewest lines. */
function middleDifference(old: readonly string[], fresh: readonly string[]): readonly string[] {
  if (old.length > COMPARED_LINES || fresh.length > COMPARED_LINES) {
    return [...old.map((line) => `- ${line}`), ...fresh.map((line) => `+ ${line}`)];
  }
  const width = fresh.length + 1;
  const common = new Uint16Array((old.length + 1) * width);
  const at = (row: number, column: number): number => common[row * width + column] ?? 0;
  for (let row = old.length - 1; row >= 0; row -= 1) {
    for (let column = fresh.length - 1; column >= 0; column -= 1) {
      common[row * width + column] =
        old[row] === fresh[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: string[] = [];
  let row = 0;
  let column = 0;
  while (row < old.length || column < fresh.length) {
    if (row < old.length && column < fresh.length && old[row] === fresh[column]) {
      row += 1;
      column += 1;
    } else if (row < old.length && (column === fresh.length || at(row + 1, column) >= at(row, column + 1))) {
      lines.push(`- ${old[row++]}`);
    } else {
      lines.push(`+ ${fresh[column++]}`);
    }
  }
  return lines;
}
