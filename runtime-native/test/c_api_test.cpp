#include <cstring>

#include "rwkv_qnn.h"
#include "test_case.hpp"

TEST("the C tokenizer counts all tokens and writes those that fit") {
  rwkv_qnn_tokenizer* tokenizer = nullptr;
  CHECK_EQUAL(rwkv_qnn_tokenizer_init("byte", &tokenizer), RWKV_QNN_OK);
  std::uint32_t tokens[2] = {0, 0};
  std::size_t count = 0;
  CHECK_EQUAL(rwkv_qnn_tokenizer_encode_text(tokenizer, "abc", 3, tokens, 2, &count), RWKV_QNN_OK);
  CHECK_EQUAL(count, 3u);
  CHECK_EQUAL(tokens[1], 98u);
  CHECK_EQUAL(rwkv_qnn_tokenizer_encode_text(tokenizer, "abc", 3, nullptr, 0, &count), RWKV_QNN_OK);
  const char* text = nullptr;
  std::size_t bytes = 0;
  CHECK_EQUAL(rwkv_qnn_tokenizer_decode_token(tokenizer, 97, &text, &bytes), RWKV_QNN_OK);
  CHECK(bytes == 1 && *text == 'a');
  CHECK_EQUAL(rwkv_qnn_tokenizer_encode_text(nullptr, "abc", 3, tokens, 2, &count), RWKV_QNN_INVALID_ARGUMENT);
  rwkv_qnn_tokenizer_free(tokenizer);
  CHECK_EQUAL(rwkv_qnn_tokenizer_init("bite", &tokenizer), RWKV_QNN_INVALID_ARGUMENT);
  CHECK(tokenizer == nullptr);
  CHECK(std::strstr(rwkv_qnn_get_last_error(), "did you mean 'byte'?") != nullptr);
}

TEST("the C sampler draws by its options") {
  auto options = rwkv_qnn_sampler_get_default_options();
  CHECK_EQUAL(options.temperature, 1.0);
  options.temperature = 0;
  rwkv_qnn_sampler* sampler = nullptr;
  CHECK_EQUAL(rwkv_qnn_sampler_init(&options, &sampler), RWKV_QNN_OK);
  const float logits[3] = {1, 3, 2};
  std::uint32_t token = 0;
  CHECK_EQUAL(rwkv_qnn_sampler_draw_token(sampler, logits, 3, &token), RWKV_QNN_OK);
  CHECK_EQUAL(token, 1u);
  CHECK_EQUAL(rwkv_qnn_sampler_draw_token(sampler, logits, 0, &token), RWKV_QNN_INVALID_ARGUMENT);
  rwkv_qnn_sampler_free(sampler);
}
