// The C API's tokenizers and samplers.
#include <string_view>

#include "api_guard.hpp"
#include "api_handles.hpp"
#include "text_stream.hpp"
#include "token_sampler.hpp"
#include "tokenizer.hpp"

using namespace rwkv;

struct rwkv_qnn_tokenizer {
  std::shared_ptr<Tokenizer> tokenizer;   // shared with streams
};

struct rwkv_qnn_text_stream {
  std::shared_ptr<Tokenizer> tokenizer;
  TextStream stream;
};

struct rwkv_qnn_sampler {
  TokenSampler sampler;
};

namespace {

rwkv_qnn_sampler_options default_options() {
  const SamplerOptions own;
  rwkv_qnn_sampler_options options{};
  options.temperature = own.temperature;
  options.top_k = own.top_k;
  options.top_p = own.top_p;
  options.min_p = own.min_p;
  options.typical_p = own.typical_p;
  options.presence_penalty = own.penalties.presence;
  options.frequency_penalty = own.penalties.frequency;
  options.penalty_decay = own.penalties.decay;
  options.seed = own.seed;
  return options;
}

SamplerOptions to_own(const rwkv_qnn_sampler_options& options) {
  SamplerOptions own;
  own.temperature = options.temperature;
  own.top_k = options.top_k;
  own.top_p = options.top_p;
  own.min_p = options.min_p;
  own.typical_p = options.typical_p;
  own.penalties.presence = options.presence_penalty;
  own.penalties.frequency = options.frequency_penalty;
  own.penalties.decay = options.penalty_decay;
  own.seed = options.seed;
  return own;
}

}   // namespace

rwkv_qnn_error rwkv_qnn_tokenizer_init(const char* name, rwkv_qnn_tokenizer** tokenizer) {
  return api::guarded([&] {
    api::require(tokenizer != nullptr, "tokenizer");
    *tokenizer = nullptr;
    api::require(name != nullptr, "name");
    *tokenizer = new rwkv_qnn_tokenizer{open_tokenizer(name)};
  });
}

rwkv_qnn_error rwkv_qnn_tokenizer_init_of_model(const rwkv_qnn_model* model, rwkv_qnn_tokenizer** tokenizer) {
  return api::guarded([&] {
    api::require(tokenizer != nullptr, "tokenizer");
    *tokenizer = nullptr;
    api::require(model != nullptr, "model");
    *tokenizer = new rwkv_qnn_tokenizer{open_tokenizer(model->loaded->files)};
  });
}

void rwkv_qnn_tokenizer_free(rwkv_qnn_tokenizer* tokenizer) { delete tokenizer; }

rwkv_qnn_error rwkv_qnn_tokenizer_encode_text(const rwkv_qnn_tokenizer* tokenizer, const char* text, size_t bytes,
                                              uint32_t* tokens, size_t capacity, size_t* count) {
  return api::guarded([&] {
    api::require(tokenizer != nullptr, "tokenizer");
    api::require(text != nullptr || bytes == 0, "text");
    api::require(tokens != nullptr || capacity == 0, "tokens");
    api::require(count != nullptr, "count");
    const auto encoded = tokenizer->tokenizer->encode(std::string_view(text, bytes));
    std::copy_n(encoded.begin(), std::min(encoded.size(), capacity), tokens);
    *count = encoded.size();
  });
}

rwkv_qnn_error rwkv_qnn_tokenizer_decode_token(const rwkv_qnn_tokenizer* tokenizer, uint32_t token, const char** text,
                                               size_t* bytes) {
  return api::guarded([&] {
    api::require(tokenizer != nullptr, "tokenizer");
    api::require(text != nullptr && bytes != nullptr, "text or bytes");
    const std::string_view decoded = tokenizer->tokenizer->bytes_of(token);
    *text = decoded.data();
    *bytes = decoded.size();
  });
}

uint32_t rwkv_qnn_tokenizer_get_begin(const rwkv_qnn_tokenizer* tokenizer) {
  return tokenizer != nullptr ? tokenizer->tokenizer->begin() : 0;
}

uint32_t rwkv_qnn_tokenizer_get_end(const rwkv_qnn_tokenizer* tokenizer) {
  return tokenizer != nullptr ? tokenizer->tokenizer->end() : 0;
}

rwkv_qnn_error rwkv_qnn_text_stream_init(const rwkv_qnn_tokenizer* tokenizer, const char* const* stops, size_t count,
                                         rwkv_qnn_text_stream** stream) {
  return api::guarded([&] {
    api::require(stream != nullptr, "stream");
    *stream = nullptr;
    api::require(tokenizer != nullptr, "tokenizer");
    api::require(stops != nullptr || count == 0, "stops");
    std::vector<std::string> own;
    for (std::size_t i = 0; i < count; ++i) {
      api::require(stops[i] != nullptr, "stops");
      own.emplace_back(stops[i]);
    }
    *stream = new rwkv_qnn_text_stream{tokenizer->tokenizer, TextStream(*tokenizer->tokenizer, std::move(own))};
  });
}

void rwkv_qnn_text_stream_free(rwkv_qnn_text_stream* stream) { delete stream; }

rwkv_qnn_error rwkv_qnn_text_stream_push(rwkv_qnn_text_stream* stream, uint32_t token, const char** text, size_t* bytes,
                                         int* has_stopped) {
  return api::guarded([&] {
    api::require(stream != nullptr, "stream");
    api::require(text != nullptr && bytes != nullptr, "text or bytes");
    const std::string& given = stream->stream.push(token);
    *text = given.c_str();
    *bytes = given.size();
    if (has_stopped != nullptr) *has_stopped = stream->stream.has_stopped() ? 1 : 0;
  });
}

rwkv_qnn_error rwkv_qnn_text_stream_finish(rwkv_qnn_text_stream* stream, const char** text, size_t* bytes) {
  return api::guarded([&] {
    api::require(stream != nullptr, "stream");
    api::require(text != nullptr && bytes != nullptr, "text or bytes");
    const std::string& given = stream->stream.finish();
    *text = given.c_str();
    *bytes = given.size();
  });
}

void rwkv_qnn_sampler_options_init(rwkv_qnn_sampler_options* options, size_t size) {
  api::write_defaults(default_options(), options, size);
}

rwkv_qnn_error rwkv_qnn_sampler_init(const rwkv_qnn_sampler_options* options, rwkv_qnn_sampler** sampler) {
  return api::guarded([&] {
    api::require(sampler != nullptr, "sampler");
    *sampler = nullptr;
    *sampler = new rwkv_qnn_sampler{TokenSampler(to_own(api::take_options(options, default_options(), "options")))};
  });
}

void rwkv_qnn_sampler_free(rwkv_qnn_sampler* sampler) { delete sampler; }

rwkv_qnn_error rwkv_qnn_sampler_draw_token(rwkv_qnn_sampler* sampler, const float* logits, size_t count,
                                           uint32_t* token) {
  return api::guarded([&] {
    api::require(sampler != nullptr, "sampler");
    api::require(logits != nullptr && count > 0, "logits");
    api::require(token != nullptr, "token");
    *token = sampler->sampler.sample({logits, count});
  });
}

rwkv_qnn_error rwkv_qnn_session_sample(rwkv_qnn_session* session, rwkv_qnn_sampler* sampler, uint32_t* token) {
  return api::guarded([&] {
    api::require(session != nullptr, "session");
    api::require(sampler != nullptr, "sampler");
    api::require(token != nullptr, "token");
    *token = sampler->sampler.sample(session->session->logits());
  });
}

rwkv_qnn_error rwkv_qnn_sampler_set_mask(rwkv_qnn_sampler* sampler, const uint8_t* allowed, size_t count) {
  return api::guarded([&] {
    api::require(sampler != nullptr, "sampler");
    api::require(allowed != nullptr || count == 0, "allowed");
    sampler->sampler.set_mask({allowed, count});
  });
}

rwkv_qnn_error rwkv_qnn_sampler_reset(rwkv_qnn_sampler* sampler) {
  return api::guarded([&] {
    api::require(sampler != nullptr, "sampler");
    sampler->sampler.reset();
  });
}
