#include "soc_table.hpp"

#include <array>

namespace rwkv {
namespace {

constexpr std::array socs{
    Soc{30, "SM8350", 68},   Soc{35, "SM7325", 68},  Soc{37, "SC8280X", 68}, Soc{42, "SM8475", 69},
    Soc{43, "SM8550", 73},   Soc{52, "SA8255", 73},  Soc{57, "SM8650", 75},  Soc{58, "SSG2125P", 73},
    Soc{60, "SC8380", 73},   Soc{68, "SM8635", 73},  Soc{69, "SM8750", 79},  Soc{72, "SA8797", 81},
    Soc{73, "SM7635", 73},   Soc{77, "QCS9100", 73}, Soc{85, "SM8735", 73},  Soc{87, "SM8850", 81},
    Soc{88, "SC8480XP", 81}, Soc{97, "SM8845", 81},
};

}   // namespace

const Soc* find_soc(std::uint32_t id) {
  for (const Soc& soc : socs) {
    if (soc.id == id) return &soc;
  }
  return nullptr;
}

const Soc* find_soc(std::string_view model) {
  for (const Soc& soc : socs) {
    if (soc.name == model.substr(0, model.find('-'))) return &soc;
  }
  return nullptr;
}

}   // namespace rwkv
