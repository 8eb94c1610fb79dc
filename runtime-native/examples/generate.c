/* Goes on with a text: generate QNN_LIBS MODEL TOKENIZER PROMPT. */
#include <rwkv_qnn.h>
#include <stdio.h>
#include <string.h>

static int check(rwkv_qnn_error error) {
  if (error != RWKV_QNN_OK) fprintf(stderr, "%s\n", rwkv_qnn_get_last_error());
  return error == RWKV_QNN_OK;
}

int main(int count, char** words) {
  if (count != 5) return fprintf(stderr, "usage: %s QNN_LIBS MODEL TOKENIZER PROMPT\n", words[0]), 2;
  rwkv_qnn_model_options options;
  rwkv_qnn_model_options_init(&options, sizeof options);
  options.qnn_libs = words[1], options.path = words[2];
  rwkv_qnn_sampler_options sampling;
  rwkv_qnn_sampler_options_init(&sampling, sizeof sampling);
  sampling.top_p = 0.5;

  rwkv_qnn_model* model = NULL;
  rwkv_qnn_session* session = NULL;
  rwkv_qnn_tokenizer* tokenizer = NULL;
  rwkv_qnn_text_stream* stream = NULL;
  rwkv_qnn_sampler* sampler = NULL;
  uint32_t tokens[1024] = {0}, token = 0; /* a text begins with token 0 */
  const char* text = NULL;
  size_t prompt = 0, bytes = 0;
  int ok = check(rwkv_qnn_tokenizer_init(words[3], &tokenizer)) && check(rwkv_qnn_model_init(&options, &model)) &&
           check(rwkv_qnn_session_init(model, &session)) && check(rwkv_qnn_sampler_init(&sampling, &sampler)) &&
           check(rwkv_qnn_text_stream_init(tokenizer, NULL, 0, &stream)) &&
           check(rwkv_qnn_tokenizer_encode_text(tokenizer, words[4], strlen(words[4]), tokens + 1, 1023, &prompt)) &&
           check(rwkv_qnn_session_prefill(session, tokens, (prompt < 1023 ? prompt : 1023) + 1));
  for (int i = 0; ok && i < 40; ++i) {
    ok = check(rwkv_qnn_session_sample(session, sampler, &token)) &&
         check(rwkv_qnn_text_stream_push(stream, token, &text, &bytes, NULL));
    if (!ok || token == rwkv_qnn_tokenizer_get_end(tokenizer)) break;
    fwrite(text, 1, bytes, stdout), fflush(stdout);
    ok = check(rwkv_qnn_session_decode(session, token));
  }
  rwkv_qnn_sampler_free(sampler);
  rwkv_qnn_text_stream_free(stream);
  rwkv_qnn_tokenizer_free(tokenizer);
  rwkv_qnn_session_free(session);
  rwkv_qnn_model_free(model);
  return ok ? 0 : 1;
}
