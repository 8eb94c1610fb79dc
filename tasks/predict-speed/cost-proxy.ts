import type { Soc } from '../soc-table.ts';

/** A SoC for which the HTP compiler predicts what a graph costs. It does so for none that is in a phone. */
export interface CostProxy {
  readonly name: string;
  readonly id: number;
  readonly arch: number;
}

const SA8255: CostProxy = { name: 'SA8255', id: 52, arch: 73 };
const SA8797: CostProxy = { name: 'SA8797', id: 72, arch: 81 };

/** The proxy of the same or the nearest HTP generation. */
export const proxyFor = ({ arch }: Soc): CostProxy => (arch >= 79 ? SA8797 : SA8255);
