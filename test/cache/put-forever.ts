import { randomBytes } from 'node:crypto';
import { BlobStore } from '../../cache/blob-store.ts';

// Puts one large random blob after another into the store that it is given and names each when it is there.
const [root = ''] = process.argv.slice(2);
const store = new BlobStore(root);
for (;;) {
  const put = await store.putBytes(randomBytes(4 * 1024 * 1024));
  if (!put.ok) throw new Error(put.failure.message);
  console.log(JSON.stringify(put.value));
}
