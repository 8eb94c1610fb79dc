#include "cost_estimate.hpp"

#include <array>
#include <string_view>

#include "qnn_error.hpp"

namespace rwkv {
namespace {

constexpr std::uint32_t detailed_profile = 2;
constexpr std::uint64_t unpriced_op = 2018;   // an event with its name as text
constexpr int deepest_event = 8;              // the figures stand four levels down

struct Figure {
  std::uint32_t event;   // QNN's number for it
  std::uint64_t& (*place)(CostEstimate& estimate);
};

constexpr std::array figures{
    Figure{2006, [](CostEstimate& e) -> std::uint64_t& { return e.cycles.value; }},
    Figure{2007, [](CostEstimate& e) -> std::uint64_t& { return e.cycles.low; }},
    Figure{2008, [](CostEstimate& e) -> std::uint64_t& { return e.cycles.high; }},
    Figure{2011, [](CostEstimate& e) -> std::uint64_t& { return e.input_fill_bytes; }},
    Figure{2012, [](CostEstimate& e) -> std::uint64_t& { return e.intermediate_fill_bytes; }},
    Figure{2013, [](CostEstimate& e) -> std::uint64_t& { return e.intermediate_spill_bytes; }},
    Figure{2016, [](CostEstimate& e) -> std::uint64_t& { return e.output_spill_bytes; }},
    Figure{2019, [](CostEstimate& e) -> std::uint64_t& { return e.microseconds.value; }},
    Figure{2020, [](CostEstimate& e) -> std::uint64_t& { return e.microseconds.low; }},
    Figure{2021, [](CostEstimate& e) -> std::uint64_t& { return e.microseconds.high; }},
};

// QNN writes "name : OpId_7".
std::string op_name(std::string_view text) { return std::string(text.substr(0, text.find(" : "))); }

// Events form a tree: estimates → bandwidth → HTP core → figure. Figures of several cores add up.
void read_event(const qnn::Interface& htp, std::uint64_t event, int depth, CostEstimate& estimate) {
  qnn::ProfileEvent data{};
  if (htp.profile_get_event_data(event, &data) != qnn::success) return;
  for (const Figure& figure : figures) {
    if (figure.event == data.type) figure.place(estimate) += data.value;
  }
  if (data.type == unpriced_op && data.identifier != nullptr) estimate.unpriced_ops.push_back(op_name(data.identifier));
  const std::uint64_t* children = nullptr;
  std::uint32_t count = 0;
  if (depth == deepest_event || htp.profile_get_sub_events(event, &children, &count) != qnn::success) return;
  for (std::uint32_t i = 0; i < count; ++i) read_event(htp, children[i], depth + 1, estimate);
}

}   // namespace

FinalizeProfile::FinalizeProfile(const QnnDevice& device) : htp_(device.library().functions()) {
  check_qnn(htp_.profile_create(device.backend(), detailed_profile, &handle_), "libQnnHtp.so", "creating a profile");
}

FinalizeProfile::~FinalizeProfile() { htp_.profile_free(handle_); }

std::optional<CostEstimate> FinalizeProfile::estimate() const {
  const std::uint64_t* events = nullptr;
  std::uint32_t count = 0;
  CostEstimate estimate;
  if (htp_.profile_get_events(handle_, &events, &count) != qnn::success) return {};
  for (std::uint32_t i = 0; i < count; ++i) read_event(htp_, events[i], 0, estimate);
  if (estimate.cycles.value == 0) return {};
  return estimate;
}

}   // namespace rwkv
