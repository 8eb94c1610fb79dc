#include "context_fit.hpp"

#include <fstream>
#include <string_view>

#include "failure.hpp"

#if defined(__ANDROID__)
#include <sys/system_properties.h>
#endif

namespace rwkv {
namespace {

void require_version(const std::string& name, const char* axis, const qnn::Version& built, const qnn::Version& here,
                     const std::string& build_id) {
  if (built.major == here.major && built.minor == here.minor) return;
  throw Failure(
      FailureKind::version, name,
      std::string("was built for another QNN version: its ") + axis + " is " + to_string(built) + " (compiled by QNN " +
          build_id + "), that of the libraries here " + to_string(here),
      "build it again with these libraries: rwkv-build context; or give the libraries that it was built with");
}

std::string describe(std::string_view soc, std::uint32_t arch) {
  return std::string(soc) + " (HTP v" + std::to_string(arch) + ")";
}

std::string soc_model() {
#if defined(__ANDROID__)
  char value[PROP_VALUE_MAX] = "";
  if (__system_property_get("ro.soc.model", value) > 0) return value;
#endif
  std::string machine;
  std::getline(std::ifstream("/sys/devices/soc0/machine"), machine);
  return machine;
}

}   // namespace

void require_fit(const ContextMetadata& context, const LoadingPlace& here, const std::string& name) {
  require_version(name, "core API", context.core_api, here.core_api, context.build_id);
  require_version(name, "HTP backend API", context.backend_api, here.backend_api, context.build_id);
  if (here.soc == nullptr || context.htp_arch == here.soc->htp_arch) return;
  const Soc* soc = find_soc(context.soc_id);
  const std::string built_for = soc != nullptr ? std::string(soc->name) : "SoC " + std::to_string(context.soc_id);
  const std::string own(here.soc->name);
  throw Failure(FailureKind::version, name,
                "was built for another SoC: for " + describe(built_for, context.htp_arch) + ", and this is " +
                    describe(own, here.soc->htp_arch),
                "build it for this one: rwkv-build context --soc " + own);
}

const Soc* this_soc() { return find_soc(std::string_view(soc_model())); }

}   // namespace rwkv
