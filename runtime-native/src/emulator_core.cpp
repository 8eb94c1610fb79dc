#include "emulator_core.hpp"

#include <sched.h>
#include <unistd.h>

#include <vector>

#include "qnn_device.hpp"

namespace rwkv {
namespace {

// With more, threads that wait keep none from computing.
constexpr std::size_t few_cores = 4;

}   // namespace

void settle_on_one_core() {
  if (!htp_is_emulated) return;
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  std::vector<int> cores;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &allowed)) cores.push_back(core);
  }
  if (cores.size() < 2 || cores.size() > few_cores) return;
  cpu_set_t one;
  CPU_ZERO(&one);
  // Programs that run side by side mostly get different ones.
  CPU_SET(cores[static_cast<std::size_t>(getpid()) % cores.size()], &one);
  sched_setaffinity(0, sizeof one, &one);   // without it everything works as well, only slower
}

}   // namespace rwkv
