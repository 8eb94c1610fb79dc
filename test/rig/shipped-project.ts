import { readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type FinishedBuild, Project, REPOSITORY } from './project.ts';

/** A folder with the repository's own pipeline and model, and a store of its own. */
export function shippedProject(): Project {
  const project = new Project({
    'rwkv.pipeline.yaml': readFileSync(join(REPOSITORY, 'rwkv.pipeline.yaml'), 'utf8'),
  });
  symlinkSync(join(REPOSITORY, 'models'), join(project.folder, 'models'));
  return project;
}

let shared: Promise<{ project: Project; build: FinishedBuild }> | undefined;

/**
 * One whole build of the shipped model for SM8650, made once for all test files: it takes a minute or two, and
 * what they check of it does not change it.
 */
export function shippedBuild(): Promise<{ project: Project; build: FinishedBuild }> {
  shared ??= (async () => {
    const project = shippedProject();
    process.on('exit', () => project.remove());
    const build = await project.build(['all', '--soc', 'SM8650', '--device', 'emulator']);
    if (build.code !== 0)
      throw new Error(`the shipped model does not build:\n${build.stdout}\n${build.stderr}`);
    return { project, build };
  })();
  return shared;
}

/** A folder of its own over the store of `shippedBuild`: for tests that build other things, or look at all of `out/`. */
export async function shippedTwin(): Promise<Project> {
  const { project } = await shippedBuild();
  const twin = shippedProject();
  process.on('exit', () => twin.remove());
  rmSync(twin.cache, { recursive: true });
  symlinkSync(project.cache, twin.cache);
  return twin;
}
