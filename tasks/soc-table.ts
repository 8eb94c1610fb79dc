import type { Failure } from '../engine/failure.ts';
import { nearestName } from '../engine/nearest-name.ts';
import { fail, ok, type Result } from '../engine/result.ts';

/** A Snapdragon system on a chip, as the HTP compiler knows it. */
export interface Soc {
  /** The marketing part number that Android reports as `ro.soc.model`. */
  readonly name: string;
  /** QNN's `socModel`. */
  readonly id: number;
  /** The Hexagon generation, which names the libraries that a device needs: `libQnnHtpV75Skel.so`. */
  readonly arch: 68 | 69 | 73 | 75 | 79 | 81;
  /**
   * Whether its HTP computes in fp16. The compiler refuses every graph with a float operation for one that
   * does not ("SocModel doesn't support FP16", error 3110).
   */
  readonly fp16: boolean;
  /**
   * The most that the compiler lets one graph hold, in GiB: what a 32-bit DSP can map, less what it needs
   * itself. It is logged where a graph is larger: "graph requires estimated allocation of N KB, limit is M KB".
   * QAIRT 2.51 said so of SM8475, SM8550, SM8650, SM8750 and SM8850, one of each generation; for v68 the 2 GiB
   * are reported (pytorch/executorch#17782).
   */
  readonly graphGib: 2 | 3.5;
}

/** Every SoC that contexts can be built for. A new one is one line here. */
export const SOCS: readonly Soc[] = [
  { name: 'SM8350', id: 30, arch: 68, fp16: false, graphGib: 2 },
  { name: 'SM7325', id: 35, arch: 68, fp16: false, graphGib: 2 },
  { name: 'SC8280X', id: 37, arch: 68, fp16: false, graphGib: 2 },
  { name: 'SM8475', id: 42, arch: 69, fp16: true, graphGib: 2 },
  { name: 'SM8550', id: 43, arch: 73, fp16: true, graphGib: 3.5 },
  { name: 'SM8650', id: 57, arch: 75, fp16: true, graphGib: 3.5 },
  { name: 'SSG2125P', id: 58, arch: 73, fp16: false, graphGib: 3.5 },
  { name: 'SC8380', id: 60, arch: 73, fp16: true, graphGib: 3.5 },
  { name: 'SM8635', id: 68, arch: 73, fp16: false, graphGib: 3.5 },
  { name: 'SM8750', id: 69, arch: 79, fp16: true, graphGib: 3.5 },
  { name: 'SM7635', id: 73, arch: 73, fp16: false, graphGib: 3.5 },
  { name: 'SM8735', id: 85, arch: 73, fp16: false, graphGib: 3.5 },
  { name: 'SM8850', id: 87, arch: 81, fp16: true, graphGib: 3.5 },
  { name: 'SC8480XP', id: 88, arch: 81, fp16: true, graphGib: 3.5 },
  { name: 'SM8845', id: 97, arch: 81, fp16: true, graphGib: 3.5 },
];

/** The schema of a `soc:` parameter. A wrong name is refused by `findSoc`, with the nearest one. */
export const SOC_PARAMETER = {
  type: 'string',
  description: `The SoC: ${SOCS.map((soc) => soc.name).join(', ')}.`,
} as const;

/** The SoC of this name, whatever the case of its letters. */
export function findSoc(name: string): Result<Soc, Failure> {
  const found = SOCS.find((soc) => soc.name === name.toUpperCase());
  if (found !== undefined) return ok(found);
  const known = SOCS.map((soc) => soc.name);
  const nearest = nearestName(name.toUpperCase(), known);
  return fail({
    kind: 'unknown-name',
    what: 'SoC',
    name,
    message: `there is no SoC \`${name}\` in the table`,
    hint:
      nearest === undefined
        ? `known: ${known.join(', ')}`
        : `did you mean \`${nearest}\`? (known: ${known.join(', ')})`,
    ...(nearest === undefined ? {} : { nearest }),
  });
}
