/* RWKV on Qualcomm's HTP, from a program of one's own.
 *
 *   rwkv_qnn_model_options options;
 *   rwkv_qnn_model_options_init(&options, sizeof options);
 *   options.qnn_libs = "lib";
 *   options.path = "models/mine";
 *   rwkv_qnn_model* model = NULL;
 *   rwkv_qnn_session* session = NULL;
 *   const float* logits = NULL;
 *   if (rwkv_qnn_model_init(&options, &model) != RWKV_QNN_OK || rwkv_qnn_session_init(model, &session) != RWKV_QNN_OK ||
 *       rwkv_qnn_session_decode(session, 0) != RWKV_QNN_OK ||
 *       rwkv_qnn_session_get_logits(session, &logits) != RWKV_QNN_OK)
 *     puts(rwkv_qnn_get_last_error());
 *   rwkv_qnn_session_free(session);
 *   rwkv_qnn_model_free(model);
 *
 * Handles. Every *_init has its *_free, which takes NULL too. On failure *_init sets the handle to NULL. A model stays
 * loaded until it and all sessions and batches of it are freed, in any order.
 *
 * Errors. Every function that can fail returns an rwkv_qnn_error; rwkv_qnn_get_last_error() then says what happened, in
 * words. A call that failed has changed nothing unless it says otherwise. No function throws, prints or ends the process.
 *
 * Threads. There is no global state. Handles may be used from any thread, each from one at a time; different handles at
 * the same time, also sessions of one model: their runs on the device take turns, graph by graph. The exception is
 * rwkv_qnn_session_cancel(), which is for another thread. Words of an error belong to the thread that got it.
 *
 * Texts. All `const char*` are UTF-8 and end with 0, except where a length is given. Paths are relative to the process's
 * folder.
 *
 * Stability. Until version 1.0.0 any release may change this interface; from then on a release with the same major
 * number keeps every function, every value of an enum, and every field at its place. Structures grow at their end only:
 * whoever makes one says how large it was when he was compiled.
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
  /** A file is missing, can't be read or can't be written; a chunk of the model, say. */
  RWKV_QNN_FILE = 2,
  /** A file is damaged, truncated or of another kind than expected. */
  RWKV_QNN_FORMAT = 3,
  /** The QNN libraries, or those that made the model's contexts, have a version that this library doesn't know. */
  RWKV_QNN_VERSION = 4,
  /** QNN refused or failed; the words have its error number, the cause and the next step where they are known. */
  RWKV_QNN_BACKEND = 5,
  /** There isn't enough memory. */
  RWKV_QNN_OUT_OF_MEMORY = 6,
  /** A bug in this library. */
  RWKV_QNN_INTERNAL = 7,
  /** rwkv_qnn_session_cancel() was called. */
  RWKV_QNN_CANCELLED = 8
} rwkv_qnn_error;

/** What the last failed call of this thread has to say: file, cause and next step. Valid until its next failed call. */
RWKV_QNN_API const char* rwkv_qnn_get_last_error(void);

/** This library's version, such as "0.1.0". */
RWKV_QNN_API const char* rwkv_qnn_get_version(void);

/** The QNN core API whose libraries and contexts this library takes, such as "2.40.0". */
RWKV_QNN_API const char* rwkv_qnn_get_qnn_version(void);

/* ---- a model on a device ------------------------------------------------------------------------------------------ */

typedef struct rwkv_qnn_model rwkv_qnn_model;

/** What a model runs on. */
typedef enum rwkv_qnn_backend {
  /** Context binaries, compiled for one SoC; or model libraries, which it compiles while they are loaded. */
  RWKV_QNN_BACKEND_HTP = 0,
  /** Model libraries, "lib…_chunkIofN.so", on Qualcomm's platforms alone. This project has not run one on it yet. */
  RWKV_QNN_BACKEND_CPU = 1,
  /** Model libraries, where there is an Adreno and its OpenCL driver. This project has not run one on it yet. */
  RWKV_QNN_BACKEND_GPU = 2
} rwkv_qnn_backend;

typedef struct rwkv_qnn_model_options {
  /** sizeof(rwkv_qnn_model_options) of the caller; rwkv_qnn_model_options_init() sets it. */
  size_t size;
  /** The folder with libQnnSystem.so and the backend's library: libQnnHtp.so, libQnnCpu.so or libQnnGpu.so. Not NULL. */
  const char* qnn_libs;
  /** The model: its pack, its folder, or its first or only context or model library, "…_chunk1ofN.bin" or ".so", beside
   *  which the others are found, as is the head's. Not NULL. */
  const char* path;
  /** The raw float32 embedding table of a model whose embedding is outside of the graph; NULL: `embedding.f32` of
   *  the model's pack or folder, where that was given, else none. */
  const char* embedding;
  /** What the heads start from, for a model with tuned states: raw float32, one layer after the other; NULL:
   *  `initial-state.f32` of the model's pack or folder, where that was given, else zeros. */
  const char* initial_state;
  /** How fast the HTP's clocks run until the model is freed, by the names of Qualcomm's tools: "burst",
   *  "sustained_high_performance", "high_performance", "balanced", "low_balanced", "high_power_saver", "power_saver",
   *  "low_power_saver", or "system_settings", which votes for nothing; NULL: "burst". A vote keeps the HTP awake, so take
   *  it back with rwkv_qnn_model_set_performance() while nothing is to be done. */
  const char* performance;
  /** One of the enum rwkv_qnn_backend. */
  rwkv_qnn_backend backend;
  /** Qualcomm's number of the SoC whose HTP model libraries are compiled for, such as 57 for SM8650; 0: the one that this
   *  runs on. */
  uint32_t soc_id;
} rwkv_qnn_model_options;

/** Sets all fields that fit into `size` bytes, which is sizeof(rwkv_qnn_model_options), to their defaults: NULL, the HTP
 *  and 0. */
RWKV_QNN_API void rwkv_qnn_model_options_init(rwkv_qnn_model_options* options, size_t size);

/** Loads a model; on a phone this takes a second or so for each gigabyte. A pack's parts are checked against their
 *  digests. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_model_init(const rwkv_qnn_model_options* options, rwkv_qnn_model** model);
RWKV_QNN_API void rwkv_qnn_model_free(rwkv_qnn_model* model);

/** Votes for other clocks, by the names of rwkv_qnn_model_options.performance. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_model_set_performance(rwkv_qnn_model* model, const char* performance);

typedef struct rwkv_qnn_model_info {
  /** sizeof(rwkv_qnn_model_info) of the caller. */
  size_t size;
  /** The number of logits. */
  size_t vocabulary;
  size_t layers;
  /** How many tokens of a prompt are read at once; 0 when the contexts were built without a graph for that. */
  size_t prefill_tokens;
  /** How many sequences a batch moves on at once; 0 when the contexts were built without a graph for that. */
  size_t sequences;
  /** Qualcomm's number of the SoC that the contexts were built for, such as 57 for SM8650; 0 where nothing tells it, as
   *  of model libraries on the CPU. */
  uint32_t soc_id;
  /** Its HTP's generation, such as 75 for v75; 0 with it. */
  uint32_t htp_arch;
  /** Bytes of all contexts, or model libraries, together. */
  uint64_t context_bytes;
  /** 1 while the HTP has taken the vote for its clocks, else 0: it refused, or there is none. */
  uint32_t has_performance_vote;
  /** 1 when the contexts use one buffer for what spills out of the HTP's own memory, else 0: a buffer each. */
  uint32_t shares_spill_fill;
  /** Bytes that the device sets aside for that. */
  uint64_t spill_fill_bytes;
  rwkv_qnn_backend backend;
} rwkv_qnn_model_info;

/** Sets all fields that fit into `info->size` bytes, which the caller has set. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_model_get_info(const rwkv_qnn_model* model, rwkv_qnn_model_info* info);

/* ---- a text in the making ----------------------------------------------------------------------------------------- */

typedef struct rwkv_qnn_session rwkv_qnn_session;

/** A session of its own at the model's initial state. It takes the memory of the model's states, twice. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_session_init(rwkv_qnn_model* model, rwkv_qnn_session** session);
RWKV_QNN_API void rwkv_qnn_session_free(rwkv_qnn_session* session);

/** Advances the state by `count` tokens, at least one: in blocks where the contexts have prefill graphs, else one by
 *  one. A text begins with token 0, a tune in ABC notation with 2. After a failure, other than of an argument, the state
 *  is that after some of the tokens: reset it, or load a saved one. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_session_prefill(rwkv_qnn_session* session, const uint32_t* tokens, size_t count);

/** Advances the state by one token. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_session_decode(rwkv_qnn_session* session, uint32_t token);

/** `*logits` points to what the model says of the next token, a number for each of its vocabulary, until the next call
 *  for the session. A head in a context of its own runs now, so that a prompt costs it once. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_session_get_logits(rwkv_qnn_session* session, const float** logits);

/** Forgets everything that was fed: the state becomes the model's initial one. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_session_reset(rwkv_qnn_session* session);

/** `*copy` becomes a session of its own that goes on from the same state; what both then say to the same tokens is equal
 *  bit for bit. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_session_fork(rwkv_qnn_session* session, rwkv_qnn_session** copy);

/** Copies the state, and the logits where there are any, into `buffer`, and sets `*bytes` to what they take. When
 *  `capacity` is less than that, which it may be (NULL and 0), nothing is copied, and that is no error. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_session_save_state(rwkv_qnn_session* session, void* buffer, size_t capacity,
                                                        size_t* bytes);
/** Goes on from a saved state, in any process, of the same model: with the same sizes and the same quantisation. What
 *  comes after it is equal bit for bit. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_session_load_state(rwkv_qnn_session* session, const void* buffer, size_t bytes);
/** The same with a file, which is replaced as a whole or not at all. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_session_save_state_file(rwkv_qnn_session* session, const char* path);
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_session_load_state_file(rwkv_qnn_session* session, const char* path);

/** From any thread: the call that is running for the session ends at the next graph's end with RWKV_QNN_CANCELLED; when
 *  none is running, the next one that feeds a token does. The state is then that after the last whole token or block. */
RWKV_QNN_API void rwkv_qnn_session_cancel(rwkv_qnn_session* session);

typedef struct rwkv_qnn_session_statistics {
  /** sizeof(rwkv_qnn_session_statistics) of the caller. */
  size_t size;
  /** Tokens that were read in blocks, and one by one. */
  uint64_t block_tokens, step_tokens;
  /** In prefill, decode and get_logits. */
  double running_seconds;
  /** Of it, in QNN's graphExecute. */
  double executing_seconds;
  /** Bytes of the memory that the session's states and its graphs' inputs and outputs lie in. */
  uint64_t tensor_bytes;
  /** How many of these tensors graphs read or write in place, in memory that the device sees too (rpcmem); 0 where there
   *  is none, and the tensors are handed over with each run. */
  uint64_t shared_tensors;
} rwkv_qnn_session_statistics;

/** What the session has done since it was made. Sets all fields that fit into `statistics->size` bytes, which the caller
 *  has set. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_session_get_statistics(const rwkv_qnn_session* session,
                                                            rwkv_qnn_session_statistics* statistics);

/* ---- several texts at once ---------------------------------------------------------------------------------------- */

typedef struct rwkv_qnn_batch rwkv_qnn_batch;

/** The sequences of a model whose contexts have a graph for several, all at the initial state. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_batch_init(rwkv_qnn_model* model, rwkv_qnn_batch** batch);
RWKV_QNN_API void rwkv_qnn_batch_free(rwkv_qnn_batch* batch);

/** The state of one of the sequences, counted from 0, becomes a copy of the session's. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_batch_put_state(rwkv_qnn_batch* batch, size_t sequence, rwkv_qnn_session* session);
/** The reverse. The session has no logits until a token is fed. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_batch_take_state(const rwkv_qnn_batch* batch, size_t sequence,
                                                      rwkv_qnn_session* session);

/** Advances every sequence by its own token: `count` is the number of sequences. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_batch_decode(rwkv_qnn_batch* batch, const uint32_t* tokens, size_t count);

/** `*logits` points to those of the first sequence, behind which those of the others follow, until the next call for the
 *  batch. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_batch_get_logits(rwkv_qnn_batch* batch, const float** logits);

/* ---- text and tokens ---------------------------------------------------------------------------------------------- */

typedef struct rwkv_qnn_tokenizer rwkv_qnn_tokenizer;

/** `name` is "byte", "world:FILE" with the path of rwkv_vocab_v20230424.txt, or "abc" or "midi" for music models. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_tokenizer_init(const char* name, rwkv_qnn_tokenizer** tokenizer);
/** The model's own, when its pack has one or `tokenizer.txt`, with its name, lies in its folder; that of "world" is beside
 *  it in `vocabulary.txt`. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_tokenizer_init_of_model(const rwkv_qnn_model* model,
                                                             rwkv_qnn_tokenizer** tokenizer);
RWKV_QNN_API void rwkv_qnn_tokenizer_free(rwkv_qnn_tokenizer* tokenizer);

/** Sets `*count` to the number of tokens and writes as many of them as fit into `capacity`. There are never more tokens
 *  than bytes. `tokens` may be NULL when `capacity` is 0. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_tokenizer_encode_text(const rwkv_qnn_tokenizer* tokenizer, const char* text,
                                                           size_t bytes, uint32_t* tokens, size_t capacity,
                                                           size_t* count);

/** The bytes of one token, which may be a part of a character; they live as long as the tokenizer. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_tokenizer_decode_token(const rwkv_qnn_tokenizer* tokenizer, uint32_t token,
                                                            const char** text, size_t* bytes);

/** What begins a text of the tokenizer's models and is fed before it, and what they end one with. */
RWKV_QNN_API uint32_t rwkv_qnn_tokenizer_get_begin(const rwkv_qnn_tokenizer* tokenizer);
RWKV_QNN_API uint32_t rwkv_qnn_tokenizer_get_end(const rwkv_qnn_tokenizer* tokenizer);

typedef struct rwkv_qnn_text_stream rwkv_qnn_text_stream;

/** Makes text of tokens as they are drawn: whole characters, up to the first of `count` stop strings. It keeps what it
 *  needs of the tokenizer. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_text_stream_init(const rwkv_qnn_tokenizer* tokenizer, const char* const* stops,
                                                      size_t count, rwkv_qnn_text_stream** stream);
RWKV_QNN_API void rwkv_qnn_text_stream_free(rwkv_qnn_text_stream* stream);

/** `*text` points to what is certain with this token, valid UTF-8 of `*bytes` bytes and a 0 behind them, until the next
 *  call for the stream: mostly the token's own text, sometimes nothing yet. Bytes that are no character become U+FFFD.
 *  `*has_stopped`, where it isn't NULL, is 1 from a stop string on, of which nothing is given, else 0. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_text_stream_push(rwkv_qnn_text_stream* stream, uint32_t token, const char** text,
                                                      size_t* bytes, int* has_stopped);

/** The same with what was held back, when no token follows. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_text_stream_finish(rwkv_qnn_text_stream* stream, const char** text, size_t* bytes);

/* ---- the next token ----------------------------------------------------------------------------------------------- */

typedef struct rwkv_qnn_sampler rwkv_qnn_sampler;

/** What to draw by, in this order: penalties on the logits; the limits, each on the probabilities of what the one before
 *  left: min_p, typical_p, top_p, top_k; the temperature among those that are left. */
typedef struct rwkv_qnn_sampler_options {
  /** sizeof(rwkv_qnn_sampler_options) of the caller; rwkv_qnn_sampler_options_init() sets it. */
  size_t size;
  /** 0 always takes the likeliest token. Default 1. */
  double temperature;
  /** Draw from the k likeliest. Default 0: no limit. */
  size_t top_k;
  /** Draw from the likeliest that together have this probability. Default 1: no limit. */
  double top_p;
  /** Draw from those at least this many times as likely as the likeliest. Default 0: no limit. */
  double min_p;
  /** Draw from those whose surprise is nearest to the expected one, of this probability together. Default 1: no limit. */
  double typical_p;
  /** Taken from the logit of every token that was drawn before. Default 0. */
  double presence_penalty;
  /** Times how often. Default 0. */
  double frequency_penalty;
  /** What a past token counts after each further one. Default 1: for ever. */
  double penalty_decay;
  /** The same seed gives the same tokens, on every platform. Default 0. */
  uint64_t seed;
} rwkv_qnn_sampler_options;

/** Sets all fields that fit into `size` bytes, which is sizeof(rwkv_qnn_sampler_options), to their defaults. */
RWKV_QNN_API void rwkv_qnn_sampler_options_init(rwkv_qnn_sampler_options* options, size_t size);

RWKV_QNN_API rwkv_qnn_error rwkv_qnn_sampler_init(const rwkv_qnn_sampler_options* options, rwkv_qnn_sampler** sampler);
RWKV_QNN_API void rwkv_qnn_sampler_free(rwkv_qnn_sampler* sampler);

/** Draws a token from `count` logits and remembers it for the penalties. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_sampler_draw_token(rwkv_qnn_sampler* sampler, const float* logits, size_t count,
                                                        uint32_t* token);

/** Draws a token from what the session's model says comes next. It is not fed. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_session_sample(rwkv_qnn_session* session, rwkv_qnn_sampler* sampler,
                                                    uint32_t* token);

/** From now on only tokens are drawn for which `allowed`, which is copied, isn't 0; it has a flag for each of the first
 *  `count` tokens, and those behind are allowed. NULL and 0: all are. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_sampler_set_mask(rwkv_qnn_sampler* sampler, const uint8_t* allowed, size_t count);

/** Forgets the tokens that were drawn and starts the random numbers again; the mask stays. */
RWKV_QNN_API rwkv_qnn_error rwkv_qnn_sampler_reset(rwkv_qnn_sampler* sampler);

#ifdef __cplusplus
}
#endif

#endif
