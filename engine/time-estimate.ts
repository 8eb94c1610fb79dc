import { type ActionGraph, criticalPath, dependants } from './action-graph.ts';
import { type CommandNeeds, Resources } from './resource-queue.ts';

export interface TimeEstimate {
  /** Wall time of the build, in seconds. */
  readonly seconds: number;
  /** The actions that it cannot be shorter than, whatever the cores, in order. */
  readonly criticalPath: readonly string[];
  /** What those take one after the other. */
  readonly criticalSeconds: number;
}

export interface EstimateRequest {
  readonly graph: ActionGraph;
  /** The actions that would run; the others take no time. */
  readonly runs: ReadonlySet<string>;
  readonly seconds: (id: string) => number;
  readonly machine: Machine;
}

/** What commands share, and what each takes of it. */
export interface Machine {
  /** How many commands may run at the same time. */
  readonly jobs: number;
  readonly memoryBytes: number;
  /** The most that an action takes at a time, as far as is known, else 0. */
  readonly memoryOf: (id: string) => number;
}

/**
 * How long a build takes, by playing it through: whenever a core is free, the ready action with the longest
 * way to the end starts that fits: no two that use the same exclusive resource run together, nor any that
 * together take more memory than there is.
 */
export function estimateTime(request: EstimateRequest): TimeEstimate {
  const { graph, runs } = request;
  const cost = (id: string): number => (runs.has(id) ? request.seconds(id) : 0);
  const ways = criticalPath(graph, cost);
  const path = longestPath(graph, ways, runs);
  return {
    seconds: new Simulation(request, cost, ways).play(),
    criticalPath: path,
    criticalSeconds: path.reduce((sum, id) => sum + cost(id), 0),
  };
}

function longestPath(
  graph: ActionGraph,
  ways: ReadonlyMap<string, number>,
  runs: ReadonlySet<string>,
): readonly string[] {
  const next = dependants(graph);
  const way = (id: string): number => ways.get(id) ?? 0;
  const longest = (ids: Iterable<string>): string | undefined => {
    let best: string | undefined;
    for (const id of ids) if (best === undefined || way(id) > way(best)) best = id;
    return best;
  };
  const path: string[] = [];
  for (let id = longest(graph.actions.keys()); id !== undefined; id = longest(next.get(id) ?? [])) {
    if (runs.has(id)) path.push(id);
  }
  return path;
}

interface Running {
  readonly id: string;
  readonly end: number;
}

class Simulation {
  private readonly graph: ActionGraph;
  private readonly machine: Machine;
  private readonly resources: Resources;
  private readonly cost: (id: string) => number;
  private readonly ways: ReadonlyMap<string, number>;
  private readonly next: ReadonlyMap<string, readonly string[]>;
  private readonly waitingFor = new Map<string, number>();
  /** The one with the longest way is the last. */
  private readonly ready: string[] = [];
  private readonly running: Running[] = [];
  private clock = 0;

  constructor(
    { graph, machine }: EstimateRequest,
    cost: (id: string) => number,
    ways: ReadonlyMap<string, number>,
  ) {
    this.graph = graph;
    this.machine = machine;
    this.resources = new Resources(machine.memoryBytes);
    this.cost = cost;
    this.ways = ways;
    this.next = dependants(graph);
  }

  play(): number {
    for (const { id, dependencies } of this.graph.actions.values())
      this.waitingFor.set(id, dependencies.length);
    for (const { id, dependencies } of this.graph.actions.values())
      if (dependencies.length === 0) this.makeReady(id);
    for (;;) {
      while (this.running.length < this.machine.jobs && this.startNext());
      const index = this.firstToEnd();
      const [ended] = index < 0 ? [] : this.running.splice(index, 1);
      if (ended === undefined) return this.clock;
      this.clock = ended.end;
      this.resources.giveBack(this.needsOf(ended.id));
      this.release(ended.id);
    }
  }

  private startNext(): boolean {
    for (let index = this.ready.length - 1; index >= 0; index -= 1) {
      const id = this.ready[index] ?? '';
      const needs = this.needsOf(id);
      if (!this.resources.fits(needs)) continue;
      this.ready.splice(index, 1);
      this.resources.take(needs);
      this.running.push({ id, end: this.clock + this.cost(id) });
      return true;
    }
    return false;
  }

  private needsOf(id: string): CommandNeeds {
    const { exclusive } = this.graph.actions.get(id)?.spec ?? {};
    const memoryBytes = this.machine.memoryOf(id);
    return { memoryBytes, ...(exclusive === undefined ? {} : { exclusive }) };
  }

  private firstToEnd(): number {
    let first = -1;
    for (const [index, { end }] of this.running.entries()) {
      if (first < 0 || end < (this.running[first]?.end ?? 0)) first = index;
    }
    return first;
  }

  /** What takes no time does not wait for a core; a stack, because a chain may be thousands long. */
  private makeReady(id: string): void {
    const free = [id];
    for (let one = free.pop(); one !== undefined; one = free.pop()) {
      if (this.cost(one) > 0) this.insert(one);
      else free.push(...this.freed(one));
    }
  }

  private release(id: string): void {
    for (const one of this.freed(id)) this.makeReady(one);
  }

  private freed(id: string): readonly string[] {
    return (this.next.get(id) ?? []).filter((one) => {
      const left = (this.waitingFor.get(one) ?? 0) - 1;
      this.waitingFor.set(one, left);
      return left === 0;
    });
  }

  private insert(id: string): void {
    const way = this.ways.get(id) ?? 0;
    let low = 0;
    let high = this.ready.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.ways.get(this.ready[middle] ?? '') ?? 0) < way) low = middle + 1;
      else high = middle;
    }
    this.ready.splice(low, 0, id);
  }
}
