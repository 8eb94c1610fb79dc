/* Stands in for the headers of Qualcomm's SDK, which no package carries: the structures that the runtime uses, by the
 * SDK's names, with everything else in them as room. OLDER_DEVICE_CONFIG is the layout of QNN 2.43, which 2.51 refuses. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define QNN_API_VERSION_MAJOR 2
#ifndef QNN_API_VERSION_MINOR
#define QNN_API_VERSION_MINOR 40
#endif
#define QNN_HTP_API_VERSION_MAJOR 5
#define QNN_HTP_API_VERSION_MINOR 51
#define QNN_SYSTEM_API_VERSION_MAJOR 1
#define QNN_SYSTEM_API_VERSION_MINOR 15
#define QNN_BACKEND_ID_HTP 6

enum {
  QNN_DATATYPE_INT_8 = 0x008, QNN_DATATYPE_INT_16 = 0x016, QNN_DATATYPE_INT_32 = 0x032, QNN_DATATYPE_INT_64 = 0x064,
  QNN_DATATYPE_UINT_8 = 0x108, QNN_DATATYPE_UINT_16 = 0x116, QNN_DATATYPE_UINT_32 = 0x132,
  QNN_DATATYPE_UINT_64 = 0x164, QNN_DATATYPE_FLOAT_16 = 0x216, QNN_DATATYPE_FLOAT_32 = 0x232,
  QNN_DATATYPE_SFIXED_POINT_8 = 0x308, QNN_DATATYPE_SFIXED_POINT_16 = 0x316, QNN_DATATYPE_SFIXED_POINT_32 = 0x332,
  QNN_DATATYPE_UFIXED_POINT_8 = 0x408, QNN_DATATYPE_UFIXED_POINT_16 = 0x416, QNN_DATATYPE_UFIXED_POINT_32 = 0x432,
  QNN_DATATYPE_BOOL_8 = 0x508,
  QNN_TENSOR_TYPE_APP_WRITE = 0, QNN_TENSOR_TYPE_APP_READ = 1, QNN_TENSOR_TYPE_APP_READWRITE = 2,
  QNN_TENSOR_TYPE_NATIVE = 3, QNN_TENSOR_TYPE_STATIC = 4,
  QNN_TENSORMEMTYPE_RAW = 0, QNN_TENSORMEMTYPE_MEMHANDLE = 1,
  QNN_DEFINITION_DEFINED = 1, QNN_DEFINITION_UNDEFINED = 0x7fffffff,
  QNN_QUANTIZATION_ENCODING_SCALE_OFFSET = 0, QNN_QUANTIZATION_ENCODING_AXIS_SCALE_OFFSET = 1,
  QNN_QUANTIZATION_ENCODING_BW_AXIS_SCALE_OFFSET = 3,
  QNN_PRECISION_FLOAT16 = 1,
  QNN_MEM_TYPE_CUSTOM = 2, QNN_HTP_MEM_SHARED_BUFFER = 1,
  QNN_CONTEXT_CONFIG_OPTION_CUSTOM = 0, QNN_GRAPH_CONFIG_OPTION_CUSTOM = 0, QNN_DEVICE_CONFIG_OPTION_CUSTOM = 0,
  QNN_HTP_DEVICE_CONFIG_OPTION_SOC = 0,
  QNN_HTP_CONTEXT_CONFIG_OPTION_WEIGHT_SHARING_ENABLED = 1, QNN_HTP_CONTEXT_CONFIG_OPTION_REGISTER_MULTI_CONTEXTS = 2,
  QNN_HTP_GRAPH_CONFIG_OPTION_OPTIMIZATION = 1, QNN_HTP_GRAPH_CONFIG_OPTION_PRECISION = 2,
  QNN_HTP_GRAPH_CONFIG_OPTION_VTCM_SIZE = 3, QNN_HTP_GRAPH_CONFIG_OPTION_NUM_HVX_THREADS = 6,
  QNN_HTP_PERF_INFRASTRUCTURE_POWER_CONFIGOPTION_DCVS_V3 = 1,
  QNN_HTP_PERF_INFRASTRUCTURE_POWER_CONFIGOPTION_RPC_CONTROL_LATENCY = 2,
  QNN_HTP_PERF_INFRASTRUCTURE_POWER_CONFIGOPTION_RPC_POLLING_TIME = 3,
  DCVS_VOLTAGE_VCORNER_MIN_VOLTAGE_CORNER = 0x20, DCVS_VOLTAGE_VCORNER_SVS2 = 0x30, DCVS_VOLTAGE_VCORNER_SVS = 0x40,
  DCVS_VOLTAGE_VCORNER_SVS_PLUS = 0x50, DCVS_VOLTAGE_VCORNER_NOM = 0x60, DCVS_VOLTAGE_VCORNER_NOM_PLUS = 0x70,
  DCVS_VOLTAGE_VCORNER_TURBO = 0x80, DCVS_VOLTAGE_VCORNER_MAX_VOLTAGE_CORNER = 0xa0,
  QNN_HTP_PERF_INFRASTRUCTURE_POWERMODE_POWER_SAVER_MODE = 4,
  QNN_HTP_PERF_INFRASTRUCTURE_POWERMODE_PERFORMANCE_MODE = 0x10,
  QNN_HTP_DEVICE_INFRASTRUCTURE_TYPE_PERF = 0
};

typedef struct { float scale; int32_t offset; } Qnn_ScaleOffset_t;
typedef struct { int32_t axis; uint32_t numScaleOffsets; Qnn_ScaleOffset_t* scaleOffset; } Qnn_AxisScaleOffset_t;
typedef struct {
  uint32_t bitwidth; int32_t axis; uint32_t numElements; float* scales; int32_t* offsets;
} Qnn_BwAxisScaleOffset_t;
typedef struct {
  uint32_t encodingDefinition, quantizationEncoding;
  union { Qnn_ScaleOffset_t scaleOffsetEncoding; Qnn_BwAxisScaleOffset_t bwAxisScaleOffsetEncoding; };
} Qnn_QuantizeParams_t;
typedef struct { void* data; uint32_t dataSize; } Qnn_ClientBuffer_t;
typedef struct {
  uint32_t id; const char* name; uint32_t type, dataFormat, dataType; Qnn_QuantizeParams_t quantizeParams; uint32_t rank;
  uint32_t* dimensions; uint32_t memType; union { Qnn_ClientBuffer_t clientBuf; void* memHandle; };
} Qnn_TensorV1_t;
typedef struct {
  uint32_t id; const char* name; uint32_t type, dataFormat, dataType; Qnn_QuantizeParams_t quantizeParams; uint32_t rank;
  uint32_t* dimensions; uint32_t memType; union { Qnn_ClientBuffer_t clientBuf; void* memHandle; };
  uint8_t* isDynamicDimensions; uint32_t sparseParams[3]; uint8_t isProduced;
} Qnn_TensorV2_t;
typedef struct { uint32_t version; union { Qnn_TensorV1_t v1; Qnn_TensorV2_t v2; }; } Qnn_Tensor_t;

typedef struct { uint32_t numDim; uint32_t* dimSize; const char* shapeConfig; } Qnn_MemShape_t;
typedef struct {
  Qnn_MemShape_t memShape; uint32_t dataType, memType; union { int32_t fd; void* customInfo; };
} Qnn_MemDescriptor_t;
typedef struct { int32_t fd; uint64_t offset; } QnnHtpMem_SharedBufferConfig_t;
typedef struct {
  uint32_t type; uint64_t size; union { uint32_t qurtAddress; QnnHtpMem_SharedBufferConfig_t sharedBufferConfig; };
} QnnMemHtp_Descriptor_t;

typedef struct { uint32_t option; union { void* customConfig; uint64_t other; }; } QnnContext_Config_t;
typedef QnnContext_Config_t QnnGraph_Config_t;
typedef QnnContext_Config_t QnnDevice_Config_t;
#ifdef OLDER_DEVICE_CONFIG
typedef struct { uint32_t option; union { uint32_t socModel; uint32_t arch[2]; }; } QnnHtpDevice_CustomConfig_t;
#else
typedef struct { uint32_t option; union { uint32_t socModel; void* extension; }; } QnnHtpDevice_CustomConfig_t;
#endif
typedef struct { void* firstGroupHandle; uint64_t maxSpillFillBuffer; } QnnHtpContext_GroupRegistration_t;
typedef struct {
  uint32_t option; union { uint8_t weightSharingEnabled; QnnHtpContext_GroupRegistration_t groupRegistration; };
} QnnHtpContext_CustomConfig_t;
typedef struct {
  uint32_t option;
  union { struct { uint32_t type; float floatValue; } optimizationOption; uint32_t vtcmSizeInMB; uint64_t numHvxThreads;
          uint64_t others[6]; };
} QnnHtpGraph_CustomConfig_t;

typedef struct {
  uint32_t contextId, setDcvsEnable, dcvsEnable, powerMode, setSleepLatency, sleepLatency, setSleepDisable, sleepDisable;
  uint32_t setBusParams, busVoltageCornerMin, busVoltageCornerTarget, busVoltageCornerMax;
  uint32_t setCoreParams, coreVoltageCornerMin, coreVoltageCornerTarget, coreVoltageCornerMax;
} QnnHtpPerfInfrastructure_DcvsV3_t;
typedef struct {
  uint32_t option; union { QnnHtpPerfInfrastructure_DcvsV3_t dcvsV3Config; uint32_t rpcPollingTimeConfig; };
} QnnHtpPerfInfrastructure_PowerConfig_t;
typedef struct {
  uint32_t infraType;
  union { struct { void *createPowerConfigId, *destroyPowerConfigId, *setPowerConfig, *setMemoryConfig; } perfInfra; };
} QnnHtpDevice_Infrastructure_t;

typedef struct {
  const char* graphName; uint32_t numGraphInputs; Qnn_Tensor_t* graphInputs; uint32_t numGraphOutputs;
  Qnn_Tensor_t* graphOutputs; uint32_t numUpdateableTensors; Qnn_Tensor_t* updateableTensors;
  uint32_t graphBlobInfoSize; void* graphBlobInfo; uint64_t more;
} QnnSystemContext_GraphInfoV3_t;
typedef struct { uint32_t version; union { QnnSystemContext_GraphInfoV3_t graphInfoV3; }; } QnnSystemContext_GraphInfo_t;
typedef struct { uint32_t major, minor, patch; } Qnn_Version_t;
typedef struct {
  uint32_t backendId; const char* buildId; Qnn_Version_t coreApiVersion, backendApiVersion; uint64_t more[6];
  uint32_t numGraphs; QnnSystemContext_GraphInfo_t* graphs; uint64_t hardware[2]; void* blob; uint32_t socModel;
} QnnSystemContext_BinaryInfoV3_t;
typedef struct {
  uint32_t version; union { QnnSystemContext_BinaryInfoV3_t contextBinaryInfoV3; };
} QnnSystemContext_BinaryInfo_t;
typedef struct {
  uint64_t spillFillBufferSize; uint32_t vtcmSize, optimizationLevel; uint8_t htpDlbc; uint64_t numHvxThreads;
} QnnHtpSystemContext_GraphBlobInfoV1_t;
typedef struct {
  uint32_t version; union { QnnHtpSystemContext_GraphBlobInfoV1_t contextBinaryGraphBlobInfoV1; };
} QnnHtpSystemContext_GraphBlobInfo_t;
typedef struct {
  uint32_t version; uint64_t native[2]; uint32_t isSafeShareIO;
  uint64_t ioTensorSize, opDataSize, constSize, ddrTensorSize, sharedWeightsSize;
} QnnHtpSystemContext_GraphBlobInfoV2_t;
typedef struct { uint32_t type, unit; uint64_t value; const char* identifier; } QnnProfile_EventData_t;

typedef struct {
  void *propertyHasCapability, *backendCreate, *backend_2[2], *backendGetBuildId, *backend_5[3], *backendFree;
  void *contextCreate, *context_10, *contextGetBinarySize, *contextGetBinary, *contextCreateFromBinary, *contextFree;
  void *graph_15[2], *graphSetConfig, *graph_18, *graphFinalize, *graphRetrieve, *graphExecute, *graph_22[2];
  void *tensorCreateGraphTensor, *logCreate, *log_26, *logFree, *profileCreate, *profile_29, *profileGetEvents;
  void *profileGetSubEvents, *profileGetEventData, *profile_33, *profileFree, *memRegister, *memDeRegister;
  void *device_37[2], *deviceGetInfrastructure, *deviceCreate, *device_41[2], *deviceFree, *signal_44[4];
  void *errorGetMessage, *later[26];
} QnnInterface_Implementation_t;
#define QNN_INTERFACE_VER_NAME v2_40
typedef struct {
  uint32_t backendId; const char* providerName; Qnn_Version_t apiVersion[2];
  union { QnnInterface_Implementation_t QNN_INTERFACE_VER_NAME; };
} QnnInterface_t;

typedef struct {
  void *systemContextCreate, *systemContextGetBinaryInfo, *systemContextGetMetaData, *systemContextFree, *more[4];
  void *systemDlcCreateFromFile, *systemDlcCreateFromBinary, *systemDlcComposeGraphs, *systemDlcGetOpMappings;
  void *systemDlcFree;
} QnnSystemInterface_Implementation_t;
#define QNN_SYSTEM_INTERFACE_VER_NAME v1_15
typedef struct {
  uint32_t backendId; const char* providerName; Qnn_Version_t systemApiVersion;
  union { QnnSystemInterface_Implementation_t QNN_SYSTEM_INTERFACE_VER_NAME; };
} QnnSystemInterface_t;
typedef struct { const char* graphName; const QnnGraph_Config_t** graphConfigs; uint32_t numConfigs; } QnnSystemDlc_V1_t;
typedef struct { uint32_t version; union { QnnSystemDlc_V1_t v1; }; } QnnSystemDlc_GraphConfigInfo_t;
