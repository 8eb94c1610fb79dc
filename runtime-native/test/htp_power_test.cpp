#include "htp_power.hpp"

#include <cstdio>
#include <string>
#include <utility>

#include "emulator_model.hpp"
#include "rwkv_qnn.h"
#include "test_case.hpp"

using namespace rwkv;

namespace {

// Stands at the seam to QNN, whose emulator takes every vote and shows none: writes down what it is asked, and refuses
// what it is told to.
struct Recorder {
  std::string asked;
  std::uint32_t refused_option = 0;
  qnn::HtpInfrastructure infrastructure{};
  qnn::Interface functions{};
};
Recorder* recorder = nullptr;

void note(const char* words, std::uint32_t a, std::uint32_t b = 0) {
  char line[80];
  std::snprintf(line, sizeof line, words, unsigned{a}, unsigned{b});
  recorder->asked += line;
}

class Recording {
 public:
  explicit Recording(std::uint32_t refused_option = 0) {
    recorder = &own_;
    own_.refused_option = refused_option;
    own_.infrastructure.create_power_client = [](std::uint32_t, std::uint32_t, std::uint32_t* client) {
      *client = 7;
      note("create %u;", *client);
      return qnn::success;
    };
    own_.infrastructure.destroy_power_client = [](std::uint32_t client) {
      note("destroy %u;", client);
      return qnn::success;
    };
    own_.infrastructure.set_power_config = [](std::uint32_t client, const qnn::HtpPowerConfig** configs) {
      for (; *configs != nullptr; ++configs) {
        const qnn::HtpPowerConfig& config = **configs;
        if (config.option == recorder->refused_option) return qnn::Error{13004};
        if (config.option == qnn::htp_power_dcvs) {
          CHECK(config.dcvs.client == client && client == 7);
          CHECK(config.dcvs.bus.are_set == 1 && config.dcvs.core.are_set == 1);
          CHECK(config.dcvs.bus.target == config.dcvs.core.target);
          note("clocks %x, following %u;", static_cast<std::uint32_t>(config.dcvs.core.target), config.dcvs.enabled);
        } else if (config.option == qnn::htp_power_rpc_polling) {
          note("polling %u;", config.rpc_polling);
        }
      }
      return qnn::success;
    };
    own_.functions.backend_id = qnn::htp_backend_id;
    own_.functions.device_get_infrastructure = [](const qnn::HtpInfrastructure** infrastructure) {
      *infrastructure = &recorder->infrastructure;
      return qnn::success;
    };
  }
  ~Recording() { recorder = nullptr; }

  qnn::Interface& functions() { return own_.functions; }
  std::string take() { return std::exchange(own_.asked, {}); }

 private:
  Recorder own_;
};

}   // namespace

TEST("a vote for the HTP's clocks is cast at the start, changed on demand, rests, and is taken back once") {
  Recording recording;
  {
    HtpPower power(recording.functions(), find_performance_mode("burst"));
    CHECK(power.has_voted());
    CHECK_EQUAL(recording.take(), "create 7;clocks a0, following 0;polling 9999;");
    power.vote(find_performance_mode("balanced"));
    CHECK_EQUAL(recording.take(),
                "clocks 30, following 1;polling 0;destroy 7;create 7;clocks 70, following 1;polling 0;");
    power.rest();
    CHECK_EQUAL(recording.take(), "clocks 30, following 1;polling 0;destroy 7;");
    power.rest();
    CHECK_EQUAL(recording.take(), "");
    power.go_on();
    CHECK_EQUAL(recording.take(), "create 7;clocks 70, following 1;polling 0;");
    power.end();
    CHECK_EQUAL(recording.take(), "clocks 30, following 1;polling 0;destroy 7;");
    power.go_on();
    CHECK(!power.has_voted());
    power.vote(find_performance_mode("burst"));
    CHECK(!power.has_voted());
  }
  CHECK_EQUAL(recording.take(), "");
}

TEST("no vote is cast for the system's settings, nor on a backend other than the HTP") {
  Recording recording;
  const HtpPower system(recording.functions(), find_performance_mode("system_settings"));
  recording.functions().backend_id = 3;
  const HtpPower other(recording.functions(), find_performance_mode("burst"));
  CHECK_EQUAL(recording.take(), "");
  CHECK(system.refusal().empty() && other.refusal().empty());
}

TEST("an HTP that refuses to poll keeps the vote for its clocks, and one that refuses that has none; both is said") {
  Recording without_polling(qnn::htp_power_rpc_polling);
  HtpPower power(without_polling.functions(), find_performance_mode("burst"));
  CHECK(power.has_voted());
  CHECK(power.refusal().find("13004") != std::string::npos);
  power.end();
  Recording without_clocks(qnn::htp_power_dcvs);
  const HtpPower refused(without_clocks.functions(), find_performance_mode("burst"));
  CHECK(!refused.has_voted());
  CHECK(without_clocks.take().ends_with("destroy 7;"));
  CHECK(refused.refusal().find("voting for its clocks failed") != std::string::npos);
}

TEST("an unknown performance mode is refused by a list of those there are") {
  CHECK_THROWS("performance 'turbo': is unknown; take one of burst, sustained_high_performance",
               find_performance_mode("turbo"));
}

TEST("the emulator takes a vote, and the C API says so") {
  HtpPower power(test::qnn_device().library().functions(), find_performance_mode("burst"));
  CHECK_EQUAL(power.refusal(), "");
  CHECK(power.has_voted());
  power.end();
  const std::string libraries = test::surroundings().qnn_libs->string(), path = test::first_chunks().front().string();
  rwkv_qnn_model_options options;
  rwkv_qnn_model_options_init(&options, sizeof options);
  options.qnn_libs = libraries.c_str();
  options.path = path.c_str();
  options.performance = "quick";
  rwkv_qnn_model* model = nullptr;
  CHECK_EQUAL(rwkv_qnn_model_init(&options, &model), RWKV_QNN_INVALID_ARGUMENT);
  options.performance = nullptr;
  CHECK_EQUAL(rwkv_qnn_model_init(&options, &model), RWKV_QNN_OK);
  rwkv_qnn_model_info info;
  info.size = sizeof info;
  CHECK_EQUAL(rwkv_qnn_model_get_info(model, &info), RWKV_QNN_OK);
  CHECK_EQUAL(info.has_performance_vote, 1u);
  CHECK_EQUAL(rwkv_qnn_model_set_performance(model, "system_settings"), RWKV_QNN_OK);
  CHECK_EQUAL(rwkv_qnn_model_get_info(model, &info), RWKV_QNN_OK);
  CHECK_EQUAL(info.has_performance_vote, 0u);
  CHECK_EQUAL(rwkv_qnn_model_set_performance(model, nullptr), RWKV_QNN_INVALID_ARGUMENT);
  rwkv_qnn_model_free(model);
}
