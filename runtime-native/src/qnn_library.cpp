#include "qnn_library.hpp"

#include "failure.hpp"
#include "qnn_error.hpp"

namespace rwkv {
namespace {

constexpr const char* folder_hint =
    "--qnn-libs names the folder with libQnnSystem.so and the backend's libQnnHtp.so, libQnnCpu.so or libQnnGpu.so, "
    "for "
    "example onnxruntime_qnn of the onnxruntime-qnn wheel";

template <typename Record>
const Record* first_provider(const DynamicLibrary& library, const char* function) {
  using GetProviders = qnn::Error (*)(const Record*** records, std::uint32_t* count);
  const Record** records = nullptr;
  std::uint32_t count = 0;
  check_qnn(library.function<GetProviders>(function)(&records, &count), library.path().string(),
            "listing its providers");
  if (records == nullptr || count == 0 || records[0] == nullptr) {
    throw Failure(FailureKind::version, library.path().string(), "offers no QNN provider", folder_hint);
  }
  return records[0];
}

}   // namespace

std::string to_string(const qnn::Version& version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor) + "." + std::to_string(version.patch);
}

// The minor version adds entries to the function tables, so even a newer minor one can't be trusted; patches can.
void require_qnn_version(const std::filesystem::path& library, const char* axis, const qnn::Version& found,
                         const qnn::Version& known) {
  if (found.major == known.major && found.minor == known.minor) return;
  throw Failure(FailureKind::version, library.string(),
                std::string(axis) + " version is " + to_string(found) + ", but only " + std::to_string(known.major) +
                    "." + std::to_string(known.minor) + " is known to this program",
                "use the libraries of QAIRT 2.51 (onnxruntime-qnn 2.7.0, qai-appbuilder 2.51.40)");
}

QnnSystem::QnnSystem(const std::filesystem::path& folder) : library_(folder / "libQnnSystem.so", folder_hint) {
  const auto* system = first_provider<qnn::SystemInterface>(library_, "QnnSystemInterface_getProviders");
  require_qnn_version(library_.path(), "system API", system->system_api, qnn::system_version);
  functions_ = system;
}

QnnLibrary::QnnLibrary(const std::filesystem::path& folder, Backend backend)
    : backend_(backend), library_(folder / facts_of(backend).library, folder_hint), system_(folder) {
  const auto* found = first_provider<qnn::Interface>(library_, "QnnInterface_getProviders");
  const BackendFacts& facts = facts_of(backend);
  const std::string title = facts.title;
  if (found->backend_id != facts.id) {
    throw Failure(
        FailureKind::version, library_.path().string(),
        "is backend " + std::to_string(found->backend_id) + ", not " + title + " (" + std::to_string(facts.id) + ")",
        folder_hint);
  }
  require_qnn_version(library_.path(), "core API", found->core_api, qnn::core_version);
  require_qnn_version(library_.path(), (title + " backend API").c_str(), found->backend_api, facts.api);
  functions_ = found;
}

std::string QnnLibrary::build_id() const {
  const char* id = nullptr;
  check_qnn(functions_->backend_get_build_id(&id), library_.path().string(), "asking for the build id");
  return id != nullptr ? id : "";
}

}   // namespace rwkv
