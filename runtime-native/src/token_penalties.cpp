#include "token_penalties.hpp"

#include <algorithm>

namespace rwkv {
namespace {

// Sightings worth less than this no longer change a logit noticeably.
constexpr float forgotten = 1e-6f;

}   // namespace

void TokenPenalties::apply(std::span<float> logits) const {
  for (const Sighting& one : seen_) {
    if (one.token >= logits.size()) continue;
    logits[one.token] -= static_cast<float>(options_.presence + options_.frequency * double{one.count});
  }
}

void TokenPenalties::remember(std::uint32_t token, std::size_t vocabulary) {
  if (options_.presence == 0 && options_.frequency == 0) return;
  seen_.reserve(vocabulary);   // once: drawing allocates nothing afterwards
  const auto decay = static_cast<float>(options_.decay);
  for (Sighting& one : seen_) one.count *= decay;
  std::erase_if(seen_, [](const Sighting& one) { return one.count < forgotten; });
  const auto found = std::find_if(seen_.begin(), seen_.end(), [&](const Sighting& one) { return one.token == token; });
  if (found != seen_.end())
    found->count += 1;
  else
    seen_.push_back({token, 1});
}

}   // namespace rwkv
