import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Failure } from '../../engine/failure.ts';
import { PipelineSource } from '../../engine/pipeline-source.ts';
import { scratchFolder } from '../cache/scratch-folder.ts';
import { failureOf, unwrap } from '../cache/unwrap.ts';

const test = suite('pipeline source');

function parse(text: string): PipelineSource {
  return unwrap(PipelineSource.parse('p.yaml', text));
}

/** The text that a location marks. */
function marked(source: PipelineSource, path: (string | number)[], part: 'key' | 'value'): string {
  const { line, column, length, excerpt } = source.locate(path, part);
  assert.is(source.text.split(/\r?\n/)[line - 1], excerpt);
  return [...excerpt].slice(column - 1, column - 1 + length).join('');
}

function syntaxFailures(text: string): string[] {
  const failures = failureOf<PipelineSource, readonly Failure[]>(PipelineSource.parse('p.yaml', text));
  return failures.map(({ kind, location, message }) => {
    assert.is(kind, 'pipeline-invalid');
    return `${location?.line}:${location?.column} ${message}`;
  });
}

async function readFailure(path: string): Promise<Failure> {
  const [failure, ...more] = failureOf<PipelineSource, readonly Failure[]>(await PipelineSource.read(path));
  assert.is(more.length, 0);
  return failure ?? assert.unreachable() ?? ({} as Failure);
}

const text = `version: 1
tasks:
  export:   # a comment
    with: { weights: "a b", lengths: [1, 64] }
    needs:
      - first
      - run: second
    script: |
      line
`;

test('keys and values are found, with what they span', () => {
  const source = parse(text);
  assert.is(marked(source, ['version'], 'key'), 'version');
  assert.is(marked(source, ['version'], 'value'), '1');
  assert.is(marked(source, ['tasks', 'export', 'with', 'weights'], 'value'), '"a b"');
  assert.is(marked(source, ['tasks', 'export', 'with', 'lengths', 1], 'value'), '64');
  assert.is(marked(source, ['tasks', 'export', 'with'], 'value'), '{ weights: "a b", lengths: [1, 64] }');
  assert.is(marked(source, ['tasks', 'export', 'needs', 0], 'value'), 'first');
  assert.is(marked(source, ['tasks', 'export', 'needs', 1, 'run'], 'key'), 'run');
});

test('a block of lines is shown by its name', () => {
  const source = parse(text);
  assert.is(marked(source, ['tasks', 'export'], 'value'), 'export');
  assert.is(marked(source, ['tasks', 'export', 'script'], 'value'), '|');
});

test('what is not there is shown by what should hold it', () => {
  const source = parse(text);
  assert.is(marked(source, ['tasks', 'export', 'uses'], 'value'), 'export');
  assert.is(marked(source, ['tasks', 'nothing', 'uses', 'x'], 'value'), 'tasks');
  assert.is(marked(source, ['version', 0], 'value'), '1');
  assert.is(source.locate(['absent'], 'key').line, 1);
  assert.is(parse('').locate(['a'], 'value').line, 1);
});

test('keys of numbers are names', () => {
  const source = parse('tasks:\n  12: x\n');
  assert.is(marked(source, ['tasks', 12], 'value'), 'x');
  assert.equal(unwrap(source.value()), { tasks: { '12': 'x' } });
});

test('anchors, aliases and merged maps are followed to where they are written', () => {
  const source = parse('a: &base { x: one, y: two }\nb: *base\nc:\n  <<: *base\n  y: three\n');
  assert.equal(unwrap(source.value()), {
    a: { x: 'one', y: 'two' },
    b: { x: 'one', y: 'two' },
    c: { x: 'one', y: 'three' },
  });
  assert.is(marked(source, ['b', 'x'], 'value'), 'one');
  assert.is(marked(source, ['c', 'x'], 'value'), 'one');
  assert.is(marked(source, ['c', 'y'], 'value'), 'three');
});

test('columns count characters, and Windows line ends are no part of the line', () => {
  const source = parse('# 😀\r\nmodel: { "模型": 😀😀, x: y }\r\nnext: 1\r\n');
  assert.is(marked(source, ['model', '模型'], 'key'), '"模型"');
  assert.is(marked(source, ['model', 'x'], 'value'), 'y');
  assert.is(marked(source, ['next'], 'value'), '1');
});

test('errors of the syntax have a place and words', () => {
  assert.equal(syntaxFailures('a: 1\nb: 2\na: 3\n'), ['3:1 the key `a` is there twice']);
  assert.equal(syntaxFailures('a:\n\tb: 1\n'), ['2:1 a tab stands where YAML takes only spaces']);
  assert.equal(syntaxFailures('a: 1\n---\nb: 2\n'), ['2:1 a second document begins here (`---`)']);
  assert.equal(syntaxFailures('a: !python/object x\n'), ['1:4 the tag `!python/object` means nothing here']);
  assert.equal(syntaxFailures('? [a]\n: 1\n'), [
    '1:3 a key must be plain text, not a list, a map or an alias',
  ]);
  assert.match(syntaxFailures('a: b: c\n')[0] ?? '', '1:4 not valid YAML: nested mappings');
  assert.match(syntaxFailures('a: [1, 2\n')[0] ?? '', 'not valid YAML: flow sequence');
  assert.match(syntaxFailures('a: "open\n')[0] ?? '', 'not valid YAML: missing closing "quote');
  assert.match(syntaxFailures('a: @x\n')[0] ?? '', '1:4 ');
});

test('aliases that lead nowhere, in circles or to gigabytes are refused', () => {
  const reasons = (source: string) =>
    failureOf<unknown, readonly Failure[]>(parse(source).value())
      .map(({ message }) => message)
      .join();
  assert.match(reasons('a: *nothing\n'), 'no anchor `&nothing` comes before');
  assert.match(reasons('a: &a [ *a ]\n'), /stands inside what it is the name of|no anchor/);
  const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 12; i++)
    bomb.push(
      `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    );
  assert.match(reasons(bomb.join('\n')), 'far too often');
});

test('numbers that are none are refused', () => {
  const [failure] = failureOf<unknown, readonly Failure[]>(parse('p: { a: 1, b: .inf }\n').value());
  assert.is(failure?.location?.column, 12);
});

test('a file that cannot be read as text is said in words', async () => {
  const folder = scratchFolder();
  const cases: [Buffer, RegExp][] = [
    [Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('version: 1', 'utf16le')]), /is UTF-16 text/],
    [Buffer.from([0x61, 0x3a, 0x20, 0xe4, 0xf6]), /is not UTF-8 text/],
    [Buffer.alloc(17 * 1024 * 1024, 'a'), /too large to be a pipeline file/],
  ];
  for (const [content, words] of cases) {
    writeFileSync(join(folder, 'p.yaml'), content);
    assert.match((await readFailure(join(folder, 'p.yaml'))).message, words);
  }
  assert.match((await readFailure(join(folder, 'absent.yaml'))).message, 'absent.yaml is not there');
  assert.match((await readFailure(join(folder, 'p.yaml/x'))).message, 'is not there');
  mkdirSync(join(folder, 'sub'));
  assert.match((await readFailure(join(folder, 'sub'))).message, 'is a folder, not a pipeline file');
});

test('a byte order mark is no part of the text', async () => {
  const path = join(scratchFolder(), 'p.yaml');
  writeFileSync(path, '\uFEFFversion: 1\n');
  const source = unwrap(await PipelineSource.read(path));
  assert.equal(unwrap(source.value()), { version: 1 });
  assert.is(source.locate(['version'], 'key').column, 1);
});

test.run();
