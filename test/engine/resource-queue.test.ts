import PQueue from 'p-queue';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type CommandOptions, Resources, resourceQueueClass } from '../../engine/resource-queue.ts';

/** Runs jobs that tell when they start and end when they are told to. */
class Scene {
  readonly started: string[] = [];
  private readonly queue: PQueue<InstanceType<ReturnType<typeof resourceQueueClass>>, CommandOptions>;
  private readonly resources: Resources;
  private readonly ends = new Map<string, () => void>();

  constructor(memoryBytes: number, concurrency: number) {
    this.resources = new Resources(memoryBytes);
    this.queue = new PQueue({ concurrency, queueClass: resourceQueueClass(this.resources) });
  }

  add(name: string, needs: Partial<CommandOptions>): void {
    const job = async (): Promise<void> => {
      this.started.push(name);
      await new Promise<void>((resolve) => this.ends.set(name, resolve));
    };
    const whole = { priority: 0, memoryBytes: 0, ...needs };
    void this.queue.add(this.resources.giveBackAfter(whole, job), whole);
  }

  async end(name: string): Promise<void> {
    this.ends.get(name)?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('two commands that do not fit into memory together do not run together', async () => {
  const scene = new Scene(10, 4);
  scene.add('big', { memoryBytes: 7 });
  scene.add('other big', { memoryBytes: 6 });
  scene.add('small', { memoryBytes: 3 });
  assert.equal(scene.started, ['big', 'small'], 'what fits does not wait for what does not');
  await scene.end('small');
  assert.equal(scene.started, ['big', 'small']);
  await scene.end('big');
  assert.equal(scene.started, ['big', 'small', 'other big']);
});

test('a command that needs more than there is runs alone', async () => {
  const scene = new Scene(10, 4);
  scene.add('small', { memoryBytes: 1 });
  scene.add('huge', { memoryBytes: 99 });
  assert.equal(scene.started, ['small']);
  await scene.end('small');
  assert.equal(scene.started, ['small', 'huge']);
  scene.add('late', { memoryBytes: 1 });
  assert.equal(scene.started, ['small', 'huge']);
  await scene.end('huge');
  assert.equal(scene.started, ['small', 'huge', 'late']);
});

test('an exclusive resource has one user at a time, who holds no core while waiting', async () => {
  const scene = new Scene(10, 2);
  scene.add('first', { exclusive: 'phone' });
  scene.add('second', { exclusive: 'phone' });
  scene.add('plain', {});
  assert.equal(scene.started, ['first', 'plain']);
  await scene.end('first');
  assert.equal(scene.started, ['first', 'plain', 'second']);
});

test('the highest priority goes first, equals in the order in which they came', async () => {
  const scene = new Scene(10, 1);
  scene.add('running', {});
  for (const [name, priority] of [
    ['low', 1],
    ['high', 5],
    ['high too', 5],
  ] as const)
    scene.add(name, { priority });
  for (const name of ['running', 'high', 'high too', 'low']) await scene.end(name);
  assert.equal(scene.started, ['running', 'high', 'high too', 'low']);
});

test.run();
