// QNN's two function tables: the backend's (libQnnHtp) and the system library's. The backend's record goes by value
// into the functions that compose a graph, so its whole size matters, not just the functions named here.
#pragma once

#include "htp_power_abi.hpp"
#include "qnn_abi.hpp"

namespace qnn {

using LogCallback = void (*)(const char* format, std::uint32_t level, std::uint64_t timestamp, std::va_list arguments);
enum class LogLevel : std::uint32_t { error = 1, warning = 2, info = 3, verbose = 4, debug = 5 };

using Unused = void (*)();

struct ProfileEvent {
  std::uint32_t type;
  std::uint32_t unit;
  std::uint64_t value;
  const char* identifier;
};
static_assert(sizeof(ProfileEvent) == 24);

struct Interface {
  std::uint32_t backend_id;
  const char* provider;
  Version core_api;
  Version backend_api;

  Unused unused_0;
  Error (*backend_create)(Handle log, const Config** configs, Handle* backend);
  Unused unused_2[2];
  Error (*backend_get_build_id)(const char** id);
  Unused unused_5[3];
  Error (*backend_free)(Handle backend);
  Error (*context_create)(Handle backend, Handle device, const Config** configs, Handle* context);
  Unused unused_10;
  Error (*context_get_binary_size)(Handle context, std::uint64_t* bytes);
  Error (*context_get_binary)(Handle context, void* buffer, std::uint64_t bytes, std::uint64_t* written);
  Error (*context_create_from_binary)(Handle backend, Handle device, const Config** configs, const void* binary,
                                      std::uint64_t bytes, Handle* context, Handle profile);
  Error (*context_free)(Handle context, Handle profile);
  Unused unused_15[2];
  Error (*graph_set_config)(Handle graph, const Config** configs);
  Unused unused_18;
  Error (*graph_finalize)(Handle graph, Handle profile, Handle signal);
  Error (*graph_retrieve)(Handle context, const char* name, Handle* graph);
  Error (*graph_execute)(Handle graph, const Tensor* inputs, std::uint32_t input_count, Tensor* outputs,
                         std::uint32_t output_count, Handle profile, Handle signal);
  Unused unused_22[2];
  Error (*tensor_create_graph)(Handle graph, Tensor* tensor);
  Error (*log_create)(LogCallback callback, LogLevel level, Handle* log);
  Unused unused_26;
  Error (*log_free)(Handle log);
  Error (*profile_create)(Handle backend, std::uint32_t level, Handle* profile);
  Unused unused_29;
  Error (*profile_get_events)(Handle profile, const std::uint64_t** events, std::uint32_t* count);
  Error (*profile_get_sub_events)(std::uint64_t event, const std::uint64_t** events, std::uint32_t* count);
  Error (*profile_get_event_data)(std::uint64_t event, ProfileEvent* data);
  Unused unused_33;
  Error (*profile_free)(Handle profile);
  Error (*mem_register)(Handle context, const MemoryDescription* descriptions, std::uint32_t count, Handle* handles);
  Error (*mem_deregister)(const Handle* handles, std::uint32_t count);
  Unused unused_37[2];
  Error (*device_get_infrastructure)(const HtpInfrastructure** infrastructure);   // of the HTP backend; QNN's own
  Error (*device_create)(Handle log, const Config** configs, Handle* device);
  Unused unused_41[2];
  Error (*device_free)(Handle device);
  Unused unused_44[4];
  Error (*error_get_message)(Error error, const char** message);
  Unused unused_49[26];
};
namespace detail {
inline constexpr std::size_t table_entry(std::size_t index) { return 40 + 8 * index; }
}   // namespace detail
static_assert(sizeof(Interface) == detail::table_entry(75));
static_assert(offsetof(Interface, backend_create) == detail::table_entry(1));
static_assert(offsetof(Interface, backend_get_build_id) == detail::table_entry(4));
static_assert(offsetof(Interface, backend_free) == detail::table_entry(8));
static_assert(offsetof(Interface, context_get_binary_size) == detail::table_entry(11));
static_assert(offsetof(Interface, tensor_create_graph) == detail::table_entry(24));
static_assert(offsetof(Interface, context_free) == detail::table_entry(14));
static_assert(offsetof(Interface, graph_set_config) == detail::table_entry(17));
static_assert(offsetof(Interface, graph_finalize) == detail::table_entry(19));
static_assert(offsetof(Interface, graph_execute) == detail::table_entry(21));
static_assert(offsetof(Interface, log_create) == detail::table_entry(25));
static_assert(offsetof(Interface, log_free) == detail::table_entry(27));
static_assert(offsetof(Interface, profile_create) == detail::table_entry(28));
static_assert(offsetof(Interface, profile_get_event_data) == detail::table_entry(32));
static_assert(offsetof(Interface, profile_free) == detail::table_entry(34));
static_assert(offsetof(Interface, mem_register) == detail::table_entry(35));
static_assert(offsetof(Interface, device_get_infrastructure) == detail::table_entry(39));
static_assert(offsetof(Interface, device_create) == detail::table_entry(40));
static_assert(offsetof(Interface, device_free) == detail::table_entry(43));
static_assert(offsetof(Interface, error_get_message) == detail::table_entry(48));

// The version of GraphInfo that is asked for; the one with the HTP blob.
inline constexpr std::uint32_t graph_info_version = 3;

struct DlcGraphConfig {
  std::uint32_t version;   // 1
  const char* graph;
  const Config** configs;
  std::uint32_t config_count;
};
static_assert(sizeof(DlcGraphConfig) == 32);

struct SystemInterface {
  std::uint32_t backend_id;
  const char* provider;
  Version system_api;

  Error (*context_create)(Handle* system_context);
  Unused unused_1;
  Error (*context_get_metadata)(Handle system_context, const void* binary, std::uint64_t bytes,
                                const BinaryInfo** info);
  Error (*context_free)(Handle system_context);
  Unused unused_4[4];
  Error (*dlc_create_from_file)(Handle log, const char* path, Handle* dlc);
  Error (*dlc_create_from_binary)(Handle log, const std::uint8_t* data, std::uint64_t bytes, Handle* dlc);
  Error (*dlc_compose_graphs)(Handle dlc, const DlcGraphConfig** configs, std::uint32_t config_count, Handle backend,
                              Handle context, Interface backend_interface, std::uint32_t graph_info_version,
                              GraphInfo** graphs, std::uint32_t* graph_count);
  Unused unused_11;
  Error (*dlc_free)(Handle dlc);
};
static_assert(offsetof(SystemInterface, context_create) == 32);
static_assert(offsetof(SystemInterface, context_get_metadata) == 32 + 8 * 2);
static_assert(offsetof(SystemInterface, context_free) == 32 + 8 * 3);
static_assert(offsetof(SystemInterface, dlc_create_from_file) == 32 + 8 * 8);
static_assert(offsetof(SystemInterface, dlc_compose_graphs) == 32 + 8 * 10);
static_assert(offsetof(SystemInterface, dlc_free) == 32 + 8 * 12);

// ---- model libraries, the exchange format of Qualcomm's tools -----------------------------------------------------

struct ModelGraphConfig {
  const char* graph;
  const Config** configs;
};

struct ModelGraph {
  Handle graph;
  const char* name;
  Tensor* inputs;
  std::uint32_t input_count;
  Tensor* outputs;
  std::uint32_t output_count;
};
static_assert(sizeof(ModelGraph) == 48);

using ComposeModel = int (*)(Handle backend, Interface backend_interface, Handle context,
                             const ModelGraphConfig** configs, std::uint32_t config_count, ModelGraph*** graphs,
                             std::uint32_t* graph_count, bool debug, LogCallback log, LogLevel level);
using FreeModelGraphs = int (*)(ModelGraph*** graphs, std::uint32_t graph_count);

}   // namespace qnn
