// A saved state as it is, and with the digest that its bytes should have, so that what is behind the digest is reached.
#include "saved_state.hpp"

#include <algorithm>

#include "failure.hpp"
#include "property.hpp"
#include "sha256.hpp"

using namespace rwkv;

namespace {

void read(std::span<const std::byte> bytes) {
  try {
    const SavedState state = read_saved_state(bytes, "s.state");
    must_hold(std::ranges::equal(write_saved_state(state), bytes), "a state that is read is written the same");
  } catch (const Failure&) {
  }
}

}   // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto given = std::as_bytes(std::span(data, size));
  read(given);
  std::vector<std::byte> repaired(given.begin(), given.end());
  if (repaired.size() < sizeof(Digest)) return 0;
  const auto digest = sha256(given.first(given.size() - sizeof(Digest)));
  std::ranges::copy(digest, repaired.end() - sizeof(Digest));
  read(repaired);
  return 0;
}
