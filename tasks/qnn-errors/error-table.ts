/** One way in which QNN, its compiler or the linker around it goes wrong, in words. */
export interface ErrorEntry {
  readonly name: string;
  /** QNN's numbers for it; absent: any number, or none. */
  readonly codes?: readonly number[];
  /**
   * What the log says of it, as a regular expression of the kind that JavaScript and `std::regex` share;
   * absent: anything. `{1}` and `{2}` in the texts stand for its groups.
   */
  readonly log?: string;
  /** Where another line of the log names the operation at fault: its group goes behind the cause. */
  readonly operation?: string;
  /** What is wrong. "Usually" where the same report was seen to have other causes. */
  readonly cause: string;
  /** What to do about it, in words that hold within a build and without one. */
  readonly hint: string;
  /** Parameters of a pipeline that can be set otherwise to help, the likeliest first. */
  readonly parameters: readonly string[];
}

/**
 * The first entry that fits a failure is its explanation, so one that asks for more stands before one that
 * asks for less. The C++ programs carry the same table: `npm run build` writes it to
 * `runtime-native/src/qnn_error_rows.hpp`. What the numbers are called is what `libQnnHtp.so` itself says of
 * them; what they come of was seen with QAIRT 2.51, or reported in the issues of onnxruntime, executorch and
 * Qualcomm's ai-hub-apps.
 */
export const ERROR_TABLE: readonly ErrorEntry[] = [
  // Converting: what ONNX Runtime's QNN provider says.
  {
    name: 'fp16-unsupported',
    log: "SocModel doesn't support FP16",
    operation: 'Failed to validate op (\\S+) with error',
    cause: 'the HTP of this SoC cannot compute in fp16, and the graph has float operations',
    hint: 'take a precision without float operations (a16w8), or a SoC whose HTP has fp16, as SM8475, SM8550, SM8650 and SM8750 do',
    parameters: ['precision', 'soc'],
  },
  {
    name: 'gemm-bias-input',
    log: 'failed for node `([^`]+)` of type `FullyConnected` with error code 3110',
    cause:
      'QNN cannot take the Gemm `{1}`: usually its C is no constant but a graph input that other nodes use too, such as a residual that an optimiser fused into it',
    hint: 'write the addition as an Add of its own, or switch that fusion off (MatMulAddFusion)',
    parameters: [],
  },
  {
    name: 'operation-invalid',
    log: 'failed for node `([^`]+)` of type `([^`]+)` with error code 3110',
    cause: 'QNN knows the operation {2}, but not with the types, shapes or parameters of node `{1}`',
    hint: 'write that node in another way, or take another precision',
    parameters: ['precision'],
  },
  {
    name: 'operation-unknown',
    log: 'Unsupported nodes in QNN EP: \\{ name: ([^,]*), type: (\\w+)',
    cause: 'QNN has nothing for node `{1}`, an ONNX {2} as it is written',
    hint: 'write it with other operations; the CPU is not allowed to compute it instead',
    parameters: [],
  },
  {
    name: 'cpu-fallback',
    log: 'assigned to the default CPU EP, but fallback to CPU EP has been explicitly disabled',
    cause:
      'a part of the graph would have been left to the CPU, which would make a DLC of the rest alone: usually an attribute or a type that QNN does not have, or an axis without a fixed length',
    hint: 'the warnings above this error name the node, where the provider knows it',
    parameters: ['precision'],
  },

  // Compiling: what the HTP's compiler logs.
  {
    name: 'graph-too-large',
    log: 'graph requires estimated allocation of (\\d+) KB, limit is (\\d+) KB',
    cause: 'the graph needs {1} KB on the HTP, and its compiler allows one graph {2} KB on this SoC',
    hint: 'split the model into more chunks, or take a precision with smaller weights',
    parameters: ['chunks', 'precision'],
  },
  {
    name: 'vtcm-too-small',
    log: '"([^"]*)" generated: Requires 0x([0-9a-fA-F]+) bytes of TCM',
    cause: 'operation `{1}` needs 0x{2} bytes of on-chip memory at once, which is more than it was given',
    hint: 'give the graph more VTCM (8 MB is the most that phones have), or split that operation',
    parameters: ['vtcm_mb'],
  },
  {
    name: 'vtcm-not-tiled',
    log: 'Operator named (\\S+) \\(\\w+\\) not sufficiently tiled to fit in TCM. Requires (\\d+) bytes',
    cause:
      'an operation (the compiler calls it {1}) needs {2} bytes of on-chip memory at once, which is more than it was given',
    hint: 'give the graph more VTCM (8 MB is the most that phones have), or make its widest tensors narrower',
    parameters: ['vtcm_mb'],
  },
  {
    name: 'operation-not-valid',
    log: 'Failed to validate op (\\S+) with error',
    cause: 'the HTP of this SoC refuses operation `{1}` with the types and shapes that it has',
    hint: 'write that operation in another way, or take another precision',
    parameters: ['precision', 'soc'],
  },
  {
    name: 'operation-not-made',
    log: '"([^"]*)" generated: could not create op',
    cause: 'the HTP has no way to compute operation `{1}` with the types that it has',
    hint: 'write that operation in another way, or take another precision',
    parameters: ['precision', 'soc'],
  },
  {
    name: 'context-not-serialised',
    codes: [5006, 5007],
    cause: 'the compiled context could not be written down: usually it is too large for one context',
    hint: 'split the model into more chunks',
    parameters: ['chunks'],
  },
  {
    name: 'soc-unknown',
    log: '(?:unknown custom config|Unknown config) socModel \\d+|SoC model name not found for (?:config )?socModel',
    cause: 'this version of QNN does not know the SoC',
    hint: 'check the SoC; a newer one needs newer QNN libraries',
    parameters: ['soc'],
  },

  // Loading and running: on the emulator and on devices.
  {
    name: 'shared-weights-on-x86',
    log: "Shared weights buffer isn't supported on this platform",
    cause: 'a context whose graphs share their weights cannot be loaded by the x86-64 emulator',
    hint: 'run an unshared twin of it on the emulator, and this one on a device',
    parameters: [],
  },
  {
    name: 'context-of-another-soc',
    log: 'Request feature (\\w+) with value (\\w+) unsupported',
    cause: 'the context was compiled for another SoC: it wants {1} {2}, which this one does not have',
    hint: 'build the context for the SoC of the device',
    parameters: ['soc'],
  },
  {
    name: 'device-memory',
    log: 'Failed to map weights buffer|fastrpc memory map for fd|Could not allocate persistent weights buffer|Failed to find available PD',
    cause: "the weights of the context do not fit into what is left of the DSP's memory",
    hint: 'split the model into more chunks, take smaller weights, or close what else uses the HTP',
    parameters: ['chunks', 'precision'],
  },
  {
    name: 'dsp-library-missing',
    log: 'Failed to load skel|Unable to load Remote symbols|qnn_open failed',
    cause:
      "the DSP's side of QNN was not loaded: libQnnHtpV<arch>Skel.so is missing, of another version, or not allowed",
    hint: 'put the libraries of one QNN version on the device, with ADSP_LIBRARY_PATH at the folder of the skel',
    parameters: ['device'],
  },
  {
    name: 'libcxx-missing',
    log: '(lib(?:c\\+\\+|c\\+\\+abi|unwind)[^: ]*): cannot open shared object file',
    cause: "QNN's libraries need `{1}`, and it is not found beside them",
    hint: 'take the folder of the onnxruntime-qnn wheel as it was installed: onnxruntime_qnn.libs beside onnxruntime_qnn',
    parameters: [],
  },
  {
    name: 'library-missing',
    log: '(lib(?:Qnn|HtpPrepare|onnxruntime)\\w*\\.so[.\\d]*): cannot open shared object file',
    cause: 'the library `{1}` is not where it is looked for',
    hint: "--qnn-libs names the folder with libQnnSystem.so and the backend's library: for the HTP and the GPU onnxruntime_qnn of the onnxruntime-qnn wheel, for the CPU the libs of qai-appbuilder, which has it for aarch64 alone",
    parameters: [],
  },

  // Linking a model library, and what ends any command.
  {
    name: 'library-too-large',
    log: 'relocation truncated to fit|relocation R_\\w+ out of range|Relocation overflow|overflowed by \\d+ bytes|File too big',
    cause: 'the model library is larger than the 2 GiB that its code can reach across',
    hint: 'split the model into more chunks, or do without model libraries: contexts are built from the DLC',
    parameters: ['chunks', 'precision'],
  },
  {
    name: 'out-of-memory',
    log: 'ended by SIGKILL|std::bad_alloc|: out of memory|MemoryError|Unable to allocate|Cannot allocate memory|memory exhausted',
    cause: 'this machine usually ran out of memory',
    hint: 'run fewer commands at a time (--jobs 1), close other programs, or split the model into more chunks',
    parameters: ['chunks'],
  },

  // What is left when the log says nothing: the number alone.
  {
    name: 'not-supported',
    codes: [1000],
    cause: 'QNN does not have this on this platform',
    hint: 'see its log with --verbose',
    parameters: [],
  },
  {
    name: 'memory-or-operation',
    codes: [1002],
    cause:
      'usually one of two: an operation that the HTP of this SoC cannot do, or too little memory for the graph',
    hint: 'a SoC without fp16 needs the precision a16w8; a large model needs more chunks',
    parameters: ['chunks', 'precision'],
  },
  {
    name: 'system-error',
    codes: [1003],
    cause: "the system refused QNN something: usually the DSP's driver, which this process may not reach",
    hint: 'on a device, check that libcdsprpc.so is found and that the user may open the DSP; then start the device anew',
    parameters: ['device'],
  },
  {
    name: 'dsp-lost',
    codes: [1007, 1011],
    cause: 'the connection to the DSP broke off: usually it was restarted',
    hint: 'run it again; if it stays, start the device anew',
    parameters: ['device'],
  },
  {
    name: 'versions-mixed',
    codes: [1008, 5004],
    cause: 'the libraries, or the context and the libraries, are of different versions of QNN',
    hint: 'build the context again with the version that runs it, and put the libraries of one version on the device',
    parameters: ['soc'],
  },
  {
    name: 'unnamed-error',
    codes: [1100],
    cause:
      'QNN calls it a general error: usually, while running, an operation failed on the DSP or the process has opened too many sessions',
    hint: 'see its log with --verbose; try the same context on the emulator, which tells the graph from the device',
    parameters: ['device'],
  },
  {
    name: 'operation-refused',
    codes: [3110],
    cause: 'the HTP of this SoC refuses an operation with these types: usually float, where it has no fp16',
    hint: 'take a SoC with fp16, or the precision a16w8',
    parameters: ['precision', 'soc'],
  },
  {
    name: 'opencl-missing',
    log: 'Invalid OpenCL driver path',
    cause: "QNN's GPU backend finds no OpenCL driver",
    hint: "run the model on a Snapdragon, with the folder of the Adreno's libOpenCL.so on LD_LIBRARY_PATH",
    parameters: ['device'],
  },
  {
    name: 'platform-refused',
    codes: [1006],
    cause: "this backend of QNN runs on Qualcomm's platforms alone, and this machine is none that it knows",
    hint: "run the model on a Snapdragon, or on the HTP's emulator, which is in the x86-64 libraries",
    parameters: ['device'],
  },
  {
    name: 'gpu-on-x86',
    log: 'TuningMode must be enabled on x86_64',
    cause: "QNN's GPU backend for x86-64 runs no models",
    hint: "run the model on a Snapdragon, or on the HTP's emulator",
    parameters: ['device'],
  },
  {
    name: 'backend-not-started',
    codes: [4000],
    cause: 'the backend cannot start on this machine',
    hint: 'the aarch64 libraries need a Snapdragon; on other machines use the x86-64 ones, in which the HTP is emulated',
    parameters: ['device'],
  },
  {
    name: 'context-damaged',
    codes: [30001, 30010],
    cause: 'this is not a whole context binary: the file is cut short, damaged, or of another kind',
    hint: 'build the context again, and copy all of it',
    parameters: [],
  },
  {
    name: 'context-not-made',
    codes: [5000, 5005],
    cause:
      'no context can be made of this file: usually it is damaged, or made for another SoC or QNN version',
    hint: 'build it again, for the SoC of the device',
    parameters: ['soc'],
  },
  {
    name: 'graph-lost',
    codes: [6001],
    cause:
      'QNN does not know the graph any more: usually its DSP session ended, or the graph was compiled on the device and not before',
    hint: 'load the context again, from a binary that was compiled beforehand',
    parameters: ['device'],
  },
  {
    name: 'execution-aborted',
    codes: [6031],
    cause:
      'the HTP gave the graph up while it ran: usually it holds an operation that was accepted and cannot be computed',
    hint: 'run the context on the emulator to tell the graph from the device; then write that operation in another way',
    parameters: ['precision'],
  },
  {
    name: 'device-not-made',
    codes: [14001],
    cause:
      'QNN refuses the settings of the device: usually an unknown SoC; on a phone also a DSP library that is missing or too old',
    hint: 'check the SoC, and that the libraries for its HTP are on the device',
    parameters: ['soc', 'device'],
  },
];
