#include <cstddef>
#include <cstring>

#include "emulator_model.hpp"
#include "rwkv_qnn.h"
#include "test_case.hpp"

using namespace rwkv;

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

TEST("a C text stream gives whole characters up to a stop string, and outlives its tokenizer") {
  rwkv_qnn_tokenizer* tokenizer = nullptr;
  CHECK_EQUAL(rwkv_qnn_tokenizer_init("byte", &tokenizer), RWKV_QNN_OK);
  CHECK_EQUAL(rwkv_qnn_tokenizer_get_begin(tokenizer), 0u);
  const char* const stops[] = {"END"};
  rwkv_qnn_text_stream* stream = nullptr;
  CHECK_EQUAL(rwkv_qnn_text_stream_init(tokenizer, stops, 1, &stream), RWKV_QNN_OK);
  rwkv_qnn_tokenizer_free(tokenizer);
  std::string found;
  const char* text = nullptr;
  std::size_t bytes = 0;
  int has_stopped = 0;
  for (const char byte : std::string("\xc3\xa9 EN EN")) {
    CHECK_EQUAL(rwkv_qnn_text_stream_push(stream, static_cast<unsigned char>(byte), &text, &bytes, &has_stopped),
                RWKV_QNN_OK);
    found.append(text, bytes).append("|");
  }
  CHECK_EQUAL(found, "|\xc3\xa9| |||EN |||");
  CHECK_EQUAL(rwkv_qnn_text_stream_push(stream, 'D', &text, &bytes, &has_stopped), RWKV_QNN_OK);
  CHECK(bytes == 0 && has_stopped == 1);
  CHECK_EQUAL(rwkv_qnn_text_stream_finish(stream, &text, &bytes), RWKV_QNN_OK);
  CHECK_EQUAL(bytes, 0u);
  rwkv_qnn_text_stream_free(stream);
  CHECK_EQUAL(rwkv_qnn_text_stream_init(nullptr, stops, 1, &stream), RWKV_QNN_INVALID_ARGUMENT);
}

TEST("the C sampler draws by its options") {
  rwkv_qnn_sampler_options options;
  rwkv_qnn_sampler_options_init(&options, sizeof options);
  CHECK_EQUAL(options.temperature, 1.0);
  options.temperature = 0;
  rwkv_qnn_sampler* sampler = nullptr;
  CHECK_EQUAL(rwkv_qnn_sampler_init(&options, &sampler), RWKV_QNN_OK);
  const float logits[3] = {1, 3, 2};
  std::uint32_t token = 0;
  CHECK_EQUAL(rwkv_qnn_sampler_draw_token(sampler, logits, 3, &token), RWKV_QNN_OK);
  CHECK_EQUAL(token, 1u);
  CHECK_EQUAL(rwkv_qnn_sampler_draw_token(sampler, logits, 0, &token), RWKV_QNN_INVALID_ARGUMENT);
  CHECK_EQUAL(rwkv_qnn_sampler_reset(sampler), RWKV_QNN_OK);
  rwkv_qnn_sampler_free(sampler);
}

TEST("options of an older caller keep the defaults of what he doesn't know, and a size that can't be is refused") {
  rwkv_qnn_sampler_options options;
  std::memset(&options, 0xff, sizeof options);
  const std::size_t older = offsetof(rwkv_qnn_sampler_options, top_k);
  rwkv_qnn_sampler_options_init(&options, older);
  CHECK_EQUAL(options.size, older);
  CHECK(options.top_k == ~std::size_t{0});
  options.temperature = 0;
  rwkv_qnn_sampler* sampler = nullptr;
  CHECK_EQUAL(rwkv_qnn_sampler_init(&options, &sampler), RWKV_QNN_OK);
  rwkv_qnn_sampler_free(sampler);
  options.size = 0;
  CHECK_EQUAL(rwkv_qnn_sampler_init(&options, &sampler), RWKV_QNN_INVALID_ARGUMENT);
  CHECK(std::strstr(rwkv_qnn_get_last_error(), "set its field `size`") != nullptr);
}

TEST("the C API gives the session's own logits, states and forks, and errors instead of exceptions") {
  const auto first = test::first_chunks().front();
  if (!test::takes_tokens(first)) test::skip("a model that takes tokens");
  const std::string libs = test::surroundings().qnn_libs.value_or("").string(), context = first.string();
  test::OpenModel own(first);
  const auto expected = own.feed(65), next = own.feed(66);

  rwkv_qnn_model_options options;
  rwkv_qnn_model_options_init(&options, sizeof options);
  rwkv_qnn_model* model = nullptr;
  CHECK_EQUAL(rwkv_qnn_model_init(&options, &model), RWKV_QNN_INVALID_ARGUMENT);
  options.qnn_libs = libs.c_str();
  options.path = "none_chunk1of2.bin";
  CHECK_EQUAL(rwkv_qnn_model_init(&options, &model), RWKV_QNN_FILE);
  CHECK(model == nullptr);
  CHECK(std::string(rwkv_qnn_get_last_error()).find("none_chunk1of2.bin: doesn't exist") == 0);
  options.path = context.c_str();
  options.backend = RWKV_QNN_BACKEND_CPU;
  CHECK_EQUAL(rwkv_qnn_model_init(&options, &model), RWKV_QNN_INVALID_ARGUMENT);
  CHECK(std::strstr(rwkv_qnn_get_last_error(), "is a context binary, which only the HTP runs") != nullptr);
  options.backend = RWKV_QNN_BACKEND_HTP;
  CHECK_EQUAL(rwkv_qnn_model_init(&options, &model), RWKV_QNN_OK);
  rwkv_qnn_model_info info{};
  info.size = sizeof info;
  CHECK_EQUAL(rwkv_qnn_model_get_info(model, &info), RWKV_QNN_OK);
  CHECK_EQUAL(info.vocabulary, expected.size());
  CHECK(info.layers > 0 && info.context_bytes > 0 && info.soc_id > 0 && info.backend == RWKV_QNN_BACKEND_HTP);

  rwkv_qnn_session *session = nullptr, *copy = nullptr;
  CHECK_EQUAL(rwkv_qnn_session_init(model, &session), RWKV_QNN_OK);
  rwkv_qnn_model_free(model);   // the session keeps it loaded
  const float* logits = nullptr;
  CHECK_EQUAL(rwkv_qnn_session_get_logits(session, &logits), RWKV_QNN_INVALID_ARGUMENT);
  CHECK_EQUAL(rwkv_qnn_session_decode(session, 65), RWKV_QNN_OK);
  CHECK_EQUAL(rwkv_qnn_session_get_logits(session, &logits), RWKV_QNN_OK);
  CHECK(std::equal(expected.begin(), expected.end(), logits));

  std::size_t bytes = 0;
  CHECK_EQUAL(rwkv_qnn_session_save_state(session, nullptr, 0, &bytes), RWKV_QNN_OK);
  std::vector<std::byte> saved(bytes);
  CHECK_EQUAL(rwkv_qnn_session_save_state(session, saved.data(), saved.size(), &bytes), RWKV_QNN_OK);
  const test::TemporaryFolder folder;
  const std::string file = (folder.path() / "state").string();
  CHECK_EQUAL(rwkv_qnn_session_save_state_file(session, file.c_str()), RWKV_QNN_OK);
  CHECK_EQUAL(rwkv_qnn_session_fork(session, &copy), RWKV_QNN_OK);
  CHECK_EQUAL(rwkv_qnn_session_reset(session), RWKV_QNN_OK);
  CHECK_EQUAL(rwkv_qnn_session_load_state(session, saved.data(), saved.size() - 1), RWKV_QNN_FORMAT);
  for (const bool from_file : {false, true}) {
    CHECK_EQUAL(from_file ? rwkv_qnn_session_load_state_file(session, file.c_str())
                          : rwkv_qnn_session_load_state(session, saved.data(), saved.size()),
                RWKV_QNN_OK);
    for (rwkv_qnn_session* one : {session, from_file ? session : copy}) {
      if (one == session && from_file)
        CHECK_EQUAL(rwkv_qnn_session_load_state_file(session, file.c_str()), RWKV_QNN_OK);
      CHECK_EQUAL(rwkv_qnn_session_decode(one, 66), RWKV_QNN_OK);
      CHECK_EQUAL(rwkv_qnn_session_get_logits(one, &logits), RWKV_QNN_OK);
      CHECK(std::equal(next.begin(), next.end(), logits));
    }
  }

  rwkv_qnn_session_cancel(session);
  CHECK_EQUAL(rwkv_qnn_session_decode(session, 65), RWKV_QNN_CANCELLED);
  CHECK_EQUAL(rwkv_qnn_session_decode(session, 4000000000u), RWKV_QNN_INVALID_ARGUMENT);
  rwkv_qnn_session_statistics statistics{};
  statistics.size = sizeof statistics;
  CHECK_EQUAL(rwkv_qnn_session_get_statistics(session, &statistics), RWKV_QNN_OK);
  CHECK(statistics.step_tokens >= 3 && statistics.executing_seconds <= statistics.running_seconds);
  rwkv_qnn_session_free(copy);
  rwkv_qnn_session_free(session);
  rwkv_qnn_session_free(nullptr);
}
