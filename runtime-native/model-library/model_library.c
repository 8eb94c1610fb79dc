/* A model library with the binary interface of Qualcomm's qnn-model-lib-generator, around the bytes of a DLC.
 *
 *   gcc -shared -fPIC -DRWKV_DLC_FILE='"model.dlc"' model_library.c -o libmodel.so -ldl
 *
 * Qualcomm's tools generate C++ that builds the graph call by call. This file is the same for every model: it hands
 * the DLC to libQnnSystem, which does that work, whatever the backend. Structures are declared from measurements, for
 * QNN core API 2.40 and system API 1.15, and other versions are refused. */
#include <dlfcn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifndef RWKV_DLC_FILE
#error "define RWKV_DLC_FILE as the quoted path of the DLC"
#endif

/* The DLC may have more than 2 GB, and 32-bit distances, as in code and unwind tables, must not reach across it. So its
 * section stands beyond all others: on x86-64 as a large read-only one, elsewhere after the data. Its address is taken
 * from a table of 64-bit words. */
#if defined(__x86_64__)
#define DLC_SECTION ".section .lrodata,\"al\",@progbits\n"
#else
#define DLC_SECTION ".section .rwkv_dlc,\"aw\",%progbits\n"
#endif
__asm__(DLC_SECTION
        ".balign 64\n"
        ".Lrwkv_dlc_begin:\n"
        ".incbin "
        "\"" RWKV_DLC_FILE
        "\""
        "\n"
        ".Lrwkv_dlc_end:\n"
        ".section .data.rel.ro,\"aw\"\n"
        ".balign 8\n"
        ".hidden rwkv_dlc_bounds\n"
        ".globl rwkv_dlc_bounds\n"
        "rwkv_dlc_bounds:\n"
        ".quad .Lrwkv_dlc_begin\n"
        ".quad .Lrwkv_dlc_end\n"
        ".text\n");
extern const uint8_t* const rwkv_dlc_bounds[2] __attribute__((visibility("hidden")));

/* ---- QNN's binary interface, as far as it is used ----------------------------------------------------------------- */

typedef uint64_t qnn_error; /* 0 is success */
typedef void* qnn_handle;

struct qnn_version {
  uint32_t major, minor, patch;
};

struct backend_interface { /* passed by value: its whole size counts */
  uint32_t backend_id;
  const char* provider;
  struct qnn_version core_api, backend_api;
  void (*functions[75])(void);
};
_Static_assert(sizeof(struct backend_interface) == 640, "core API 2.40");

struct qnn_config;

struct scale_offset {
  float scale;
  int32_t offset;
};

/* As far as weights of 4 bits need it; a tensor has 144 bytes. */
struct qnn_tensor {
  uint32_t version, reserved_head, id;
  const char* name;
  uint32_t kind, format, type;
  struct {
    uint32_t definition, encoding;
    union {
      struct {
        int32_t axis;
        uint32_t count;
        struct scale_offset* values;
      } axis;
      struct {
        uint32_t bits;
        int32_t axis;
        uint32_t count;
        float* scales;
        int32_t* offsets;
      } narrow_axis;
    };
  } quantization;
  uint64_t reserved_tail[8];
};
_Static_assert(sizeof(struct qnn_tensor) == 144 && offsetof(struct qnn_tensor, quantization) == 40, "tensors of 2.40");

struct dlc_graph_info {
  uint32_t version;
  const char* name;
  uint32_t input_count;
  struct qnn_tensor* inputs;
  uint32_t output_count;
  struct qnn_tensor* outputs;
  uint64_t reserved[5];
};
_Static_assert(sizeof(struct dlc_graph_info) == 88, "graph info of system API 1.15");

struct dlc_graph_config {
  uint32_t version;
  const char* graph;
  const struct qnn_config** configs;
  uint32_t config_count;
};

struct system_interface {
  uint32_t backend_id;
  const char* provider;
  struct qnn_version system_api;
  void (*reserved_0[9])(void);
  qnn_error (*dlc_create_from_binary)(qnn_handle log, const uint8_t* data, uint64_t bytes, qnn_handle* dlc);
  qnn_error (*dlc_compose_graphs)(qnn_handle dlc, const struct dlc_graph_config** configs, uint32_t config_count,
                                  qnn_handle backend, qnn_handle context, struct backend_interface interface,
                                  uint32_t info_version, struct dlc_graph_info** graphs, uint32_t* graph_count);
  void (*reserved_11)(void);
  qnn_error (*dlc_free)(qnn_handle dlc);
};
_Static_assert(offsetof(struct system_interface, dlc_create_from_binary) == 32 + 8 * 9, "system API 1.15");

/* ---- the model library's own interface ---------------------------------------------------------------------------- */

struct graph_info {
  qnn_handle graph;
  const char* name;
  struct qnn_tensor* inputs;
  uint32_t input_count;
  struct qnn_tensor* outputs;
  uint32_t output_count;
};

struct graph_config_info {
  const char* graph;
  const struct qnn_config** configs; /* ends with NULL */
};

typedef void (*log_callback)(const char* format, uint32_t level, uint64_t timestamp, va_list arguments);

enum { status_ok = 0, status_graph = 4, status_setup = 7, status_invalid_argument = 8, status_memory = 10 };

#define EXPORTED __attribute__((visibility("default")))

/* The scales of a weight of 4 bits: they have to outlive the composed graph. */
struct narrow_scales {
  struct narrow_scales* next;
  float values[];
};

static void free_scales(struct narrow_scales* scales) {
  while (scales != NULL) {
    struct narrow_scales* next = scales->next;
    free(scales);
    scales = next;
  }
}

/* What one call made; `pointers` is what the caller holds. */
struct composition {
  struct narrow_scales* scales;
  qnn_handle dlc;
  const struct system_interface* system;
  struct graph_info* graphs;
  struct graph_info* pointers[];
};

static void log_error(log_callback log, const char* format, ...) {
  if (log == NULL) return;
  va_list arguments;
  va_start(arguments, format);
  log(format, 1, 0, arguments);
  va_end(arguments);
}

static const struct system_interface* open_system(log_callback log) {
  typedef qnn_error (*get_providers)(const struct system_interface*** providers, uint32_t* count);
  void* library = dlopen("libQnnSystem.so", RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    log_error(log, "model library: %s (is its folder in LD_LIBRARY_PATH?)", dlerror());
    return NULL;
  }
  /* Never closed: the composed graphs live in it. */
  get_providers providers_of = NULL;
  *(void**)&providers_of = dlsym(library, "QnnSystemInterface_getProviders"); /* as POSIX recommends */
  const struct system_interface** providers = NULL;
  uint32_t count = 0;
  if (providers_of == NULL || providers_of(&providers, &count) != 0 || count == 0) {
    log_error(log, "model library: libQnnSystem.so offers no system interface");
    return NULL;
  }
  const struct qnn_version found = providers[0]->system_api;
  if (found.major != 1 || found.minor != 15) {
    log_error(log, "model library: libQnnSystem.so has system API %u.%u, but only 1.15 is known", found.major,
              found.minor);
    return NULL;
  }
  return providers[0];
}

/* The caller's configurations in the form that libQnnSystem wants; NULL when there are none, or no memory. */
static struct dlc_graph_config* convert_configs(const struct graph_config_info** from, uint32_t count,
                                                const struct dlc_graph_config*** list) {
  struct dlc_graph_config* to = calloc(count, sizeof *to);
  *list = calloc(count, sizeof **list);
  if (to == NULL || *list == NULL) {
    free(to);
    free(*list);
    *list = NULL;
    return NULL;
  }
  for (uint32_t i = 0; i < count; ++i) {
    to[i].version = 1;
    to[i].graph = from[i]->graph;
    to[i].configs = from[i]->configs;
    while (to[i].configs != NULL && to[i].configs[to[i].config_count] != NULL) ++to[i].config_count;
    (*list)[i] = &to[i];
  }
  return to;
}

static void release(struct composition* made) {
  if (made->dlc != NULL) made->system->dlc_free(made->dlc);
  free_scales(made->scales);
  free(made->graphs);
  free(made);
}

/* ---- weights of 4 bits -------------------------------------------------------------------------------------------- */

/* libQnnIr writes codes of 4 bits as bytes, their upper halves 0, and loses that they have 4 bits. Such weights are
 * told by the end of their names, and given their width back on their way to the backend. */

typedef qnn_error (*create_tensor)(qnn_handle graph, struct qnn_tensor* tensor);

enum { type_sfix8 = 0x308, kind_static = 4, encoding_axis = 1, encoding_narrow_axis = 3, narrow_bits = 4 };
enum { function_retrieve = 20, function_create_tensor = 24 };

/* The function that creates tensors is handed nothing of its caller's. */
static _Thread_local create_tensor create_in_backend;
static _Thread_local struct narrow_scales* composed_scales;

static bool is_narrow(const struct qnn_tensor* tensor) {
  const size_t length = strlen(tensor->name);
  return tensor->kind == kind_static && tensor->type == type_sfix8 && tensor->quantization.encoding == encoding_axis &&
         length > 3 && strcmp(tensor->name + length - 3, "_s4") == 0;
}

static qnn_error create_with_width(qnn_handle graph, struct qnn_tensor* tensor) {
  if (!is_narrow(tensor)) return create_in_backend(graph, tensor);
  const uint32_t count = tensor->quantization.axis.count;
  struct narrow_scales* scales = malloc(sizeof *scales + count * sizeof *scales->values);
  if (scales == NULL) return 1002; /* QNN's own error for no memory */
  for (uint32_t i = 0; i < count; ++i) scales->values[i] = tensor->quantization.axis.values[i].scale;
  scales->next = composed_scales;
  composed_scales = scales;
  struct qnn_tensor narrow = *tensor;
  narrow.quantization.encoding = encoding_narrow_axis;
  narrow.quantization.narrow_axis.bits = narrow_bits;
  narrow.quantization.narrow_axis.axis = tensor->quantization.axis.axis;
  narrow.quantization.narrow_axis.count = count;
  narrow.quantization.narrow_axis.scales = scales->values;
  narrow.quantization.narrow_axis.offsets = NULL;
  const qnn_error error = create_in_backend(graph, &narrow);
  tensor->id = narrow.id; /* by which the graph's operations name it */
  return error;
}

typedef qnn_error (*graph_retrieve)(qnn_handle context, const char* name, qnn_handle* graph);

/* Composes the embedded DLC's graphs into `context`. Returns 0, or the kind of failure, with its words in the log. */
EXPORTED int QnnModel_composeGraphs(qnn_handle backend, struct backend_interface interface, qnn_handle context,
                                    const struct graph_config_info** configs, uint32_t config_count,
                                    struct graph_info*** graphs, uint32_t* graph_count, bool debug, log_callback log,
                                    uint32_t log_level) {
  (void)debug;
  (void)log_level;
  if (graphs == NULL || graph_count == NULL) return status_invalid_argument;
  *graphs = NULL;
  *graph_count = 0;
  if (interface.core_api.major != 2 || interface.core_api.minor != 40) {
    log_error(log, "model library: the backend has core API %u.%u, but only 2.40 is known", interface.core_api.major,
              interface.core_api.minor);
    return status_setup;
  }
  const struct system_interface* system = open_system(log);
  if (system == NULL) return status_setup;

  const uint64_t bytes = (uint64_t)(rwkv_dlc_bounds[1] - rwkv_dlc_bounds[0]);
  qnn_handle dlc = NULL;
  if (system->dlc_create_from_binary(NULL, rwkv_dlc_bounds[0], bytes, &dlc) != 0) {
    log_error(log, "model library: its DLC is damaged or of an unknown version");
    return status_setup;
  }

  const struct dlc_graph_config** config_list = NULL;
  struct dlc_graph_config* converted = NULL;
  if (configs != NULL && config_count > 0) {
    converted = convert_configs(configs, config_count, &config_list);
    if (converted == NULL) {
      system->dlc_free(dlc);
      return status_memory;
    }
  }
  create_in_backend = (create_tensor)interface.functions[function_create_tensor];
  composed_scales = NULL;
  interface.functions[function_create_tensor] = (void (*)(void))create_with_width;
  struct dlc_graph_info* infos = NULL;
  uint32_t count = 0;
  const qnn_error error = system->dlc_compose_graphs(dlc, config_list, converted != NULL ? config_count : 0, backend,
                                                     context, interface, 3, &infos, &count);
  free(converted);
  free(config_list);
  if (error != 0) {
    log_error(log, "model library: composing the DLC failed with QNN error %llu", (unsigned long long)error);
    free_scales(composed_scales);
    system->dlc_free(dlc);
    return status_graph;
  }

  struct composition* made = calloc(1, sizeof *made + count * sizeof *made->pointers);
  struct graph_info* own = calloc(count, sizeof *own);
  if (made == NULL || own == NULL) {
    free(made);
    free(own);
    free_scales(composed_scales);
    system->dlc_free(dlc);
    return status_memory;
  }
  made->dlc = dlc;
  made->system = system;
  made->scales = composed_scales;
  made->graphs = own;
  const graph_retrieve retrieve = (graph_retrieve)interface.functions[function_retrieve];
  for (uint32_t i = 0; i < count; ++i) {
    own[i] = (struct graph_info){
        NULL, infos[i].name, infos[i].inputs, infos[i].input_count, infos[i].outputs, infos[i].output_count};
    made->pointers[i] = &own[i];
    if (retrieve(context, infos[i].name, &own[i].graph) != 0) {
      log_error(log, "model library: graph %s was composed but can't be found", infos[i].name);
      release(made);
      return status_graph;
    }
  }
  *graphs = made->pointers;
  *graph_count = count;
  return status_ok;
}

/* Frees what QnnModel_composeGraphs made. The graphs themselves belong to the QNN context. */
EXPORTED int QnnModel_freeGraphsInfo(struct graph_info*** graphs, uint32_t graph_count) {
  (void)graph_count;
  if (graphs == NULL || *graphs == NULL) return status_invalid_argument;
  release((struct composition*)(void*)((char*)*graphs - offsetof(struct composition, pointers)));
  *graphs = NULL;
  return status_ok;
}
