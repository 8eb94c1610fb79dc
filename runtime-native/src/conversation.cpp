#include "conversation.hpp"

#include <algorithm>
#include <utility>

#include "chat_template.hpp"
#include "failure.hpp"
#include "text_stream.hpp"

namespace rwkv {
namespace {

constexpr std::string_view spaces = " \n";

// Passes text on without the spaces around all of it.
class Trimmer {
 public:
  explicit Trimmer(const std::function<void(std::string_view)>& show) : show_(show) {}

  void push(std::string_view piece) {
    held_ += piece;
    if (text_.empty()) held_.erase(0, std::min(held_.find_first_not_of(spaces), held_.size()));
    const auto end = held_.find_last_not_of(spaces);
    if (end == std::string::npos) return;
    const std::string certain = held_.substr(0, end + 1);
    held_.erase(0, end + 1);
    text_ += certain;
    show_(certain);
  }

  std::string take() { return std::move(text_); }

 private:
  const std::function<void(std::string_view)>& show_;
  std::string held_, text_;
};

}   // namespace

Conversation::Conversation(RwkvSession& session, const Tokenizer& tokenizer, ConversationOptions options)
    : session_(session), tokenizer_(tokenizer), options_(std::move(options)) {
  reset();
}

void Conversation::reset() {
  session_.reset();
  unfed_ = chat::opening(options_.system);
  is_at_user_ = true;
  has_begun_ = false;
}

// Feeds what is unfed and then `text`; false when that was cancelled, and the rest of it is then unfed.
bool Conversation::feed(std::string_view text) {
  unfed_ += text;
  auto tokens = tokenizer_.encode(unfed_);
  if (!has_begun_) tokens.insert(tokens.begin(), tokenizer_.begin());
  const auto count = [&] {
    const SessionStatistics done = session_.statistics();
    return static_cast<std::size_t>(done.block_tokens + done.step_tokens);
  };
  const std::size_t before = count();
  bool is_whole = true;
  try {
    if (!tokens.empty()) session_.prefill(tokens);
  } catch (const Failure& failure) {
    if (failure.kind() != FailureKind::cancelled) throw;
    is_whole = false;
  }
  const std::size_t fed = count() - before;
  unfed_.clear();
  for (std::size_t i = fed; i < tokens.size(); ++i) {
    if (i > 0 || has_begun_) unfed_ += tokenizer_.bytes_of(tokens[i]);
  }
  has_begun_ = has_begun_ || fed > 0;
  return is_whole;
}

Conversation::Answer Conversation::answer(std::string_view message, const std::function<void(std::string_view)>& show) {
  if (!is_at_user_) unfed_ += chat::end_of_answer;
  is_at_user_ = false;
  Answer answer;
  answer.was_cancelled = !feed(chat::question(message)) || !draw(answer, show);
  ++options_.sampler.seed;
  return answer;
}

// False when it was cancelled.
bool Conversation::draw(Answer& answer, const std::function<void(std::string_view)>& show) {
  TokenSampler sampler(options_.sampler);
  TextStream stream(tokenizer_, {std::string(chat::end_of_answer)});
  Trimmer trimmer(show);
  std::string drawn;
  std::size_t fed = 0;   // of `drawn`
  bool was_cancelled = false;
  while (answer.tokens < options_.limit) {
    const std::uint32_t token = sampler.sample(session_.logits());
    if (token == tokenizer_.end()) break;
    ++answer.tokens;
    drawn += tokenizer_.bytes_of(token);
    trimmer.push(stream.push(token));
    if (stream.has_stopped()) break;
    try {
      session_.decode(token);
      fed = drawn.size();
    } catch (const Failure& failure) {
      if (failure.kind() != FailureKind::cancelled) throw;
      was_cancelled = true;
      break;
    }
  }
  if (!stream.has_stopped()) trimmer.push(stream.finish());
  answer.text = trimmer.take();
  keep_unfed(drawn, fed);
  return !was_cancelled;
}

// `drawn` is the answer's text as it came, `fed` how much of it the session was fed.
void Conversation::keep_unfed(std::string_view drawn, std::size_t fed) {
  const auto end = drawn.find(chat::end_of_answer);
  is_at_user_ = end != std::string_view::npos;
  // What the last token says behind the end of the answer was not the user's.
  if (is_at_user_) drawn = drawn.substr(0, end + chat::end_of_answer.size());
  unfed_ = drawn.substr(fed);
}

std::vector<std::byte> Conversation::save() {
  if (!is_at_user_) unfed_ += chat::end_of_answer;
  is_at_user_ = true;
  feed("");
  return session_.save_state();
}

void Conversation::load(std::span<const std::byte> saved, const std::string& name) {
  session_.load_state(saved, name);
  unfed_.clear();
  is_at_user_ = has_begun_ = true;
}

}   // namespace rwkv
