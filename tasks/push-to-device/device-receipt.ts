import type { DeviceProperties } from '../../device/device.ts';

/** What a push leaves as its output: which device has which files. The same push gives the same bytes. */
export interface DeviceReceipt {
  readonly format: 1;
  readonly device: DeviceProperties;
  readonly files: readonly { readonly path: string; readonly sha256: string; readonly bytes: number }[];
}
