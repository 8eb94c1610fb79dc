import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { artifactBytes, artifactDigest, directoryArtifact, isArtifact } from '../../cache/artifact.ts';
import { digestBytes, EMPTY_DIGEST } from '../../cache/digest.ts';

const test = suite('artifact');
const one = digestBytes(Buffer.from('one'));

test('a file is its digest, a folder the digest of its tree', () => {
  assert.equal(artifactDigest({ type: 'file', digest: one, executable: true }), one);
  assert.equal(artifactDigest({ type: 'directory', files: [] }), EMPTY_DIGEST);
  const folder = directoryArtifact([{ path: 'a', digest: one, executable: false }]);
  assert.is.not(artifactDigest(folder).hash, one.hash);
});

test('the files of a folder are sorted by bytes, not by UTF-16 units', () => {
  const paths = ['\u{1f600}', '\uff5e', 'b', 'a/b', 'a.b', 'B'];
  const folder = directoryArtifact(paths.map((path) => ({ path, digest: one, executable: false })));
  assert.equal(
    folder.files.map((file) => file.path),
    ['B', 'a.b', 'a/b', 'b', '\uff5e', '\u{1f600}'],
  );
});

test('its bytes are those of all its files', () => {
  const files = ['a', 'b'].map((path) => ({ path, digest: one, executable: false }));
  assert.is(artifactBytes({ type: 'directory', files }), 6);
  assert.is(artifactBytes({ type: 'file', digest: one, executable: false }), 3);
});

test('a value from outside is an artifact only when it leads nowhere else', () => {
  const file = { path: 'a/b', digest: one, executable: false };
  assert.ok(isArtifact({ type: 'directory', files: [file] }));
  assert.ok(isArtifact({ type: 'file', digest: one, executable: true }));
  for (const path of ['../a', '/etc/passwd', 'a/../../b', '', 'a\0b', 7]) {
    assert.not(isArtifact({ type: 'directory', files: [{ ...file, path }] }));
  }
  for (const other of [
    null,
    [],
    { type: 'link' },
    { type: 'file', digest: 'x', executable: true },
    { type: 'directory' },
  ]) {
    assert.not(isArtifact(other));
  }
});

test.run();
