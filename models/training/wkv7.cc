// The RWKV-7 recurrence and its gradient as two XLA custom calls for the CPU.
//
// Per head, S is kept transposed, [key][value], so that the sums over keys need no horizontal additions:
//   u = Sᵀ a;   S[k][:] = w[k] S[k][:] + b[k] u + k[k] v;   y = Sᵀ r
// One head's S is 16 KB: it stays in the first-level cache while the head's whole segment runs through it. That is
// why this is several times as fast as anything that XLA makes of the same sums.

#include <algorithm>
#include <cstring>

#include "head_rows.h"

namespace {

// JAX's states are [value,key].
void load_state(State& s, const float* from) {
  for (int k = 0; k < kSize; k++)
    for (int v = 0; v < kSize; v++) reinterpret_cast<float*>(&s[k])[v] = from[v * kSize + k];
}

void store_state(float* to, const State& s) {
  for (int k = 0; k < kSize; k++)
    for (int v = 0; v < kSize; v++) to[v * kSize + k] = reinterpret_cast<const float*>(&s[k])[v];
}

struct Inputs {
  const float *r, *w, *k, *v, *a, *b;
};

// S after one token from S before it (`next` may be `s`); returns u.
Row advance(const Inputs& in, size_t at, const State& s, State& next, Row* y) {
  Row u = {}, sum = {};
  for (int k = 0; k < kSize; k++) add_scaled(u, in.a[at + k], s[k]);
  const Row v = load(in.v + at);
  for (int k = 0; k < kSize; k++) {
    Row row = s[k];
    for (int i = 0; i < kVectors; i++)
      row.part[i] = row.part[i] * in.w[at + k] + in.b[at + k] * u.part[i] + in.k[at + k] * v.part[i];
    next[k] = row;
    add_scaled(sum, in.r[at + k], row);
  }
  if (y != nullptr) *y = sum;
  return u;
}

void forward_head(const Shape& shape, const Head& head, const Inputs& in, const float* s0, float* y, float* s_end,
                  float* kept) {
  State s;
  load_state(s, s0 + head.state);
  for (int t = 0; t < shape.tokens; t++) {
    if (t % kKeepEvery == 0)
      std::memcpy(kept + head.kept_at(t / kKeepEvery), s, sizeof s);
    Row out;
    advance(in, head.at(t), s, s, &out);
    store(y + head.at(t), out);
  }
  store_state(s_end + head.state, s);
}

struct Gradients {
  float *r, *w, *k, *v, *a, *b, *state;
};

// Walks the tokens backwards; `ds` is the gradient of S after the token, then of S before it.
void backward_head(const Shape& shape, const Head& head, const Inputs& in, const float* kept, const float* dy,
                   const float* ds_end, const Gradients& out) {
  static thread_local State states[kKeepEvery + 1];
  Row us[kKeepEvery];
  State ds;
  load_state(ds, ds_end + head.state);
  for (int block = shape.kept() - 1; block >= 0; block--) {
    const int begin = block * kKeepEvery, end = std::min(begin + kKeepEvery, shape.tokens);
    std::memcpy(states[0], kept + head.kept_at(block), sizeof(State));
    for (int t = begin; t < end; t++)
      us[t - begin] = advance(in, head.at(t), states[t - begin], states[t - begin + 1], nullptr);
    for (int t = end - 1; t >= begin; t--) {
      const size_t at = head.at(t);
      const State &before = states[t - begin], &after = states[t - begin + 1];
      const Row gy = load(dy + at), v = load(in.v + at), u = us[t - begin];
      Row dv = {}, du = {};
      for (int k = 0; k < kSize; k++) {
        Row row = ds[k];
        add_scaled(row, in.r[at + k], gy);
        ds[k] = row;
        out.r[at + k] = dot(after[k], gy);
        out.w[at + k] = dot(before[k], row);
        out.b[at + k] = dot(u, row);
        out.k[at + k] = dot(v, row);
        add_scaled(dv, in.k[at + k], row);
        add_scaled(du, in.b[at + k], row);
      }
      for (int k = 0; k < kSize; k++) {
        out.a[at + k] = dot(before[k], du);
        for (int i = 0; i < kVectors; i++)
          ds[k].part[i] = ds[k].part[i] * in.w[at + k] + in.a[at + k] * du.part[i];
      }
      store(out.v + at, dv);
    }
  }
  store_state(out.state + head.state, ds);
}

ffi::Error forward(In r, In w, In k, In v, In a, In b, In s0, Out y, Out s_end, Out kept) {
  const Shape shape = shape_of(r);
  if (r.dimensions()[3] != kSize) return ffi::Error::InvalidArgument("wkv7: the head size must be 64");
  const Inputs in{r.typed_data(), w.typed_data(), k.typed_data(), v.typed_data(), a.typed_data(), b.typed_data()};
  for_each_head(shape, [&](const Head& head) {
    forward_head(shape, head, in, s0.typed_data(), y->typed_data(), s_end->typed_data(), kept->typed_data());
  });
  return ffi::Error::Success();
}

ffi::Error backward(In r, In w, In k, In v, In a, In b, In kept, In dy, In ds_end, Out dr, Out dw, Out dk, Out dv,
                    Out da, Out db, Out ds) {
  const Shape shape = shape_of(r);
  const Inputs in{r.typed_data(), w.typed_data(), k.typed_data(), v.typed_data(), a.typed_data(), b.typed_data()};
  const Gradients out{dr->typed_data(), dw->typed_data(), dk->typed_data(), dv->typed_data(),
                      da->typed_data(), db->typed_data(), ds->typed_data()};
  for_each_head(shape, [&](const Head& head) {
    backward_head(shape, head, in, kept.typed_data(), dy.typed_data(), ds_end.typed_data(), out);
  });
  return ffi::Error::Success();
}

}  // namespace

XLA_FFI_DEFINE_HANDLER_SYMBOL(Wkv7Forward, forward,
                              ffi::Ffi::Bind()
                                  .Arg<In>().Arg<In>().Arg<In>().Arg<In>().Arg<In>().Arg<In>().Arg<In>()
                                  .Ret<ffi::Buffer<ffi::F32>>().Ret<ffi::Buffer<ffi::F32>>()
                                  .Ret<ffi::Buffer<ffi::F32>>());

XLA_FFI_DEFINE_HANDLER_SYMBOL(Wkv7Backward, backward,
                              ffi::Ffi::Bind()
                                  .Arg<In>().Arg<In>().Arg<In>().Arg<In>().Arg<In>().Arg<In>().Arg<In>()
                                  .Arg<In>().Arg<In>()
                                  .Ret<ffi::Buffer<ffi::F32>>().Ret<ffi::Buffer<ffi::F32>>()
                                  .Ret<ffi::Buffer<ffi::F32>>().Ret<ffi::Buffer<ffi::F32>>()
                                  .Ret<ffi::Buffer<ffi::F32>>().Ret<ffi::Buffer<ffi::F32>>()
                                  .Ret<ffi::Buffer<ffi::F32>>());
