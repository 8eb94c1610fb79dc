import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Subject } from './bench-subject.ts';
import { type MeasuredRun, measureRun } from './measured-run.ts';
import { sourceText, type TaskWork, type Work } from './work-shape.ts';

/** Some work laid out in a folder for one subject. */
export class WorkSite {
  readonly subject: Subject;
  readonly work: Work;
  readonly folder: string;
  private edits = 0;

  constructor(subject: Subject, work: Work, folder: string) {
    this.subject = subject;
    this.work = work;
    this.folder = folder;
  }

  /** Whether an earlier bench built it and kept it. */
  get kept(): boolean {
    return existsSync(this.readyMark);
  }

  /** Writes the sources, each by `place`, and the subject's own files. */
  lay(place: (path: string, source: string) => void = writeSource): void {
    mkdirSync(this.folder, { recursive: true });
    for (const task of this.work.tasks) {
      for (const source of task.sources) {
        const path = this.sourcePath(task, source);
        mkdirSync(dirname(path), { recursive: true });
        place(path, source);
      }
    }
    this.subject.describe(this.folder, this.work);
    this.makeOutputFolders();
  }

  run(limitSeconds: number): Promise<MeasuredRun> {
    return measureRun(this.subject.command(this.folder), limitSeconds);
  }

  markReady(): void {
    writeFileSync(this.readyMark, '');
  }

  /** Takes away everything that was built or remembered. */
  clean(): void {
    const outputs = this.work.tasks.map((task) => this.subject.outputPath(task));
    for (const path of [...outputs, ...this.subject.traces]) {
      rmSync(join(this.folder, path), { recursive: true, force: true });
    }
    this.makeOutputFolders();
  }

  editLeaf(): void {
    this.edits += 1;
    writeFileSync(this.leafPath, `edit ${this.edits} at ${Date.now()}\n`);
  }

  /** Whether the output of the leaf's task holds what the leaf holds now. */
  get leafIsBuilt(): boolean {
    const built = readFileSync(this.outputPath(this.work.leaf.task), 'utf8');
    return built.includes(readFileSync(this.leafPath, 'utf8'));
  }

  sourcePath(task: TaskWork, source: string): string {
    return join(this.folder, this.subject.sourceFolder(task), source);
  }

  outputPath(task: TaskWork): string {
    return join(this.folder, this.subject.outputPath(task));
  }

  private get leafPath(): string {
    return this.sourcePath(this.work.leaf.task, this.work.leaf.source);
  }

  private get readyMark(): string {
    return join(this.folder, '.ready');
  }

  private makeOutputFolders(): void {
    for (const folder of new Set(this.work.tasks.map((task) => dirname(this.outputPath(task))))) {
      mkdirSync(folder, { recursive: true });
    }
  }
}

function writeSource(path: string, source: string): void {
  writeFileSync(path, sourceText(source));
}
