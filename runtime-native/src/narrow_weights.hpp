// Gives weights of 4 bits their width back while a DLC is composed.
//
// libQnnIr writes codes of 4 bits as bytes, their upper halves 0, and loses that they have 4 bits: composed as the DLC
// says, a -1 would be a 15, and nothing would be smaller. Such weights are told by the end of their names, which the
// stage that converts graphs gives them.
#pragma once

#include <memory>
#include <vector>

#include "qnn_functions.hpp"

namespace rwkv {

// The scales of the weights that were given their width: they have to outlive the composed graph.
using NarrowScales = std::vector<std::unique_ptr<std::vector<float>>>;

// Stands in for the backend's function that creates tensors, for as long as it lives; one at a time in a thread.
class NarrowWeights {
 public:
  NarrowWeights(const qnn::Interface& backend, NarrowScales& scales);
  ~NarrowWeights();
  NarrowWeights(const NarrowWeights&) = delete;
  NarrowWeights& operator=(const NarrowWeights&) = delete;

  // The backend's functions, to compose with.
  const qnn::Interface& functions() const { return functions_; }

 private:
  qnn::Interface functions_;
};

}   // namespace rwkv
