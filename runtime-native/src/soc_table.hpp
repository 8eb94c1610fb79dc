// Qualcomm's SoCs by the ids that QNN knows them by.
#pragma once

#include <cstdint>
#include <string_view>

namespace rwkv {

struct Soc {
  std::uint32_t id;
  std::string_view name;
  std::uint32_t htp_arch;
};

/// nullptr for ids that aren't in the table; QNN may still know them.
const Soc* find_soc(std::uint32_t id);

/// By the name that Android or the kernel gives it, which may have the chip's bin behind it: "SM8750-AC".
const Soc* find_soc(std::string_view model);

}   // namespace rwkv
