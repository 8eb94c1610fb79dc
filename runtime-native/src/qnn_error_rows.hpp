// QNN's errors in words: tasks/qnn-errors/error-table.ts as C++. `npm run build` writes it; change the table there.
#pragma once

#include <array>
#include <cstdint>

namespace rwkv {

struct QnnErrorRow {
  std::array<std::uint32_t, 2> codes;   // 0: none
  const char* log;                      // a regular expression, or "" for any log
  const char* operation;                // one whose group is the operation at fault, or ""
  const char* cause;
  const char* hint;
};

// clang-format off
inline constexpr std::array qnn_error_rows{
    // fp16-unsupported
    QnnErrorRow{{0, 0},
        "SocModel doesn't support FP16",
        "Failed to validate op (\\S+) with error",
        "the HTP of this SoC cannot compute in fp16, and the graph has float operations",
        "take a precision without float operations (a16w8), or a SoC whose HTP has fp16, as SM8475, SM8550, SM8650 and SM8750 do"},
    // gemm-bias-input
    QnnErrorRow{{0, 0},
        "failed for node `([^`]+)` of type `FullyConnected` with error code 3110",
        "",
        "QNN cannot take the Gemm `{1}`: usually its C is no constant but a graph input that other nodes use too, such as a residual that an optimiser fused into it",
        "write the addition as an Add of its own, or switch that fusion off (MatMulAddFusion)"},
    // operation-invalid
    QnnErrorRow{{0, 0},
        "failed for node `([^`]+)` of type `([^`]+)` with error code 3110",
        "",
        "QNN knows the operation {2}, but not with the types, shapes or parameters of node `{1}`",
        "write that node in another way, or take another precision"},
    // operation-unknown
    QnnErrorRow{{0, 0},
        "Unsupported nodes in QNN EP: \\{ name: ([^,]*), type: (\\w+)",
        "",
        "QNN has nothing for node `{1}`, an ONNX {2} as it is written",
        "write it with other operations; the CPU is not allowed to compute it instead"},
    // cpu-fallback
    QnnErrorRow{{0, 0},
        "assigned to the default CPU EP, but fallback to CPU EP has been explicitly disabled",
        "",
        "a part of the graph would have been left to the CPU, which would make a DLC of the rest alone: usually an attribute or a type that QNN does not have, or an axis without a fixed length",
        "the warnings above this error name the node, where the provider knows it"},
    // graph-too-large
    QnnErrorRow{{0, 0},
        "graph requires estimated allocation of (\\d+) KB, limit is (\\d+) KB",
        "",
        "the graph needs {1} KB on the HTP, and its compiler allows one graph {2} KB on this SoC",
        "split the model into more chunks, or take a precision with smaller weights"},
    // vtcm-too-small
    QnnErrorRow{{0, 0},
        "\"([^\"]*)\" generated: Requires 0x([0-9a-fA-F]+) bytes of TCM",
        "",
        "operation `{1}` needs 0x{2} bytes of on-chip memory at once, which is more than it was given",
        "give the graph more VTCM (8 MB is the most that phones have), or split that operation"},
    // vtcm-not-tiled
    QnnErrorRow{{0, 0},
        "Operator named (\\S+) \\(\\w+\\) not sufficiently tiled to fit in TCM. Requires (\\d+) bytes",
        "",
        "an operation (the compiler calls it {1}) needs {2} bytes of on-chip memory at once, which is more than it was given",
        "give the graph more VTCM (8 MB is the most that phones have), or make its widest tensors narrower"},
    // operation-not-valid
    QnnErrorRow{{0, 0},
        "Failed to validate op (\\S+) with error",
        "",
        "the HTP of this SoC refuses operation `{1}` with the types and shapes that it has",
        "write that operation in another way, or take another precision"},
    // operation-not-made
    QnnErrorRow{{0, 0},
        "\"([^\"]*)\" generated: could not create op",
        "",
        "the HTP has no way to compute operation `{1}` with the types that it has",
        "write that operation in another way, or take another precision"},
    // context-not-serialised
    QnnErrorRow{{5006, 5007},
        "",
        "",
        "the compiled context could not be written down: usually it is too large for one context",
        "split the model into more chunks"},
    // soc-unknown
    QnnErrorRow{{0, 0},
        "(?:unknown custom config|Unknown config) socModel \\d+|SoC model name not found for (?:config )?socModel",
        "",
        "this version of QNN does not know the SoC",
        "check the SoC; a newer one needs newer QNN libraries"},
    // shared-weights-on-x86
    QnnErrorRow{{0, 0},
        "Shared weights buffer isn't supported on this platform",
        "",
        "a context whose graphs share their weights cannot be loaded by the x86-64 emulator",
        "run an unshared twin of it on the emulator, and this one on a device"},
    // context-of-another-soc
    QnnErrorRow{{0, 0},
        "Request feature (\\w+) with value (\\w+) unsupported",
        "",
        "the context was compiled for another SoC: it wants {1} {2}, which this one does not have",
        "build the context for the SoC of the device"},
    // device-memory
    QnnErrorRow{{0, 0},
        "Failed to map weights buffer|fastrpc memory map for fd|Could not allocate persistent weights buffer|Failed to find available PD",
        "",
        "the weights of the context do not fit into what is left of the DSP's memory",
        "split the model into more chunks, take smaller weights, or close what else uses the HTP"},
    // dsp-library-missing
    QnnErrorRow{{0, 0},
        "Failed to load skel|Unable to load Remote symbols|qnn_open failed",
        "",
        "the DSP's side of QNN was not loaded: libQnnHtpV<arch>Skel.so is missing, of another version, or not allowed",
        "put the libraries of one QNN version on the device, with ADSP_LIBRARY_PATH at the folder of the skel"},
    // libcxx-missing
    QnnErrorRow{{0, 0},
        "(lib(?:c\\+\\+|c\\+\\+abi|unwind)[^: ]*): cannot open shared object file",
        "",
        "QNN's libraries need `{1}`, and it is not found beside them",
        "take the folder of the onnxruntime-qnn wheel as it was installed: onnxruntime_qnn.libs beside onnxruntime_qnn"},
    // library-missing
    QnnErrorRow{{0, 0},
        "(lib(?:Qnn|HtpPrepare|onnxruntime)\\w*\\.so[.\\d]*): cannot open shared object file",
        "",
        "the library `{1}` is not where it is looked for",
        "--qnn-libs names the folder with libQnnSystem.so and the backend's library: for the HTP and the GPU onnxruntime_qnn of the onnxruntime-qnn wheel, for the CPU the libs of qai-appbuilder, which has it for aarch64 alone"},
    // library-too-large
    QnnErrorRow{{0, 0},
        "relocation truncated to fit|relocation R_\\w+ out of range|Relocation overflow|overflowed by \\d+ bytes|File too big",
        "",
        "the model library is larger than the 2 GiB that its code can reach across",
        "split the model into more chunks, or do without model libraries: contexts are built from the DLC"},
    // out-of-memory
    QnnErrorRow{{0, 0},
        "ended by SIGKILL|std::bad_alloc|: out of memory|MemoryError|Unable to allocate|Cannot allocate memory|memory exhausted",
        "",
        "this machine usually ran out of memory",
        "run fewer commands at a time (--jobs 1), close other programs, or split the model into more chunks"},
    // not-supported
    QnnErrorRow{{1000, 0},
        "",
        "",
        "QNN does not have this on this platform",
        "see its log with --verbose"},
    // memory-or-operation
    QnnErrorRow{{1002, 0},
        "",
        "",
        "usually one of two: an operation that the HTP of this SoC cannot do, or too little memory for the graph",
        "a SoC without fp16 needs the precision a16w8; a large model needs more chunks"},
    // system-error
    QnnErrorRow{{1003, 0},
        "",
        "",
        "the system refused QNN something: usually the DSP's driver, which this process may not reach",
        "on a device, check that libcdsprpc.so is found and that the user may open the DSP; then start the device anew"},
    // dsp-lost
    QnnErrorRow{{1007, 1011},
        "",
        "",
        "the connection to the DSP broke off: usually it was restarted",
        "run it again; if it stays, start the device anew"},
    // versions-mixed
    QnnErrorRow{{1008, 5004},
        "",
        "",
        "the libraries, or the context and the libraries, are of different versions of QNN",
        "build the context again with the version that runs it, and put the libraries of one version on the device"},
    // unnamed-error
    QnnErrorRow{{1100, 0},
        "",
        "",
        "QNN calls it a general error: usually, while running, an operation failed on the DSP or the process has opened too many sessions",
        "see its log with --verbose; try the same context on the emulator, which tells the graph from the device"},
    // operation-refused
    QnnErrorRow{{3110, 0},
        "",
        "",
        "the HTP of this SoC refuses an operation with these types: usually float, where it has no fp16",
        "take a SoC with fp16, or the precision a16w8"},
    // opencl-missing
    QnnErrorRow{{0, 0},
        "Invalid OpenCL driver path",
        "",
        "QNN's GPU backend finds no OpenCL driver",
        "run the model on a Snapdragon, with the folder of the Adreno's libOpenCL.so on LD_LIBRARY_PATH"},
    // platform-refused
    QnnErrorRow{{1006, 0},
        "",
        "",
        "this backend of QNN runs on Qualcomm's platforms alone, and this machine is none that it knows",
        "run the model on a Snapdragon, or on the HTP's emulator, which is in the x86-64 libraries"},
    // gpu-on-x86
    QnnErrorRow{{0, 0},
        "TuningMode must be enabled on x86_64",
        "",
        "QNN's GPU backend for x86-64 runs no models",
        "run the model on a Snapdragon, or on the HTP's emulator"},
    // backend-not-started
    QnnErrorRow{{4000, 0},
        "",
        "",
        "the backend cannot start on this machine",
        "the aarch64 libraries need a Snapdragon; on other machines use the x86-64 ones, in which the HTP is emulated"},
    // context-damaged
    QnnErrorRow{{30001, 30010},
        "",
        "",
        "this is not a whole context binary: the file is cut short, damaged, or of another kind",
        "build the context again, and copy all of it"},
    // context-not-made
    QnnErrorRow{{5000, 5005},
        "",
        "",
        "no context can be made of this file: usually it is damaged, or made for another SoC or QNN version",
        "build it again, for the SoC of the device"},
    // graph-lost
    QnnErrorRow{{6001, 0},
        "",
        "",
        "QNN does not know the graph any more: usually its DSP session ended, or the graph was compiled on the device and not before",
        "load the context again, from a binary that was compiled beforehand"},
    // execution-aborted
    QnnErrorRow{{6031, 0},
        "",
        "",
        "the HTP gave the graph up while it ran: usually it holds an operation that was accepted and cannot be computed",
        "run the context on the emulator to tell the graph from the device; then write that operation in another way"},
    // device-not-made
    QnnErrorRow{{14001, 0},
        "",
        "",
        "QNN refuses the settings of the device: usually an unknown SoC; on a phone also a DSP library that is missing or too old",
        "check the SoC, and that the libraries for its HTP are on the device"},
};
// clang-format on

}   // namespace rwkv
