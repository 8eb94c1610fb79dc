/** Values by the paths that they stand for, to be found by a path that takes them in. */
export class PathIndex<T> {
  private readonly entries: T[] = [];
  /** The places in `entries` of what stands exactly at a path. */
  private readonly at = new Map<string, number[]>();
  /** Of what lies anywhere below a path. */
  private readonly below = new Map<string, number[]>();

  add(path: string, value: T): void {
    const place = this.entries.push(value) - 1;
    push(this.at, path, place);
    for (const folder of foldersOf(path)) push(this.below, folder, place);
  }

  /**
   * The values whose paths are `path`, lie below it as a folder, or are a folder in which it lies; in the order in
   * which they were added, each once.
   */
  coveredBy(path: string): readonly T[] {
    const places = new Set([...(this.at.get(path) ?? []), ...(this.below.get(path) ?? [])]);
    for (const folder of foldersOf(path)) for (const place of this.at.get(folder) ?? []) places.add(place);
    return [...places].sort((left, right) => left - right).map((place) => this.entries[place] as T);
  }
}

/** The folders in which a path lies, the nearest first. */
function foldersOf(path: string): string[] {
  const folders: string[] = [];
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
    folders.push(path.slice(0, end));
  }
  return folders;
}

function push(map: Map<string, number[]>, key: string, place: number): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [place]);
  else list.push(place);
}
