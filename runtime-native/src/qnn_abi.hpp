// The small part of QNN's binary interface that this project calls, declared from measurements of the libraries
// themselves: the headers are in no package registry. Everything holds for 64-bit little-endian targets and for exactly
// the versions named below; qnn_library.cpp refuses others, because these layouts did change between releases.
//
// Structures keep the library's order and offsets, which the static_asserts pin; fields that nobody here reads are
// `reserved`. Names are ours.
#pragma once

#include <cstdarg>
#include <cstddef>
#include <cstdint>

namespace qnn {

static_assert(sizeof(void*) == 8, "QNN's layouts are declared for 64-bit targets only");

using Error = std::uint64_t;   // 0 is success
using Handle = void*;          // backend, device, context, graph, log, profile, dlc: all opaque

inline constexpr Error success = 0;

struct Version {
  std::uint32_t major = 0, minor = 0, patch = 0;
};

// The versions these layouts were measured with (QAIRT 2.51).
inline constexpr Version core_version{2, 40, 0};
inline constexpr Version htp_version{5, 51, 0};
inline constexpr Version cpu_version{1, 1, 0};
inline constexpr Version gpu_version{3, 15, 0};
inline constexpr Version system_version{1, 15, 0};
inline constexpr std::uint32_t htp_backend_id = 6, cpu_backend_id = 3, gpu_backend_id = 4;

// ---- element types, as QNN encodes them -------------------------------------------------------------------------

enum class DataType : std::uint32_t {
  int8 = 0x008,
  int16 = 0x016,
  int32 = 0x032,
  int64 = 0x064,
  uint8 = 0x108,
  uint16 = 0x116,
  uint32 = 0x132,
  uint64 = 0x164,
  float16 = 0x216,
  float32 = 0x232,
  sfix8 = 0x308,
  sfix16 = 0x316,
  sfix32 = 0x332,
  ufix8 = 0x408,
  ufix16 = 0x416,
  ufix32 = 0x432,
  bool8 = 0x508,
};

enum class TensorKind : std::uint32_t { app_write = 0, app_read = 1, app_readwrite = 2, native = 3, fixed = 4 };

// ---- tensors ----------------------------------------------------------------------------------------------------

inline constexpr std::uint32_t quantization_undefined = 0x7fffffff;
inline constexpr std::uint32_t quantization_defined = 1;
inline constexpr std::uint32_t quantization_scale_offset = 0;   // one scale and one offset for the whole tensor

// real value = (stored value + offset) * scale
struct ScaleOffset {
  float scale;
  std::int32_t offset;
};

inline constexpr std::uint32_t quantization_axis = 1;          // one of both for each index of an axis
inline constexpr std::uint32_t quantization_narrow_axis = 3;   // the same for codes of fewer bits than their type has

struct AxisScaleOffsets {
  std::int32_t axis;
  std::uint32_t count;
  ScaleOffset* values;
};

struct NarrowAxis {
  std::uint32_t bits;
  std::int32_t axis;
  std::uint32_t count;
  float* scales;
  std::int32_t* offsets;   // null: all are 0
};

struct QuantizeParams {
  std::uint32_t definition;
  std::uint32_t encoding;
  union {
    ScaleOffset scale_offset;
    AxisScaleOffsets axis;
    NarrowAxis narrow_axis;
    std::uint64_t reserved[4];
  };
};
static_assert(sizeof(QuantizeParams) == 40);
static_assert(offsetof(QuantizeParams, scale_offset) == 8);
static_assert(sizeof(NarrowAxis) == 32 && offsetof(NarrowAxis, scales) == 16 && sizeof(AxisScaleOffsets) == 16);

struct ClientBuffer {
  void* data;
  std::uint32_t bytes;
};
static_assert(sizeof(ClientBuffer) == 16);

// Where a tensor's values are: in the caller's memory, or in some that was registered before.
inline constexpr std::uint32_t memory_raw = 0, memory_registered = 1;

struct Tensor {
  std::uint32_t version;   // 1 or 2; both have the fields up to `client`
  std::uint32_t reserved_head;
  std::uint32_t id;
  const char* name;
  TensorKind kind;
  std::uint32_t format;
  DataType type;
  QuantizeParams quantization;
  std::uint32_t rank;
  std::uint32_t* dimensions;
  std::uint32_t memory;
  union {
    ClientBuffer client;
    Handle registered;
  };
  std::uint8_t* dynamic_dimensions;
  std::uint32_t reserved_sparse[3];
  std::uint8_t is_produced;
};
static_assert(sizeof(Tensor) == 144);
static_assert(offsetof(Tensor, id) == 8 && offsetof(Tensor, name) == 16 && offsetof(Tensor, kind) == 24);
static_assert(offsetof(Tensor, format) == 28 && offsetof(Tensor, type) == 32 && offsetof(Tensor, quantization) == 40);
static_assert(offsetof(Tensor, rank) == 80 && offsetof(Tensor, dimensions) == 88 && offsetof(Tensor, memory) == 96);
static_assert(offsetof(Tensor, client) == 104 && offsetof(Tensor, dynamic_dimensions) == 120);
static_assert(offsetof(Tensor, registered) == offsetof(Tensor, client));
static_assert(offsetof(Tensor, reserved_sparse) == 128 && offsetof(Tensor, is_produced) == 140);

// ---- memory that both sides see ---------------------------------------------------------------------------------

// A part of a shared buffer that several tensors lie in, as the HTP backend takes it.
struct HtpSharedBuffer {
  std::uint32_t kind;     // htp_shared_buffer
  std::uint64_t bytes;    // of the whole buffer
  std::int32_t fd;        // of the whole buffer
  std::uint64_t offset;   // of the part
};
static_assert(sizeof(HtpSharedBuffer) == 32 && offsetof(HtpSharedBuffer, bytes) == 8);
static_assert(offsetof(HtpSharedBuffer, fd) == 16 && offsetof(HtpSharedBuffer, offset) == 24);
inline constexpr std::uint32_t htp_shared_buffer = 1;

struct MemoryDescription {
  std::uint32_t rank;
  std::uint32_t* dimensions;
  const char* shape_extension;
  DataType type;
  std::uint32_t kind;   // memory_custom
  const void* custom;   // a HtpSharedBuffer
};
static_assert(sizeof(MemoryDescription) == 40 && offsetof(MemoryDescription, dimensions) == 8);
static_assert(offsetof(MemoryDescription, type) == 24 && offsetof(MemoryDescription, kind) == 28);
static_assert(offsetof(MemoryDescription, custom) == 32);
inline constexpr std::uint32_t memory_custom = 2;

// ---- configurations ---------------------------------------------------------------------------------------------

// One entry of the null-terminated lists that create and configure devices, contexts and graphs. Option 0 of each kind
// is "custom": `custom` points to one of the HTP structures below.
struct Config {
  std::uint32_t option;
  const void* custom;
};
static_assert(sizeof(Config) == 16 && offsetof(Config, custom) == 8);
inline constexpr std::uint32_t config_custom = 0;

struct HtpDeviceConfig {
  std::uint32_t option;
  union {
    std::uint32_t soc_model;
    std::uint64_t reserved;
  };
};
static_assert(sizeof(HtpDeviceConfig) == 16 && offsetof(HtpDeviceConfig, soc_model) == 8);
inline constexpr std::uint32_t htp_device_soc = 0;

// Contexts that use one buffer for what spills out of VTCM, since they run one after the other.
struct HtpContextGroup {
  Handle first;               // null for the first context itself
  std::uint64_t spill_fill;   // bytes, the most that one of them needs; of the first context alone it counts
};

struct HtpContextConfig {
  std::uint32_t option;
  union {
    bool share_weights;
    HtpContextGroup group;
  };
};
static_assert(sizeof(HtpContextConfig) == 24 && offsetof(HtpContextConfig, share_weights) == 8);
static_assert(offsetof(HtpContextConfig, group) == 8 && offsetof(HtpContextGroup, spill_fill) == 8);
inline constexpr std::uint32_t htp_context_weight_sharing = 1, htp_context_group = 2;

struct HtpOptimization {
  std::uint32_t kind;
  float value;
};

struct HtpGraphConfig {
  std::uint32_t option;
  union {
    HtpOptimization optimization;
    std::uint32_t precision;
    std::uint32_t vtcm_mb;
    std::uint64_t hvx_threads;
    std::uint64_t reserved[6];
  };
};
static_assert(sizeof(HtpGraphConfig) == 56 && offsetof(HtpGraphConfig, optimization) == 8);
inline constexpr std::uint32_t htp_graph_optimization = 1, htp_graph_precision = 2, htp_graph_vtcm_mb = 3,
                               htp_graph_hvx_threads = 6;
inline constexpr std::uint32_t htp_optimization_level = 3;   // the kind whose value is the O-level
inline constexpr std::uint32_t htp_precision_fp16 = 1;

// ---- what libQnnSystem tells about a context binary ---------------------------------------------------------------

// What the HTP backend notes about each graph, in bytes unless said otherwise. Version 1 ends before `version_2`.
struct HtpGraphBlob {
  std::uint32_t version_1;
  std::uint64_t spill_fill;
  std::uint32_t vtcm_bytes;
  std::uint32_t optimization_level;
  std::uint32_t reserved_1;
  std::uint64_t hvx_threads;
  std::uint32_t version_2;
  std::uint64_t reserved_2[3];
  std::uint64_t io_tensors;
  std::uint64_t op_data;
  std::uint64_t constants;
  std::uint64_t ddr_tensors;
  std::uint64_t shared_weights;
};
static_assert(sizeof(HtpGraphBlob) == 112 && offsetof(HtpGraphBlob, spill_fill) == 8);
static_assert(offsetof(HtpGraphBlob, vtcm_bytes) == 16 && offsetof(HtpGraphBlob, hvx_threads) == 32);
static_assert(offsetof(HtpGraphBlob, version_2) == 40 && offsetof(HtpGraphBlob, io_tensors) == 72);
static_assert(offsetof(HtpGraphBlob, shared_weights) == 104);

struct GraphInfo {
  std::uint32_t version;   // 1, 2 or 3; the tensor lists stand at the same place in all
  const char* name;
  std::uint32_t input_count;
  Tensor* inputs;
  std::uint32_t output_count;
  Tensor* outputs;
  std::uint64_t reserved_updateable[2];
  std::uint32_t blob_bytes;   // from here on in version 3
  const HtpGraphBlob* blob;
  std::uint64_t reserved_tail;
};
static_assert(sizeof(GraphInfo) == 88 && offsetof(GraphInfo, blob_bytes) == 64 && offsetof(GraphInfo, blob) == 72);

struct HtpContextBlob {
  std::uint32_t version;
  std::uint32_t htp_arch;   // 75 for v75
};

// Only version 3 of this record is read: earlier ones keep their graph list elsewhere.
struct BinaryInfo {
  std::uint32_t version;
  std::uint32_t reserved_head;
  std::uint32_t backend_id;
  const char* build_id;
  Version core_api;
  Version backend_api;
  std::uint64_t reserved_sizes[6];
  std::uint32_t graph_count;
  GraphInfo* graphs;
  std::uint64_t reserved_hardware[2];
  const HtpContextBlob* context_blob;
  std::uint32_t soc_model;
};
static_assert(sizeof(BinaryInfo) == 144 && offsetof(BinaryInfo, build_id) == 16);
static_assert(offsetof(BinaryInfo, core_api) == 24 && offsetof(BinaryInfo, backend_api) == 36);
static_assert(offsetof(BinaryInfo, graph_count) == 96 && offsetof(BinaryInfo, graphs) == 104);
static_assert(offsetof(BinaryInfo, context_blob) == 128);
static_assert(offsetof(BinaryInfo, soc_model) == 136);

}   // namespace qnn
