import { resolve } from 'node:path';
import type { ModelEntry } from '../model-entry.ts';
import type { Shapes } from '../safetensors-header.ts';
import { type ModelOutline, outlineOf } from './model-outline.ts';

/** Where weights are, and how the shapes of their tensors are read. */
export interface WeightSource {
  /** The folder that paths of weights are relative to. */
  readonly folder: string;
  /** Undefined when the file is not there or holds no weights. */
  readonly shapesOf: (path: string) => Promise<Shapes | undefined>;
}

/** The outlines of models; each file is looked at once. */
export class OutlineReader {
  private readonly source: WeightSource;
  private readonly read = new Map<string, Promise<ModelOutline | undefined>>();

  constructor(source: WeightSource) {
    this.source = source;
  }

  of({ weights, shards }: ModelEntry): Promise<ModelOutline | undefined> {
    const known = this.read.get(weights) ?? this.readOutline(shards.length > 0 ? shards : [weights]);
    this.read.set(weights, known);
    return known;
  }

  private async readOutline(files: readonly string[]): Promise<ModelOutline | undefined> {
    const all = new Map<string, readonly number[]>();
    for (const file of files) {
      const shapes = await this.source.shapesOf(resolve(this.source.folder, file));
      if (shapes === undefined) return undefined;
      for (const [name, shape] of shapes) all.set(name, shape);
    }
    return outlineOf(all);
  }
}
