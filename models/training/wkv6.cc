// The recurrence of RWKV-5 and RWKV-6 and its gradient as two XLA custom calls for the CPU.
//
// Per head, with S as [key][value]:  y = Sᵀ r;   S[k][:] = w[k] S[k][:] + k[k] v
// The bonus for the current token is no part of this: it is a product of vectors, which XLA does as well.

#include <algorithm>
#include <cstring>

#include "head_rows.h"

namespace {

struct Inputs {
  const float *r, *w, *k, *v;
};

// S after one token from S before it (`next` may be `s`); `y`, unless it is null, is read from S before it.
void advance(const Inputs& in, size_t at, const State& s, State& next, Row* y) {
  const Row v = load(in.v + at);
  Row sum = {};
  for (int k = 0; k < kSize; k++) {
    Row row = s[k];
    add_scaled(sum, in.r[at + k], row);
    for (int i = 0; i < kVectors; i++) row.part[i] = row.part[i] * in.w[at + k] + in.k[at + k] * v.part[i];
    next[k] = row;
  }
  if (y != nullptr) *y = sum;
}

void forward_head(const Shape& shape, const Head& head, const Inputs& in, const float* s0, float* y, float* s_end,
                  float* kept) {
  State s;
  std::memcpy(s, s0 + head.state, sizeof s);
  for (int t = 0; t < shape.tokens; t++) {
    if (t % kKeepEvery == 0) std::memcpy(kept + head.kept_at(t / kKeepEvery), s, sizeof s);
    Row out;
    advance(in, head.at(t), s, s, &out);
    store(y + head.at(t), out);
  }
  std::memcpy(s_end + head.state, s, sizeof s);
}

struct Gradients {
  float *r, *w, *k, *v, *state;
};

// Walks the tokens backwards; `ds` is the gradient of S after the token, then of S before it.
void backward_head(const Shape& shape, const Head& head, const Inputs& in, const float* kept, const float* dy,
                   const float* ds_end, const Gradients& out) {
  static thread_local State states[kKeepEvery];  // before each token of a block
  State ds;
  std::memcpy(ds, ds_end + head.state, sizeof ds);
  for (int block = shape.kept() - 1; block >= 0; block--) {
    const int begin = block * kKeepEvery, end = std::min(begin + kKeepEvery, shape.tokens);
    std::memcpy(states[0], kept + head.kept_at(block), sizeof(State));
    for (int t = begin; t < end - 1; t++)
      advance(in, head.at(t), states[t - begin], states[t - begin + 1], nullptr);
    for (int t = end - 1; t >= begin; t--) {
      const size_t at = head.at(t);
      const State& before = states[t - begin];
      const Row gy = load(dy + at), v = load(in.v + at);
      Row dv = {};
      for (int k = 0; k < kSize; k++) {
        Row row = ds[k];
        out.r[at + k] = dot(before[k], gy);
        out.w[at + k] = dot(before[k], row);
        out.k[at + k] = dot(v, row);
        add_scaled(dv, in.k[at + k], row);
        for (int i = 0; i < kVectors; i++) row.part[i] = row.part[i] * in.w[at + k] + in.r[at + k] * gy.part[i];
        ds[k] = row;
      }
      store(out.v + at, dv);
    }
  }
  std::memcpy(out.state + head.state, ds, sizeof ds);
}

ffi::Error forward(In r, In w, In k, In v, In s0, Out y, Out s_end, Out kept) {
  const Shape shape = shape_of(r);
  if (r.dimensions()[3] != kSize) return ffi::Error::InvalidArgument("wkv6: the head size must be 64");
  const Inputs in{r.typed_data(), w.typed_data(), k.typed_data(), v.typed_data()};
  for_each_head(shape, [&](const Head& head) {
    forward_head(shape, head, in, s0.typed_data(), y->typed_data(), s_end->typed_data(), kept->typed_data());
  });
  return ffi::Error::Success();
}

ffi::Error backward(In r, In w, In k, In v, In kept, In dy, In ds_end, Out dr, Out dw, Out dk, Out dv, Out ds) {
  const Shape shape = shape_of(r);
  const Inputs in{r.typed_data(), w.typed_data(), k.typed_data(), v.typed_data()};
  const Gradients out{dr->typed_data(), dw->typed_data(), dk->typed_data(), dv->typed_data(), ds->typed_data()};
  for_each_head(shape, [&](const Head& head) {
    backward_head(shape, head, in, kept.typed_data(), dy.typed_data(), ds_end.typed_data(), out);
  });
  return ffi::Error::Success();
}

}  // namespace

XLA_FFI_DEFINE_HANDLER_SYMBOL(Wkv6Forward, forward,
                              ffi::Ffi::Bind()
                                  .Arg<In>().Arg<In>().Arg<In>().Arg<In>().Arg<In>()
                                  .Ret<ffi::Buffer<ffi::F32>>().Ret<ffi::Buffer<ffi::F32>>()
                                  .Ret<ffi::Buffer<ffi::F32>>());

XLA_FFI_DEFINE_HANDLER_SYMBOL(Wkv6Backward, backward,
                              ffi::Ffi::Bind()
                                  .Arg<In>().Arg<In>().Arg<In>().Arg<In>().Arg<In>().Arg<In>().Arg<In>()
                                  .Ret<ffi::Buffer<ffi::F32>>().Ret<ffi::Buffer<ffi::F32>>()
                                  .Ret<ffi::Buffer<ffi::F32>>().Ret<ffi::Buffer<ffi::F32>>()
                                  .Ret<ffi::Buffer<ffi::F32>>());
