// One process with a device of its own, for tests that kill it: `device-process.ts lock|lock-and-end|run FOLDER [SCRIPT]`.
import { EmulatorDevice } from '../../device/emulator-device.ts';

const [, , what = '', folder = '', script = ''] = process.argv;
const device = new EmulatorDevice(folder);

async function main(): Promise<void> {
  if (what.startsWith('lock')) {
    const lock = await device.lock();
    process.stdout.write(lock.ok ? 'held\n' : `${lock.failure.message}\n`);
    if (what === 'lock-and-end') return;
    // Keeps running until it is killed, or told to let go.
    process.stdin.on('data', async () => {
      if (lock.ok) await lock.value.release();
      process.stdout.write('released\n');
    });
    return;
  }
  await device.run(['sh', '-c', script], {
    cwd: '.',
    environment: {},
    timeLimitSeconds: 600,
    onStdout: (chunk) => process.stdout.write(chunk),
    onStderr: (chunk) => process.stderr.write(chunk),
  });
}

void main();
