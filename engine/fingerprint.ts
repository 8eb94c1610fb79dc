import { type Digest, digestBytes } from '../cache/digest.ts';
import { inputTree } from '../cache/input-tree.ts';
import { encodeAction, encodeCommand } from '../cache/reapi-encoding.ts';
import type { ManifestVisitor, ResolvedFile } from './action-manifest.ts';

/**
 * The visitor that turns a manifest into the digest of the canonical Action of the Remote Execution API
 * (build.bazel.remote.execution.v2). Tools and properties become platform properties.
 */
export class FingerprintVisitor implements ManifestVisitor {
  private readonly commandArguments: string[] = [];
  // Without a prototype: `__proto__` is a name like any other.
  private readonly variables: Record<string, string> = Object.create(null);
  private readonly platform: Record<string, string> = Object.create(null);
  private readonly files: ResolvedFile[] = [];
  private readonly outputs: string[] = [];

  argument(_index: number, text: string): void {
    this.commandArguments.push(text);
  }

  environment(name: string, value: string): void {
    this.variables[name] = value;
  }

  tool(name: string, version: string): void {
    this.platform[`tool:${name}`] = version;
  }

  property(name: string, value: string): void {
    this.platform[name] = value;
  }

  input(file: ResolvedFile): void {
    this.files.push(file);
  }

  /** The API's Command has paths alone, so that one is a folder stands in a property. */
  output(path: string, type: 'file' | 'directory'): void {
    this.outputs.push(path);
    if (type === 'directory') this.platform[`output:${path}`] = type;
  }

  fingerprint(): Digest {
    const command = encodeCommand({
      arguments: this.commandArguments,
      environmentVariables: this.variables,
      outputPaths: this.outputs,
      platform: this.platform,
    });
    return digestBytes(
      encodeAction({
        commandDigest: digestBytes(command),
        inputRootDigest: inputTree(this.files).root,
        platform: this.platform,
      }),
    );
  }
}
