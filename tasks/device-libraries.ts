import type { DeviceTarget } from '../device/device.ts';
import type { ToolPath } from '../engine/kind.ts';

/** Qualcomm's libraries as they go to a device: a file, or every file of a folder. */
export interface DeviceLibrary {
  readonly from: ToolPath;
  /** Relative to the device's folder. A folder's files go into it by name. */
  readonly to: string;
  readonly type: 'file' | 'folder';
}

/** Where they lie on every device: one folder, which is the search path of its programs. */
export const LIBRARY_FOLDER = 'qnn';

/**
 * The libraries that a device of this target needs for a Hexagon generation, and the tool that they come from.
 * On a device, the HTP's host library talks through a stub to a skel, which runs on the DSP.
 */
export function deviceLibraries(
  target: DeviceTarget,
  arch: number,
): { tool: string; libraries: DeviceLibrary[] } {
  const file = (tool: string, folder: string, name: string): DeviceLibrary => ({
    from: { tool, path: `${folder}/${name}` },
    to: `${LIBRARY_FOLDER}/${name}`,
    type: 'file',
  });
  const hostSide = ['libQnnSystem.so', 'libQnnHtp.so', `libQnnHtpV${arch}Stub.so`];
  switch (target) {
    case 'x86_64-linux':
      return {
        tool: 'qnn',
        libraries: [
          ...['libQnnSystem.so', 'libQnnHtp.so', 'libHtpPrepare.so'].map((name) => file('qnn', '.', name)),
          // The C++ library that they were built with.
          { from: { tool: 'qnn', path: '../onnxruntime_qnn.libs' }, to: LIBRARY_FOLDER, type: 'folder' },
        ],
      };
    case 'aarch64-linux': {
      const tool = 'qnn-aarch64-linux';
      return {
        tool,
        libraries: [
          ...[...hostSide, `libQnnHtpV${arch}Skel.so`].map((name) => file(tool, 'onnxruntime_qnn', name)),
          { from: { tool, path: 'onnxruntime_qnn.libs' }, to: LIBRARY_FOLDER, type: 'folder' },
        ],
      };
    }
    case 'aarch64-android':
      return {
        tool: 'qnn-sdk',
        libraries: [
          ...[...hostSide, 'libQnnHtpPrepare.so'].map((name) => file('qnn-sdk', 'lib/aarch64-android', name)),
          file('qnn-sdk', `lib/hexagon-v${arch}/unsigned`, `libQnnHtpV${arch}Skel.so`),
        ],
      };
  }
}
