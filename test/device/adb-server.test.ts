import { createServer, type Server } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { clientVersion, serverAddress, serverVersion } from '../../device/adb-server.ts';

async function withServer(answer: string, test: (port: number) => Promise<void>): Promise<void> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      if (chunk.toString() === '000chost:version') socket.end(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  try {
    await test(typeof address === 'object' && address !== null ? address.port : 0);
  } finally {
    server.close();
  }
}

test('the version of a running server is asked for without starting a client', () =>
  withServer('OKAY00040029', async (port) => {
    assert.is(await serverVersion({ host: '127.0.0.1', port }), 41);
  }));

test('something else on that port is no adb server', () =>
  withServer('HTTP/1.1 400 Bad Request\r\n', async (port) => {
    assert.is(await serverVersion({ host: '127.0.0.1', port }), undefined);
  }));

test('no server is no version', async () => {
  let free = 0;
  await withServer('', async (port) => {
    free = port;
  });
  assert.is(await serverVersion({ host: '127.0.0.1', port: free }), undefined);
});

test("the server is looked for where adb's own variables say", () => {
  assert.equal(serverAddress({}), { host: '127.0.0.1', port: 5037 });
  assert.equal(serverAddress({ ANDROID_ADB_SERVER_PORT: '5555' }), { host: '127.0.0.1', port: 5555 });
  assert.equal(serverAddress({ ADB_SERVER_SOCKET: 'tcp:5901' }), { host: '127.0.0.1', port: 5901 });
  assert.equal(serverAddress({ ADB_SERVER_SOCKET: 'tcp:lab:5901' }), { host: 'lab', port: 5901 });
  assert.is(serverAddress({ ADB_SERVER_SOCKET: 'localfilesystem:/run/adb' }), undefined);
});

test('the version of the client is the last number', () => {
  assert.is(clientVersion('Android Debug Bridge version 1.0.41\nVersion 36.0.0-13206524\n'), 41);
  assert.is(clientVersion('something else'), undefined);
});

test.run();
