/* RWKV on Qualcomm's HTP, from a program of one's own.
 *
 *   rwkv_qnn_session* session = NULL;
 *   rwkv_qnn_session_options options = {.qnn_libs = "lib", .first_chunk = "model_chunk1of2.bin"};
 *   if (rwkv_qnn_session_init(&options, &session) != RWKV_QNN_OK) puts(rwkv_qnn_get_last_error());
 *   const float* logits;
 *   rwkv_qnn_session_feed_token(session, 0, &logits);
 *   rwkv_qnn_session_free(session);
 *
 * Every *_init has its *_free, which takes NULL too. No function throws or ends the process. An object may be used from
 * any thread, but from one at a time.
 */
#ifndef RWKV_QNN_H
#define RWKV_QNN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RWKV_QNN_API __attribute__((visibility("default")))

typedef enum rwkv_qnn_error {
  /** Nothing went wrong. */
  RWKV_QNN_OK = 0,
  /** The caller asked for something that can't be, such as a NULL pointer or a token outside the vocabulary. */
  RWKV_QNN_INVALID_ARGUMENT = 1,
  /** A file is missing or can't be read; a chunk of the model, say. */
  RWKV_QNN_FILE = 2,
  /** A file is damaged, truncated or of another kind than expected. */
  RWKV_QNN_FORMAT = 3,
  /** The QNN libraries have a version that this library doesn't know. */
  RWKV_QNN_VERSION = 4,
  /** QNN refused or failed. */
  RWKV_QNN_BACKEND = 5,
  /** There isn't enough memory. */
  RWKV_QNN_OUT_OF_MEMORY = 6,
  /** A bug in this library. */
  RWKV_QNN_INTERNAL = 7
} rwkv_qnn_error;

/** What the last failed call of this thread has to say: file, cause and next step. Valid until its next failed call. */
RWKV_QNN_API const char* rwkv_qnn_get_last_error(void);

/** This library's version, such as "0.1.0". */
RWKV_QNN_API const char* rwkv_qnn_get_version(void);

/* ---- a model on a device ------------------------------------------------------------------------------------------ */

typedef struct rwkv_qnn_session rwkv_qnn_session;

typedef struct rwkv_qnn_session_options {
  /** The folder with libQnnHtp.so and libQnnSystem.so. */
  const char* qnn_libs;
  /** The model's first or only context, "…_chunk1ofN.bin"; the others are found beside it, as is the head's. */
  const char* first_chunk;
  /** The raw float32 embedding table of a model whose embedding is outside of the graph; else NULL. */
  const char* embedding;
  /** What the heads start from, for a model with tuned states: raw float32, one layer after the other; else NULL. */
  const char* initial_state;
} rwkv_qnn_session_options;

/** Loads a model. On failure `*session` is NULL. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_session_init(const rwkv_qnn_session_options* options, rwkv_qnn_session** session);
RWKV_QNN_API void rwkv_qnn_session_free(rwkv_qnn_session* session);

/** The number of logits. */
RWKV_QNN_API size_t rwkv_qnn_session_get_vocabulary(const rwkv_qnn_session* session);

/** Advances the model by one token; `*logits` then points to the next token's logits until the next call. A text
 *  begins with token 0, a tune in ABC notation with 2. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_session_feed_token(rwkv_qnn_session* session, uint32_t token,
                                                        const float** logits);

/** Advances the model by `count` tokens, at least one: in blocks where the contexts have prefill graphs. `*logits` then
 *  points to the logits after the last. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_session_feed_tokens(rwkv_qnn_session* session, const uint32_t* tokens,
                                                         size_t count, const float** logits);

/** Forgets everything that was fed: the state becomes the initial one, and so does that of each sequence. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_session_reset_state(rwkv_qnn_session* session);

/** How many sequences the model moves on at once; 0 when its contexts were built for one alone. */
RWKV_QNN_API size_t rwkv_qnn_session_get_sequences(const rwkv_qnn_session* session);

/** The state of one of the sequences, counted from 0, becomes a copy of what the tokens that were fed so far led to. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_session_put_state(rwkv_qnn_session* session, size_t sequence);

/** Advances every sequence by its own token: `count` is their number. `*logits` then points to the logits of the first
 *  sequence, behind which those of the others follow. Tokens that are fed in the other ways do not touch sequences. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_session_feed_batch(rwkv_qnn_session* session, const uint32_t* tokens, size_t count,
                                                        const float** logits);

/* ---- text and tokens ---------------------------------------------------------------------------------------------- */

typedef struct rwkv_qnn_tokenizer rwkv_qnn_tokenizer;

/** `name` is "byte", "world:FILE" with the path of rwkv_vocab_v20230424.txt, or "abc" or "midi" for music models. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_tokenizer_init(const char* name, rwkv_qnn_tokenizer** tokenizer);
RWKV_QNN_API void rwkv_qnn_tokenizer_free(rwkv_qnn_tokenizer* tokenizer);

/** Sets `*count` to the number of tokens and writes as many of them as fit into `capacity`. There are never more tokens
 *  than bytes. `tokens` may be NULL when `capacity` is 0. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_tokenizer_encode_text(const rwkv_qnn_tokenizer* tokenizer, const char* text,
                                                           size_t bytes, uint32_t* tokens, size_t capacity,
                                                           size_t* count);

/** The bytes of one token, which may be a part of a character; they live as long as the tokenizer. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_tokenizer_decode_token(const rwkv_qnn_tokenizer* tokenizer, uint32_t token,
                                                            const char** text, size_t* bytes);

/* ---- the next token ----------------------------------------------------------------------------------------------- */

typedef struct rwkv_qnn_sampler rwkv_qnn_sampler;

typedef struct rwkv_qnn_sampler_options {
  double temperature;       /**< 0 always takes the likeliest token. */
  size_t top_k;             /**< Draw from the k likeliest; 0: no limit. */
  double top_p;             /**< Draw from the likeliest that together have this probability; 1: no limit. */
  double presence_penalty;  /**< Taken from the logit of every token that was drawn before. */
  double frequency_penalty; /**< Times how often. */
  double penalty_decay;     /**< What a past token counts after each further one; 1: for ever. */
  uint64_t seed;            /**< The same seed gives the same tokens, on every platform. */
} rwkv_qnn_sampler_options;

/** Temperature 1, no limits, no penalties, seed 0. */
RWKV_QNN_API rwkv_qnn_sampler_options rwkv_qnn_sampler_get_default_options(void);

RWKV_QNN_API rwkv_qnn_error rwkv_qnn_sampler_init(const rwkv_qnn_sampler_options* options, rwkv_qnn_sampler** sampler);
RWKV_QNN_API void rwkv_qnn_sampler_free(rwkv_qnn_sampler* sampler);

/** Draws a token from `count` logits and remembers it for the penalties. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_sampler_draw_token(rwkv_qnn_sampler* sampler, const float* logits, size_t count,
                                                        uint32_t* token);

#ifdef __cplusplus
}
#endif

#endif
