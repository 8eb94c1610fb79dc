import { writeAtomically } from '../../cache/atomic-write.ts';

// Rewrites the file that it is given with one letter, then the next, and says so after each.
const [path = ''] = process.argv.slice(2);
for (let turn = 0; ; turn++) {
  const letter = String.fromCharCode(97 + (turn % 26));
  const written = await writeAtomically(path, letter.repeat(4 * 1024 * 1024));
  if (!written.ok) throw new Error(written.failure.message);
  console.log(letter);
}
