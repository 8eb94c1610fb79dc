import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EndMarker } from '../../device/end-marker.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const text = (chunk: Uint8Array): string => Buffer.from(chunk).toString();

test('the exit code is read behind the marker and the output before it is whole', () => {
  const marker = new EndMarker();
  assert.is(text(marker.feed(bytes(`out${marker.text}42;`))), 'out');
  assert.is(marker.exitCode, 42);
});

test('a marker that arrives a byte at a time is found, and output without it is not held back', () => {
  const marker = new EndMarker();
  assert.is(text(marker.feed(bytes('token'))), 'token');
  let rest = '';
  for (const byte of bytes(`##end-${marker.text}7;`)) rest += text(marker.feed(new Uint8Array([byte])));
  assert.is(rest, '##end-');
  assert.is(marker.exitCode, 7);
});

test('without its closing sign an exit code is no exit code: 1 may be the beginning of 127', () => {
  const marker = new EndMarker();
  marker.feed(bytes(`${marker.text}1`));
  assert.is(marker.exitCode, undefined);
  marker.feed(bytes('27;'));
  assert.is(marker.exitCode, 127);
});

test('what was held back because it might be the marker is given out at the end', () => {
  const marker = new EndMarker();
  assert.is(text(marker.feed(bytes('done #end-'))), 'done ');
  assert.is(text(marker.rest()), '#end-');
  assert.is(marker.exitCode, undefined);
});

test('the marker of another run ends nothing', () => {
  const marker = new EndMarker();
  const other = `${new EndMarker().text}0;`;
  assert.is(text(marker.feed(bytes(other))), other);
  assert.is(marker.exitCode, undefined);
});

test("the shell's command line does not hold the marker, for programs that list processes print it", () => {
  const marker = new EndMarker();
  assert.not.ok(marker.command('code').includes(marker.text));
});

test.run();
