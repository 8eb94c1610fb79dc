import { BlobStore } from '../../cache/blob-store.ts';

// Puts the same 200 blobs as every other process that runs this.
const [root = ''] = process.argv.slice(2);
const store = new BlobStore(root);
for (let index = 0; index < 200; index++) {
  const put = await store.putBytes(Buffer.alloc(10_000, `blob ${index} `));
  if (!put.ok) throw new Error(put.failure.message);
}
