// The options that several commands have in common.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "command.hpp"
#include "htp_power.hpp"
#include "power_end.hpp"
#include "rwkv_session.hpp"
#include "tokenizer.hpp"

namespace rwkv {

/// A command's own options and those in common.
std::vector<OptionDescription> all_options(const Command& command);

/// The model that is asked for, a folder, a pack or a first chunk: the first word, or --context. Throws UsageError without one and with both.
std::filesystem::path chosen_model(const Arguments& arguments);

/// --tokenizer, or the model's own. Throws UsageError without one, Failure for one that can't be opened.
std::unique_ptr<Tokenizer> chosen_tokenizer(const Arguments& arguments);

/// --qnn-libs, or where the dynamic loader finds `library`; stderr then says where that is. Throws Failure (file).
std::filesystem::path qnn_folder(const Arguments& arguments, const char* library);

/// --backend. Throws UsageError for one that isn't known.
Backend chosen_backend(const Arguments& arguments);

/// A model that is ready to run, with a session.
struct LoadedModel {
  /// Throws UsageError and Failure.
  explicit LoadedModel(const Arguments& arguments, ExtraOutputs extra = ExtraOutputs::refused);

  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  ModelFiles files;
  QnnLibrary library;
  QnnDevice device;
  HtpPower power;
  PowerEnd power_end;
  RwkvModel model;
  RwkvSession session;
  double load_seconds;
};

}   // namespace rwkv
