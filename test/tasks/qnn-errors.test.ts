import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ERROR_TABLE } from '../../tasks/qnn-errors/error-table.ts';
import { explainFailure, explainText } from '../../tasks/qnn-errors/explain-failure.ts';

const test = suite("QNN's errors");

/** A text that a program wrote, with what its explanation must be. */
interface Recorded {
  readonly entry: string;
  /** Where the text comes from. `here`: written by the programs of this project, or by QNN 2.51 on this machine. */
  readonly from: string;
  readonly text: string;
  /** A part of the message or the hint that names what is at fault. */
  readonly says: string;
}

const ours = (code: number, log = ''): string =>
  `error: a.bin: loading the context failed: … (QNN error ${code}${log === '' ? ')' : `, which logged: ${log})`}`;

const RECORDED: readonly Recorded[] = [
  {
    entry: 'fp16-unsupported',
    from: 'here',
    text: ours(1002, "The SocModel doesn't support FP16; Failed to validate op proj with error 0xc26"),
    says: '(operation `proj`)',
  },
  {
    entry: 'gemm-bias-input',
    from: 'here',
    text: '[W:onnxruntime:, qnn_model_wrapper.cc:565 CreateQnnNode] QNN.backendValidateOpConfig() failed for node `proj` of type `FullyConnected` with error code 3110',
    says: 'the Gemm `proj`',
  },
  {
    entry: 'operation-invalid',
    from: 'here',
    text: 'QNN.backendValidateOpConfig() failed for node `pre` of type `Relu` with error code 3110',
    says: 'the operation Relu',
  },
  {
    entry: 'operation-unknown',
    from: 'here',
    text: 'GetCapabilityImpl] Unsupported nodes in QNN EP: { name: modulo, type: Mod }, ',
    says: 'node `modulo`, an ONNX Mod',
  },
  {
    entry: 'cpu-fallback',
    from: 'here',
    text: 'This session contains graph nodes that are assigned to the default CPU EP, but fallback to CPU EP has been explicitly disabled by the user.',
    says: 'left to the CPU',
  },
  {
    entry: 'graph-too-large',
    from: 'pytorch/executorch#17782',
    text: 'graph requires estimated allocation of 2309576 KB, limit is 2097152 KB\nFailed to finalize Qnn Graph with error: 1002',
    says: 'needs 2309576 KB',
  },
  {
    entry: 'vtcm-too-small',
    from: 'pytorch/executorch#1430',
    text: '[ ERROR ] QnnDsp <E> "_dec_block_0_norm1_1" generated: Requires 0x2400000 bytes of TCM, which is greater than the TCM size of 0x800000!',
    says: 'operation `_dec_block_0_norm1_1` needs 0x2400000',
  },
  {
    entry: 'vtcm-not-tiled',
    from: 'here',
    text: 'tcm_migration.cc:2394::ERROR:Operator named q::*InputSlice (0x1ba5900000002) not sufficiently tiled to fit in TCM. Requires 16777216 bytes',
    says: '16777216 bytes',
  },
  {
    entry: 'operation-not-valid',
    from: 'here',
    text: ours(1002, 'QnnBackend_validateOpConfig failed 3110; Failed to validate op proj with error 0xc26'),
    says: 'operation `proj`',
  },
  {
    entry: 'operation-not-made',
    from: 'microsoft/onnxruntime#21221',
    text: 'QnnDsp <E> "/MatMul" generated: could not create op\nQnnDsp <E> Failed to finalize graph (id: 1) with err 1002',
    says: 'operation `/MatMul`',
  },
  {
    entry: 'context-not-serialised',
    from: 'pytorch/executorch#6388',
    text: "[Qnn ExecuTorch]: Can't get graph binary to be saved to cache. Error 5007\nFailed to get context binary with err 0x138f",
    says: 'more chunks',
  },
  {
    entry: 'soc-unknown',
    from: 'here',
    text: ours(14001, 'Unknown config socModel 0'),
    says: 'does not know the SoC',
  },
  {
    entry: 'shared-weights-on-x86',
    from: 'here',
    text: ours(1000, "Shared weights buffer isn't supported on this platform"),
    says: 'unshared twin',
  },
  {
    entry: 'context-of-another-soc',
    from: 'pytorch/executorch#11100',
    text: '[ERROR] QnnDsp <E> Request feature arch with value 75 unsupported',
    says: 'it wants arch 75',
  },
  {
    entry: 'device-memory',
    from: 'pytorch/executorch#4517',
    text: '<E> Failed to map weights buffer to device!\n<E> Context create from binary failed for deviceId 0 coreId 0 pdId 0 err 1002',
    says: 'more chunks',
  },
  {
    entry: 'dsp-library-missing',
    from: 'UbiquitousLearning/mllm#341',
    text: '<E> Unable to load Remote symbols 4000\n<E> Failed to load skel, error: 4000\n<E> Failed to parse platform config: 14001',
    says: 'ADSP_LIBRARY_PATH',
  },
  {
    entry: 'libcxx-missing',
    from: 'here',
    text: 'error: qnn/libQnnHtp.so: the library can’t be loaded: libc++-e6c9a4d5.so.1.0: cannot open shared object file: No such file or directory',
    says: '`libc++-e6c9a4d5.so.1.0`',
  },
  {
    entry: 'library-missing',
    from: 'here',
    text: 'libQnnSystem.so: cannot open shared object file: No such file or directory',
    says: 'the library `libQnnSystem.so`',
  },
  {
    entry: 'library-too-large',
    from: 'MollySophia/rwkv-qualcomm#15',
    text: 'crtstuff.c:(.text+0x3): relocation truncated to fit: R_X86_64_PC32 against `.tm_clone_table`',
    says: '2 GiB',
  },
  {
    entry: 'out-of-memory',
    from: 'here',
    text: 'numpy._core._exceptions._ArrayMemoryError: Unable to allocate 20.0 GiB for an array',
    says: '--jobs 1',
  },
  { entry: 'not-supported', from: 'here', text: ours(1000), says: '--verbose' },
  { entry: 'memory-or-operation', from: 'alibaba/MNN#4099', text: ours(1002), says: 'usually one of two' },
  { entry: 'system-error', from: 'by its name: no report was found', text: ours(1003), says: 'usually' },
  { entry: 'dsp-lost', from: 'by its name: no report was found', text: ours(1011), says: 'usually' },
  { entry: 'versions-mixed', from: 'by its name: no report was found', text: ours(5004), says: 'versions' },
  {
    entry: 'unnamed-error',
    from: 'microsoft/onnxruntime#22645',
    text: "Name:'QNNExecutionProvider_QNN_9132504664900242513_1_0' Status Message: QNN graph execute error. Error code: 1100",
    says: 'usually',
  },
  { entry: 'operation-refused', from: 'here', text: ours(3110), says: 'fp16' },
  {
    entry: 'platform-refused',
    from: 'here, by the aarch64 libQnnCpu.so under qemu-user',
    text: 'error: libQnnCpu.so: starting the backend failed: … (QNN error 1006)',
    says: "runs on Qualcomm's platforms alone",
  },
  {
    entry: 'opencl-missing',
    from: 'here, by the aarch64 libQnnGpu.so under qemu-user',
    text: ours(1006, 'GPU ERROR: GPU_ERROR_FAILED_CREATION(10006) - Invalid OpenCL driver path'),
    says: 'finds no OpenCL driver',
  },
  {
    entry: 'gpu-on-x86',
    from: 'here',
    text: ours(
      4000,
      'GPU ERROR: GPU_ERROR_INVALID_ARG(10008) - TuningMode must be enabled on x86_64-linux-clang platforms',
    ),
    says: 'runs no models',
  },
  { entry: 'backend-not-started', from: 'here', text: ours(4000), says: 'Snapdragon' },
  {
    entry: 'context-damaged',
    from: 'here',
    text: ours(30010, 'Fail to get context blob with err 30010'),
    says: 'cut short',
  },
  { entry: 'context-not-made', from: 'here', text: ours(5005), says: 'usually' },
  {
    entry: 'graph-lost',
    from: 'microsoft/onnxruntime#25422',
    text: 'QNN graph execute error. Error code: 6001',
    says: 'usually',
  },
  {
    entry: 'execution-aborted',
    from: 'microsoft/onnxruntime#25334',
    text: 'QNN graph execute error. Error code: 6031 at location sequential_executor.cc:572 ExecuteKernel',
    says: 'usually',
  },
  {
    entry: 'device-not-made',
    from: 'qualcomm/ai-hub-apps#158',
    text: ours(14001),
    says: 'unknown SoC',
  },
];

for (const { entry, from, text, says } of RECORDED) {
  test(`as recorded (${from}) are explained: ${entry}`, () => {
    const explained = explainText(text);
    assert.is(explained?.name, entry);
    assert.ok(`${explained?.message}: ${explained?.hint}`.includes(says), `${explained?.message}`);
    assert.not.match(`${explained?.message}${explained?.hint}`, /\{\d\}|undefined/);
  });
}

test('each have a text that they were recorded with', () => {
  const recorded = RECORDED.map((one) => one.entry);
  assert.equal(
    ERROR_TABLE.map(({ name }) => name).filter((name) => !recorded.includes(name)),
    [],
  );
  assert.is(new Set(ERROR_TABLE.map(({ name }) => name)).size, ERROR_TABLE.length);
});

test('of a command that the kernel killed are explained by how it ended', () => {
  const spec = { name: '', command: [], environment: {}, inputs: [], outputs: [], tools: [], properties: {} };
  const explained = explainFailure({ spec, ended: 'ended by SIGKILL', said: 'weights: layer 3' });
  assert.match(explained?.message ?? '', 'ran out of memory');
  assert.is(
    explainFailure({ spec, ended: 'exit code 1', said: 'error: weights.pth: not a zip file' }),
    undefined,
  );
});

test('that are no error of QNN are left to the words of the command', () => {
  assert.is(explainText('exit code 1'), undefined);
  assert.is(explainText('a novel of 1002 pages, 3110 words and err no 6001'), undefined);
});

test.run();
