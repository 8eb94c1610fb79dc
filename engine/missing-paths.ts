/** How programs say that a file is not there; commands run with English messages. */
const COMPLAINT =
  /no such file|not found|cannot (?:open|find|access|stat|read|load)|can't (?:open|find|read)|couldn't (?:open|read|find)|could not (?:open|read|find)|does ?n[o']t exist|no module named|no rule to make target|ENOENT/i;

const QUOTED = /'([^']+)'|"([^"]+)"|`([^`']+)['`]|‘([^’]+)’|“([^”]+)”/g;

/** `No module named 'a.b'`, which is `a/b.py` or the folder `a/b`. */
const PYTHON_MODULE = /No module named '?([\w.]+)'?/;

/** A compiler names the file that it reads, whose folder is where it looks for others first. */
const READER = /^([^\s:]+):\d+(?::\d+)?:/;

const LONGEST_PATH = 4096;

/** What a command complained of not finding, as it may be written: paths and words that are none. */
export function missingPaths(output: string): readonly string[] {
  const found = new Set<string>();
  for (const line of output.split(/\r\n|\n|\r/)) {
    if (line.length < LONGEST_PATH && COMPLAINT.test(line))
      for (const one of candidates(line)) found.add(one);
  }
  return [...found];
}

function candidates(line: string): readonly string[] {
  const module = PYTHON_MODULE.exec(line)?.[1]?.replaceAll('.', '/');
  if (module !== undefined) return [`${module}.py`, module];
  const quoted = [...line.matchAll(QUOTED)].map(
    (match) => match.slice(1).find((text) => text !== undefined) ?? '',
  );
  const between = line.split(': ').flatMap((part) => [part.trim(), part.trim().split(/\s+/).at(-1) ?? '']);
  // What every such complaint says names nothing.
  const words = line
    .replace(/no such file or directory/i, '')
    .split(/[\s,;()]+/)
    .map((word) => word.replace(/^['"`‘“<[]+|['"`’”>\].:]+$/g, ''));
  const named = [...quoted, ...between, ...words].filter((text) => text !== '');
  const reader = READER.exec(line)?.[1];
  const at = reader?.lastIndexOf('/') ?? -1;
  if (reader === undefined || at < 0) return named;
  return [
    ...named,
    ...named.filter((path) => !path.startsWith('/')).map((path) => reader.slice(0, at + 1) + path),
  ];
}
