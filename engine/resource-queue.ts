/** What a command takes while it runs. */
export interface CommandNeeds {
  /** The most bytes of memory at a time, declared or as it was the last time; 0 when nobody knows. */
  readonly memoryBytes: number;
  /** Something that only one command may use at a time, such as a device. */
  readonly exclusive?: string;
}

export interface CommandOptions extends CommandNeeds {
  /** The highest goes first. */
  readonly priority: number;
}

type Run = () => Promise<unknown>;

interface Waiting {
  readonly run: Run;
  readonly needs: CommandOptions;
}

/** What commands share beside cores: so many bytes of memory, and things that have one user at a time. */
export class Resources {
  private readonly memoryBytes: number;
  private readonly inUse = new Set<string>();
  private running = 0;
  private usedBytes = 0;

  constructor(memoryBytes: number) {
    this.memoryBytes = memoryBytes;
  }

  /** What needs more than there is fits when nothing else runs. */
  fits({ memoryBytes, exclusive }: CommandNeeds): boolean {
    if (exclusive !== undefined && this.inUse.has(exclusive)) return false;
    return this.running === 0 || this.usedBytes + memoryBytes <= this.memoryBytes;
  }

  take({ memoryBytes, exclusive }: CommandNeeds): void {
    this.running += 1;
    this.usedBytes += memoryBytes;
    if (exclusive !== undefined) this.inUse.add(exclusive);
  }

  giveBack({ memoryBytes, exclusive }: CommandNeeds): void {
    this.running -= 1;
    this.usedBytes -= memoryBytes;
    if (exclusive !== undefined) this.inUse.delete(exclusive);
  }

  /** A job that gives back at its end what was taken for it. */
  giveBackAfter<T>(needs: CommandNeeds, job: () => Promise<T>): () => Promise<T> {
    return async () => {
      try {
        return await job();
      } finally {
        this.giveBack(needs);
      }
    };
  }
}

/**
 * The queue in which commands wait for a core (p-queue's concurrency) and for resources, which are taken when a
 * command leaves it. Whatever fits may go before what does not fit yet.
 */
export class ResourceQueue {
  private readonly resources: Resources;
  /** By falling priority, first come first served among equals. */
  private readonly waiting: Waiting[] = [];

  constructor(resources: Resources) {
    this.resources = resources;
  }

  /** How many could start now, as far as p-queue asks: none, or at least one. */
  get size(): number {
    return this.firstThatFits() < 0 ? 0 : 1;
  }

  enqueue(run: Run, options?: Partial<CommandOptions>): void {
    const { priority = 0, memoryBytes = 0, exclusive } = options ?? {};
    const needs = { priority, memoryBytes, ...(exclusive === undefined ? {} : { exclusive }) };
    let low = 0;
    let high = this.waiting.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.waiting[middle]?.needs.priority ?? 0) >= priority) low = middle + 1;
      else high = middle;
    }
    this.waiting.splice(low, 0, { run, needs });
  }

  dequeue(): Run | undefined {
    const at = this.firstThatFits();
    const [next] = at < 0 ? [] : this.waiting.splice(at, 1);
    if (next === undefined) return undefined;
    this.resources.take(next.needs);
    return next.run;
  }

  /** Part of p-queue's interface; nothing asks. */
  filter(): Run[] {
    return this.waiting.map(({ run }) => run);
  }

  /** Part of p-queue's interface. */
  setPriority(): void {
    throw new Error('the order of commands is decided when they are queued');
  }

  private firstThatFits(): number {
    return this.waiting.findIndex(({ needs }) => this.resources.fits(needs));
  }
}

/** The class of a p-queue's queue, which p-queue makes itself, over these resources. */
export function resourceQueueClass(resources: Resources): new () => ResourceQueue {
  return class extends ResourceQueue {
    constructor() {
      super(resources);
    }
  };
}
