// Holds what this project declares of QNN's binary interface against the SDK's own headers. Nothing runs: that this file
// compiles is the check. CMake and build-runtime compile it where QNN_SDK_ROOT names an SDK.
#include <HTP/QnnHtpCommon.h>
#include <HTP/QnnHtpContext.h>
#include <HTP/QnnHtpDevice.h>
#include <HTP/QnnHtpGraph.h>
#include <HTP/QnnHtpMem.h>
#include <HTP/QnnHtpPerfInfrastructure.h>
#include <HTP/QnnHtpSystemContext.h>
#include <QnnInterface.h>
#include <QnnTypes.h>
#include <System/QnnSystemInterface.h>

#include "htp_power_abi.hpp"
#include "qnn_functions.hpp"

#define SAME_SIZE(own, sdk) static_assert(sizeof(own) == sizeof(sdk), "another size than the SDK's " #sdk)
#define SAME_PLACE(own, field, sdk, sdk_field)                    \
  static_assert(offsetof(own, field) == offsetof(sdk, sdk_field), \
                "another place than " #sdk_field " of the SDK's " #sdk)
#define SAME_NUMBER(own, sdk) \
  static_assert(static_cast<long long>(own) == static_cast<long long>(sdk), "another number than the SDK's " #sdk)

using namespace qnn;

// ---- versions: other layouts may hold for others -------------------------------------------------------------------

SAME_NUMBER(core_version.major, QNN_API_VERSION_MAJOR);
SAME_NUMBER(core_version.minor, QNN_API_VERSION_MINOR);
SAME_NUMBER(htp_version.major, QNN_HTP_API_VERSION_MAJOR);
SAME_NUMBER(htp_version.minor, QNN_HTP_API_VERSION_MINOR);
SAME_NUMBER(system_version.major, QNN_SYSTEM_API_VERSION_MAJOR);
SAME_NUMBER(system_version.minor, QNN_SYSTEM_API_VERSION_MINOR);
SAME_NUMBER(htp_backend_id, QNN_BACKEND_ID_HTP);

// ---- element types, tensors ----------------------------------------------------------------------------------------

SAME_NUMBER(DataType::int8, QNN_DATATYPE_INT_8);
SAME_NUMBER(DataType::int16, QNN_DATATYPE_INT_16);
SAME_NUMBER(DataType::int32, QNN_DATATYPE_INT_32);
SAME_NUMBER(DataType::int64, QNN_DATATYPE_INT_64);
SAME_NUMBER(DataType::uint8, QNN_DATATYPE_UINT_8);
SAME_NUMBER(DataType::uint16, QNN_DATATYPE_UINT_16);
SAME_NUMBER(DataType::uint32, QNN_DATATYPE_UINT_32);
SAME_NUMBER(DataType::uint64, QNN_DATATYPE_UINT_64);
SAME_NUMBER(DataType::float16, QNN_DATATYPE_FLOAT_16);
SAME_NUMBER(DataType::float32, QNN_DATATYPE_FLOAT_32);
SAME_NUMBER(DataType::sfix8, QNN_DATATYPE_SFIXED_POINT_8);
SAME_NUMBER(DataType::sfix16, QNN_DATATYPE_SFIXED_POINT_16);
SAME_NUMBER(DataType::sfix32, QNN_DATATYPE_SFIXED_POINT_32);
SAME_NUMBER(DataType::ufix8, QNN_DATATYPE_UFIXED_POINT_8);
SAME_NUMBER(DataType::ufix16, QNN_DATATYPE_UFIXED_POINT_16);
SAME_NUMBER(DataType::ufix32, QNN_DATATYPE_UFIXED_POINT_32);
SAME_NUMBER(DataType::bool8, QNN_DATATYPE_BOOL_8);
SAME_NUMBER(TensorKind::app_write, QNN_TENSOR_TYPE_APP_WRITE);
SAME_NUMBER(TensorKind::app_read, QNN_TENSOR_TYPE_APP_READ);
SAME_NUMBER(TensorKind::app_readwrite, QNN_TENSOR_TYPE_APP_READWRITE);
SAME_NUMBER(TensorKind::native, QNN_TENSOR_TYPE_NATIVE);
SAME_NUMBER(TensorKind::fixed, QNN_TENSOR_TYPE_STATIC);
SAME_NUMBER(memory_raw, QNN_TENSORMEMTYPE_RAW);
SAME_NUMBER(memory_registered, QNN_TENSORMEMTYPE_MEMHANDLE);

SAME_NUMBER(quantization_defined, QNN_DEFINITION_DEFINED);
SAME_NUMBER(quantization_undefined, QNN_DEFINITION_UNDEFINED);
SAME_NUMBER(quantization_scale_offset, QNN_QUANTIZATION_ENCODING_SCALE_OFFSET);
SAME_NUMBER(quantization_axis, QNN_QUANTIZATION_ENCODING_AXIS_SCALE_OFFSET);
SAME_NUMBER(quantization_narrow_axis, QNN_QUANTIZATION_ENCODING_BW_AXIS_SCALE_OFFSET);
SAME_SIZE(ScaleOffset, Qnn_ScaleOffset_t);
SAME_PLACE(ScaleOffset, offset, Qnn_ScaleOffset_t, offset);
SAME_SIZE(AxisScaleOffsets, Qnn_AxisScaleOffset_t);
SAME_PLACE(AxisScaleOffsets, values, Qnn_AxisScaleOffset_t, scaleOffset);
SAME_SIZE(NarrowAxis, Qnn_BwAxisScaleOffset_t);
SAME_PLACE(NarrowAxis, scales, Qnn_BwAxisScaleOffset_t, scales);
SAME_PLACE(NarrowAxis, offsets, Qnn_BwAxisScaleOffset_t, offsets);
SAME_SIZE(QuantizeParams, Qnn_QuantizeParams_t);
SAME_PLACE(QuantizeParams, encoding, Qnn_QuantizeParams_t, quantizationEncoding);
SAME_PLACE(QuantizeParams, scale_offset, Qnn_QuantizeParams_t, scaleOffsetEncoding);
SAME_SIZE(ClientBuffer, Qnn_ClientBuffer_t);
SAME_PLACE(ClientBuffer, bytes, Qnn_ClientBuffer_t, dataSize);
SAME_SIZE(Tensor, Qnn_Tensor_t);
SAME_PLACE(Tensor, id, Qnn_Tensor_t, v2.id);
SAME_PLACE(Tensor, name, Qnn_Tensor_t, v2.name);
SAME_PLACE(Tensor, kind, Qnn_Tensor_t, v2.type);
SAME_PLACE(Tensor, format, Qnn_Tensor_t, v2.dataFormat);
SAME_PLACE(Tensor, type, Qnn_Tensor_t, v2.dataType);
SAME_PLACE(Tensor, quantization, Qnn_Tensor_t, v2.quantizeParams);
SAME_PLACE(Tensor, rank, Qnn_Tensor_t, v2.rank);
SAME_PLACE(Tensor, dimensions, Qnn_Tensor_t, v2.dimensions);
SAME_PLACE(Tensor, memory, Qnn_Tensor_t, v2.memType);
SAME_PLACE(Tensor, client, Qnn_Tensor_t, v1.clientBuf);
SAME_PLACE(Tensor, registered, Qnn_Tensor_t, v1.memHandle);
SAME_PLACE(Tensor, dynamic_dimensions, Qnn_Tensor_t, v2.isDynamicDimensions);
SAME_PLACE(Tensor, is_produced, Qnn_Tensor_t, v2.isProduced);

// ---- memory, configurations ----------------------------------------------------------------------------------------

SAME_NUMBER(memory_custom, QNN_MEM_TYPE_CUSTOM);
SAME_SIZE(MemoryDescription, Qnn_MemDescriptor_t);
SAME_PLACE(MemoryDescription, dimensions, Qnn_MemDescriptor_t, memShape.dimSize);
SAME_PLACE(MemoryDescription, type, Qnn_MemDescriptor_t, dataType);
SAME_PLACE(MemoryDescription, kind, Qnn_MemDescriptor_t, memType);
SAME_PLACE(MemoryDescription, custom, Qnn_MemDescriptor_t, customInfo);
SAME_NUMBER(htp_shared_buffer, QNN_HTP_MEM_SHARED_BUFFER);
SAME_SIZE(HtpSharedBuffer, QnnMemHtp_Descriptor_t);
SAME_PLACE(HtpSharedBuffer, bytes, QnnMemHtp_Descriptor_t, size);
SAME_PLACE(HtpSharedBuffer, fd, QnnMemHtp_Descriptor_t, sharedBufferConfig.fd);
SAME_PLACE(HtpSharedBuffer, offset, QnnMemHtp_Descriptor_t, sharedBufferConfig.offset);

SAME_NUMBER(config_custom, QNN_CONTEXT_CONFIG_OPTION_CUSTOM);
SAME_NUMBER(config_custom, QNN_GRAPH_CONFIG_OPTION_CUSTOM);
SAME_NUMBER(config_custom, QNN_DEVICE_CONFIG_OPTION_CUSTOM);
SAME_SIZE(Config, QnnContext_Config_t);
SAME_SIZE(Config, QnnGraph_Config_t);
SAME_SIZE(Config, QnnDevice_Config_t);
SAME_PLACE(Config, custom, QnnContext_Config_t, customConfig);
SAME_PLACE(Config, custom, QnnGraph_Config_t, customConfig);
SAME_PLACE(Config, custom, QnnDevice_Config_t, customConfig);
SAME_NUMBER(htp_device_soc, QNN_HTP_DEVICE_CONFIG_OPTION_SOC);
SAME_SIZE(HtpDeviceConfig, QnnHtpDevice_CustomConfig_t);
SAME_PLACE(HtpDeviceConfig, soc_model, QnnHtpDevice_CustomConfig_t, socModel);
SAME_NUMBER(htp_context_weight_sharing, QNN_HTP_CONTEXT_CONFIG_OPTION_WEIGHT_SHARING_ENABLED);
SAME_NUMBER(htp_context_group, QNN_HTP_CONTEXT_CONFIG_OPTION_REGISTER_MULTI_CONTEXTS);
SAME_SIZE(HtpContextConfig, QnnHtpContext_CustomConfig_t);
SAME_PLACE(HtpContextConfig, share_weights, QnnHtpContext_CustomConfig_t, weightSharingEnabled);
SAME_PLACE(HtpContextConfig, group, QnnHtpContext_CustomConfig_t, groupRegistration);
SAME_PLACE(HtpContextGroup, spill_fill, QnnHtpContext_GroupRegistration_t, maxSpillFillBuffer);
SAME_NUMBER(htp_graph_optimization, QNN_HTP_GRAPH_CONFIG_OPTION_OPTIMIZATION);
SAME_NUMBER(htp_graph_precision, QNN_HTP_GRAPH_CONFIG_OPTION_PRECISION);
SAME_NUMBER(htp_graph_vtcm_mb, QNN_HTP_GRAPH_CONFIG_OPTION_VTCM_SIZE);
SAME_NUMBER(htp_graph_hvx_threads, QNN_HTP_GRAPH_CONFIG_OPTION_NUM_HVX_THREADS);
SAME_NUMBER(htp_precision_fp16, QNN_PRECISION_FLOAT16);
SAME_SIZE(HtpGraphConfig, QnnHtpGraph_CustomConfig_t);
SAME_PLACE(HtpGraphConfig, optimization, QnnHtpGraph_CustomConfig_t, optimizationOption);
SAME_PLACE(HtpGraphConfig, vtcm_mb, QnnHtpGraph_CustomConfig_t, vtcmSizeInMB);
SAME_PLACE(HtpGraphConfig, hvx_threads, QnnHtpGraph_CustomConfig_t, numHvxThreads);

// ---- clocks --------------------------------------------------------------------------------------------------------

SAME_NUMBER(htp_power_dcvs, QNN_HTP_PERF_INFRASTRUCTURE_POWER_CONFIGOPTION_DCVS_V3);
SAME_NUMBER(htp_power_rpc_latency, QNN_HTP_PERF_INFRASTRUCTURE_POWER_CONFIGOPTION_RPC_CONTROL_LATENCY);
SAME_NUMBER(htp_power_rpc_polling, QNN_HTP_PERF_INFRASTRUCTURE_POWER_CONFIGOPTION_RPC_POLLING_TIME);
SAME_NUMBER(HtpCorner::lowest, DCVS_VOLTAGE_VCORNER_MIN_VOLTAGE_CORNER);
SAME_NUMBER(HtpCorner::svs2, DCVS_VOLTAGE_VCORNER_SVS2);
SAME_NUMBER(HtpCorner::svs, DCVS_VOLTAGE_VCORNER_SVS);
SAME_NUMBER(HtpCorner::svs_plus, DCVS_VOLTAGE_VCORNER_SVS_PLUS);
SAME_NUMBER(HtpCorner::nominal, DCVS_VOLTAGE_VCORNER_NOM);
SAME_NUMBER(HtpCorner::nominal_plus, DCVS_VOLTAGE_VCORNER_NOM_PLUS);
SAME_NUMBER(HtpCorner::turbo, DCVS_VOLTAGE_VCORNER_TURBO);
SAME_NUMBER(HtpCorner::highest, DCVS_VOLTAGE_VCORNER_MAX_VOLTAGE_CORNER);
SAME_NUMBER(htp_dcvs_power_saver, QNN_HTP_PERF_INFRASTRUCTURE_POWERMODE_POWER_SAVER_MODE);
SAME_NUMBER(htp_dcvs_performance, QNN_HTP_PERF_INFRASTRUCTURE_POWERMODE_PERFORMANCE_MODE);
SAME_SIZE(HtpDcvs, QnnHtpPerfInfrastructure_DcvsV3_t);
SAME_PLACE(HtpDcvs, enabled, QnnHtpPerfInfrastructure_DcvsV3_t, dcvsEnable);
SAME_PLACE(HtpDcvs, mode, QnnHtpPerfInfrastructure_DcvsV3_t, powerMode);
SAME_PLACE(HtpDcvs, sleep_latency, QnnHtpPerfInfrastructure_DcvsV3_t, sleepLatency);
SAME_PLACE(HtpDcvs, sleep_disabled, QnnHtpPerfInfrastructure_DcvsV3_t, sleepDisable);
SAME_PLACE(HtpDcvs, bus.are_set, QnnHtpPerfInfrastructure_DcvsV3_t, setBusParams);
SAME_PLACE(HtpDcvs, bus.least, QnnHtpPerfInfrastructure_DcvsV3_t, busVoltageCornerMin);
SAME_PLACE(HtpDcvs, bus.target, QnnHtpPerfInfrastructure_DcvsV3_t, busVoltageCornerTarget);
SAME_PLACE(HtpDcvs, bus.most, QnnHtpPerfInfrastructure_DcvsV3_t, busVoltageCornerMax);
SAME_PLACE(HtpDcvs, core.are_set, QnnHtpPerfInfrastructure_DcvsV3_t, setCoreParams);
SAME_PLACE(HtpDcvs, core.most, QnnHtpPerfInfrastructure_DcvsV3_t, coreVoltageCornerMax);
SAME_PLACE(HtpPowerConfig, dcvs, QnnHtpPerfInfrastructure_PowerConfig_t, dcvsV3Config);
SAME_PLACE(HtpPowerConfig, rpc_polling, QnnHtpPerfInfrastructure_PowerConfig_t, rpcPollingTimeConfig);
SAME_NUMBER(htp_infrastructure_performance, QNN_HTP_DEVICE_INFRASTRUCTURE_TYPE_PERF);
SAME_PLACE(HtpInfrastructure, create_power_client, QnnHtpDevice_Infrastructure_t, perfInfra.createPowerConfigId);
SAME_PLACE(HtpInfrastructure, destroy_power_client, QnnHtpDevice_Infrastructure_t, perfInfra.destroyPowerConfigId);
SAME_PLACE(HtpInfrastructure, set_power_config, QnnHtpDevice_Infrastructure_t, perfInfra.setPowerConfig);

// ---- what stands in a context binary -------------------------------------------------------------------------------

SAME_SIZE(GraphInfo, QnnSystemContext_GraphInfo_t);
SAME_PLACE(GraphInfo, name, QnnSystemContext_GraphInfo_t, graphInfoV3.graphName);
SAME_PLACE(GraphInfo, inputs, QnnSystemContext_GraphInfo_t, graphInfoV3.graphInputs);
SAME_PLACE(GraphInfo, output_count, QnnSystemContext_GraphInfo_t, graphInfoV3.numGraphOutputs);
SAME_PLACE(GraphInfo, outputs, QnnSystemContext_GraphInfo_t, graphInfoV3.graphOutputs);
SAME_PLACE(GraphInfo, blob_bytes, QnnSystemContext_GraphInfo_t, graphInfoV3.graphBlobInfoSize);
SAME_PLACE(GraphInfo, blob, QnnSystemContext_GraphInfo_t, graphInfoV3.graphBlobInfo);
SAME_SIZE(BinaryInfo, QnnSystemContext_BinaryInfo_t);
SAME_PLACE(BinaryInfo, build_id, QnnSystemContext_BinaryInfo_t, contextBinaryInfoV3.buildId);
SAME_PLACE(BinaryInfo, core_api, QnnSystemContext_BinaryInfo_t, contextBinaryInfoV3.coreApiVersion);
SAME_PLACE(BinaryInfo, graph_count, QnnSystemContext_BinaryInfo_t, contextBinaryInfoV3.numGraphs);
SAME_PLACE(BinaryInfo, graphs, QnnSystemContext_BinaryInfo_t, contextBinaryInfoV3.graphs);
SAME_PLACE(BinaryInfo, soc_model, QnnSystemContext_BinaryInfo_t, contextBinaryInfoV3.socModel);
SAME_PLACE(HtpGraphBlob, spill_fill, QnnHtpSystemContext_GraphBlobInfo_t,
           contextBinaryGraphBlobInfoV1.spillFillBufferSize);
SAME_PLACE(HtpGraphBlob, hvx_threads, QnnHtpSystemContext_GraphBlobInfo_t, contextBinaryGraphBlobInfoV1.numHvxThreads);
// Version 2 follows version 1 in memory; the SDK has no structure for both.
static_assert(offsetof(HtpGraphBlob, version_2) == sizeof(QnnHtpSystemContext_GraphBlobInfo_t));
static_assert(offsetof(HtpGraphBlob, io_tensors) - offsetof(HtpGraphBlob, version_2) ==
              offsetof(QnnHtpSystemContext_GraphBlobInfoV2_t, ioTensorSize));
static_assert(offsetof(HtpGraphBlob, shared_weights) - offsetof(HtpGraphBlob, version_2) ==
              offsetof(QnnHtpSystemContext_GraphBlobInfoV2_t, sharedWeightsSize));

// ---- function tables -----------------------------------------------------------------------------------------------

#define SAME_FUNCTION(own, sdk) SAME_PLACE(Interface, own, QnnInterface_t, QNN_INTERFACE_VER_NAME.sdk)
SAME_SIZE(Interface, QnnInterface_t);
SAME_FUNCTION(backend_create, backendCreate);
SAME_FUNCTION(backend_get_build_id, backendGetBuildId);
SAME_FUNCTION(backend_free, backendFree);
SAME_FUNCTION(context_create, contextCreate);
SAME_FUNCTION(context_get_binary_size, contextGetBinarySize);
SAME_FUNCTION(context_get_binary, contextGetBinary);
SAME_FUNCTION(context_create_from_binary, contextCreateFromBinary);
SAME_FUNCTION(context_free, contextFree);
SAME_FUNCTION(graph_set_config, graphSetConfig);
SAME_FUNCTION(graph_finalize, graphFinalize);
SAME_FUNCTION(graph_retrieve, graphRetrieve);
SAME_FUNCTION(graph_execute, graphExecute);
SAME_FUNCTION(tensor_create_graph, tensorCreateGraphTensor);
SAME_FUNCTION(log_create, logCreate);
SAME_FUNCTION(log_free, logFree);
SAME_FUNCTION(profile_create, profileCreate);
SAME_FUNCTION(profile_get_events, profileGetEvents);
SAME_FUNCTION(profile_get_sub_events, profileGetSubEvents);
SAME_FUNCTION(profile_get_event_data, profileGetEventData);
SAME_FUNCTION(profile_free, profileFree);
SAME_FUNCTION(mem_register, memRegister);
SAME_FUNCTION(mem_deregister, memDeRegister);
SAME_FUNCTION(device_get_infrastructure, deviceGetInfrastructure);
SAME_FUNCTION(device_create, deviceCreate);
SAME_FUNCTION(device_free, deviceFree);
SAME_FUNCTION(error_get_message, errorGetMessage);
SAME_SIZE(ProfileEvent, QnnProfile_EventData_t);
SAME_PLACE(ProfileEvent, value, QnnProfile_EventData_t, value);
SAME_PLACE(ProfileEvent, identifier, QnnProfile_EventData_t, identifier);

#define SAME_SYSTEM_FUNCTION(own, sdk) \
  SAME_PLACE(SystemInterface, own, QnnSystemInterface_t, QNN_SYSTEM_INTERFACE_VER_NAME.sdk)
SAME_SYSTEM_FUNCTION(context_create, systemContextCreate);
SAME_SYSTEM_FUNCTION(context_get_metadata, systemContextGetMetaData);
SAME_SYSTEM_FUNCTION(context_free, systemContextFree);
SAME_SYSTEM_FUNCTION(dlc_create_from_file, systemDlcCreateFromFile);
SAME_SYSTEM_FUNCTION(dlc_create_from_binary, systemDlcCreateFromBinary);
SAME_SYSTEM_FUNCTION(dlc_compose_graphs, systemDlcComposeGraphs);
SAME_SYSTEM_FUNCTION(dlc_free, systemDlcFree);
SAME_SIZE(DlcGraphConfig, QnnSystemDlc_GraphConfigInfo_t);
SAME_PLACE(DlcGraphConfig, configs, QnnSystemDlc_GraphConfigInfo_t, v1.graphConfigs);
SAME_PLACE(DlcGraphConfig, config_count, QnnSystemDlc_GraphConfigInfo_t, v1.numConfigs);
