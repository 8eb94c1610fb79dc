// The C API: handles around the C++ classes, and no exception gets past it.
#include "rwkv_qnn.h"

#include <algorithm>
#include <new>
#include <string>

#include "failure.hpp"
#include "rwkv_session.hpp"
#include "token_sampler.hpp"
#include "tokenizer.hpp"
#include "tool_main.hpp"

// In the order in which they must be made; destroyed in the reverse one.
struct rwkv_qnn_session {
  explicit rwkv_qnn_session(const rwkv_qnn_session_options& options)
      : library(options.qnn_libs),
        device(library, {}),
        session(device, options.first_chunk, path_of(options.embedding), path_of(options.initial_state)) {}

  static std::optional<std::filesystem::path> path_of(const char* text) {
    return text != nullptr ? std::optional<std::filesystem::path>(text) : std::nullopt;
  }

  rwkv::QnnLibrary library;
  rwkv::HtpDevice device;
  rwkv::RwkvSession session;
};

struct rwkv_qnn_tokenizer {
  std::unique_ptr<rwkv::Tokenizer> tokenizer;
};

struct rwkv_qnn_sampler {
  rwkv::TokenSampler sampler;
};

namespace {

thread_local std::string last_error;

rwkv_qnn_error to_error(rwkv::FailureKind kind) {
  switch (kind) {
    case rwkv::FailureKind::argument:
      return RWKV_QNN_INVALID_ARGUMENT;
    case rwkv::FailureKind::file:
      return RWKV_QNN_FILE;
    case rwkv::FailureKind::format:
      return RWKV_QNN_FORMAT;
    case rwkv::FailureKind::version:
      return RWKV_QNN_VERSION;
    case rwkv::FailureKind::backend:
      return RWKV_QNN_BACKEND;
  }
  return RWKV_QNN_INTERNAL;
}

rwkv_qnn_error remember(rwkv_qnn_error error, const char* words, const std::string& hint) noexcept {
  try {
    last_error = hint.empty() ? words : words + ("; " + hint);
  } catch (...) {
    last_error.clear();
  }
  return error;
}

template <typename Body>
rwkv_qnn_error guarded(Body body) noexcept {
  try {
    body();
    return RWKV_QNN_OK;
  } catch (const rwkv::Failure& failure) {
    return remember(to_error(failure.kind()), failure.what(), failure.hint());
  } catch (const std::bad_alloc&) {
    return remember(RWKV_QNN_OUT_OF_MEMORY, "out of memory", {});
  } catch (const std::exception& error) {
    return remember(RWKV_QNN_INTERNAL, error.what(), {});
  } catch (...) {
    return remember(RWKV_QNN_INTERNAL, "an unknown exception", {});
  }
}

void require(bool given, const char* what) {
  if (!given) throw rwkv::Failure(rwkv::FailureKind::argument, what, "is missing or NULL", "");
}

}   // namespace

const char* rwkv_qnn_get_last_error(void) { return last_error.c_str(); }

const char* rwkv_qnn_get_version(void) { return rwkv::program_version; }

rwkv_qnn_error rwkv_qnn_session_init(const rwkv_qnn_session_options* options, rwkv_qnn_session** session) {
  return guarded([&] {
    require(session != nullptr, "session");
    *session = nullptr;
    require(options != nullptr, "options");
    require(options->qnn_libs != nullptr, "qnn_libs");
    require(options->first_chunk != nullptr, "first_chunk");
    *session = new rwkv_qnn_session(*options);
  });
}

void rwkv_qnn_session_free(rwkv_qnn_session* session) { delete session; }

size_t rwkv_qnn_session_get_vocabulary(const rwkv_qnn_session* session) {
  return session != nullptr ? session->session.vocabulary() : 0;
}

rwkv_qnn_error rwkv_qnn_session_feed_token(rwkv_qnn_session* session, uint32_t token, const float** logits) {
  return guarded([&] {
    require(session != nullptr, "session");
    require(logits != nullptr, "logits");
    *logits = session->session.feed(token).data();
  });
}

rwkv_qnn_error rwkv_qnn_session_feed_tokens(rwkv_qnn_session* session, const uint32_t* tokens, size_t count,
                                            const float** logits) {
  return guarded([&] {
    require(session != nullptr, "session");
    require(tokens != nullptr && count > 0, "tokens");
    require(logits != nullptr, "logits");
    *logits = session->session.feed_all({tokens, count}).data();
  });
}

rwkv_qnn_error rwkv_qnn_session_reset_state(rwkv_qnn_session* session) {
  return guarded([&] {
    require(session != nullptr, "session");
    session->session.reset();
  });
}

size_t rwkv_qnn_session_get_sequences(const rwkv_qnn_session* session) {
  return session != nullptr ? session->session.sequences() : 0;
}

rwkv_qnn_error rwkv_qnn_session_put_state(rwkv_qnn_session* session, size_t sequence) {
  return guarded([&] {
    require(session != nullptr, "session");
    session->session.put_state(sequence);
  });
}

rwkv_qnn_error rwkv_qnn_session_feed_batch(rwkv_qnn_session* session, const uint32_t* tokens, size_t count,
                                           const float** logits) {
  return guarded([&] {
    require(session != nullptr, "session");
    require(tokens != nullptr && count > 0, "tokens");
    require(logits != nullptr, "logits");
    *logits = session->session.feed_batch({tokens, count}).data();
  });
}

rwkv_qnn_error rwkv_qnn_tokenizer_init(const char* name, rwkv_qnn_tokenizer** tokenizer) {
  return guarded([&] {
    require(tokenizer != nullptr, "tokenizer");
    *tokenizer = nullptr;
    require(name != nullptr, "name");
    *tokenizer = new rwkv_qnn_tokenizer{rwkv::open_tokenizer(name)};
  });
}

void rwkv_qnn_tokenizer_free(rwkv_qnn_tokenizer* tokenizer) { delete tokenizer; }

rwkv_qnn_error rwkv_qnn_tokenizer_encode_text(const rwkv_qnn_tokenizer* tokenizer, const char* text, size_t bytes,
                                              uint32_t* tokens, size_t capacity, size_t* count) {
  return guarded([&] {
    require(tokenizer != nullptr, "tokenizer");
    require(text != nullptr || bytes == 0, "text");
    require(tokens != nullptr || capacity == 0, "tokens");
    require(count != nullptr, "count");
    const auto encoded = tokenizer->tokenizer->encode(std::string_view(text, bytes));
    std::copy_n(encoded.begin(), std::min(encoded.size(), capacity), tokens);
    *count = encoded.size();
  });
}

rwkv_qnn_error rwkv_qnn_tokenizer_decode_token(const rwkv_qnn_tokenizer* tokenizer, uint32_t token, const char** text,
                                               size_t* bytes) {
  return guarded([&] {
    require(tokenizer != nullptr, "tokenizer");
    require(text != nullptr && bytes != nullptr, "text or bytes");
    const std::string_view decoded = tokenizer->tokenizer->bytes_of(token);
    *text = decoded.data();
    *bytes = decoded.size();
  });
}

rwkv_qnn_sampler_options rwkv_qnn_sampler_get_default_options(void) {
  const rwkv::SamplerOptions options;
  return {options.temperature,       options.top_k,         options.top_p, options.presence_penalty,
          options.frequency_penalty, options.penalty_decay, options.seed};
}

rwkv_qnn_error rwkv_qnn_sampler_init(const rwkv_qnn_sampler_options* options, rwkv_qnn_sampler** sampler) {
  return guarded([&] {
    require(sampler != nullptr, "sampler");
    *sampler = nullptr;
    require(options != nullptr, "options");
    const rwkv::SamplerOptions own{
        options->temperature,       options->top_k,         options->top_p, options->presence_penalty,
        options->frequency_penalty, options->penalty_decay, options->seed};
    *sampler = new rwkv_qnn_sampler{rwkv::TokenSampler(own)};
  });
}

void rwkv_qnn_sampler_free(rwkv_qnn_sampler* sampler) { delete sampler; }

rwkv_qnn_error rwkv_qnn_sampler_draw_token(rwkv_qnn_sampler* sampler, const float* logits, size_t count,
                                           uint32_t* token) {
  return guarded([&] {
    require(sampler != nullptr, "sampler");
    require(logits != nullptr && count > 0, "logits");
    require(token != nullptr, "token");
    *token = sampler->sampler.sample({logits, count});
  });
}
