// A chat over a session: turns in, answers out, and the state in between.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rwkv_session.hpp"
#include "token_sampler.hpp"
#include "tokenizer.hpp"

namespace rwkv {

struct ConversationOptions {
  std::string system;
  SamplerOptions sampler;    // of the first answer; each further one has the next seed
  std::size_t limit = 512;   // tokens of an answer at most
};

class Conversation {
 public:
  /// Begins at the session's initial state. Both must outlive the conversation.
  Conversation(RwkvSession& session, const Tokenizer& tokenizer, ConversationOptions options);

  struct Answer {
    std::string text;   // valid UTF-8, without spaces around it
    std::size_t tokens = 0;
    bool was_cancelled = false;   // by RwkvSession::cancel(), while it was read or written
  };

  /// Feeds the message and draws an answer, which ends before the user's next turn; `show` gets its text piece by
  /// piece. A cancelled answer stays as far as it was written. Throws Failure as RwkvSession does.
  Answer answer(std::string_view message, const std::function<void(std::string_view)>& show);

  /// Forgets all turns.
  void reset();

  /// The state at the user's next turn, behind "User:". Throws Failure.
  std::vector<std::byte> save();
  /// Goes on from such a state. Throws Failure as RwkvSession::load_state(); the conversation is then as before.
  void load(std::span<const std::byte> saved, const std::string& name);

 private:
  bool feed(std::string_view text);
  bool draw(Answer& answer, const std::function<void(std::string_view)>& show);
  void keep_unfed(std::string_view drawn, std::size_t fed);

  RwkvSession& session_;
  const Tokenizer& tokenizer_;
  ConversationOptions options_;
  // The conversation's text goes on with this before anything else: the session hasn't been fed it yet.
  std::string unfed_;
  bool is_at_user_ = true;   // whether the text ends with "User:", unfed_ counted in
  bool has_begun_ = false;   // whether what begins a text was fed
};

}   // namespace rwkv
