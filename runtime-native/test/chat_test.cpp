#include "chat_template.hpp"
#include "conversation.hpp"
#include "emulator_model.hpp"
#include "failure.hpp"
#include "test_case.hpp"

using namespace rwkv;

namespace {

ConversationOptions greedy(std::size_t limit) {
  ConversationOptions options;
  options.sampler.temperature = 0;
  options.limit = limit;
  return options;
}

std::vector<float> logits_after(RwkvSession& session, const Tokenizer& tokenizer, const std::string& text) {
  session.reset();
  session.decode(tokenizer.begin());
  session.prefill(tokenizer.encode(text));
  const auto logits = session.logits();
  return {logits.begin(), logits.end()};
}

// What the saved conversation's model says behind "User:".
std::vector<float> logits_of(RwkvSession& session, Conversation& conversation) {
  const auto saved = conversation.save();
  session.load_state(saved, "conversation");
  const auto logits = session.logits();
  return {logits.begin(), logits.end()};
}

const auto unseen = [](std::string_view) {};

}   // namespace

TEST("a turn is written without blank lines, since those separate turns") {
  CHECK_EQUAL(chat::clean_turn("  a\r\n\r\n\nb \n"), "a\nb");
  CHECK_EQUAL(chat::question(" hi "), " hi\n\nAssistant:");
}

TEST("a conversation begins with what the system says, where it says something") {
  CHECK_EQUAL(chat::opening("You are brief.\n\nVery."), "System: You are brief.\nVery.\n\nUser:");
  CHECK_EQUAL(chat::opening(" \n"), "User:");
}

TEST("a conversation's state is that of its text, also when an answer is cut off") {
  const auto first = test::first_chunks().front();
  const auto tokenizer = open_tokenizer("byte");
  test::OpenModel open(first);
  Conversation conversation(open.session, *tokenizer, greedy(3));
  std::string shown;
  const auto answer = conversation.answer("hi", [&](std::string_view text) { shown += text; });
  CHECK_EQUAL(shown, answer.text);
  CHECK_EQUAL(answer.tokens, 3u);
  const auto found = logits_of(open.session, conversation);

  // The drawn text with its spaces, which the answer is shown without.
  logits_after(open.session, *tokenizer, "User: hi\n\nAssistant:");
  TokenSampler sampler(greedy(3).sampler);
  std::string drawn;
  for (int i = 0; i < 3; ++i) {
    const std::uint32_t token = sampler.sample(open.session.logits());
    drawn += tokenizer->bytes_of(token);
    open.session.decode(token);
  }
  const auto expected = logits_after(open.session, *tokenizer, "User: hi\n\nAssistant:" + drawn + "\n\nUser:");
  CHECK(found == expected);
}

TEST("a cancelled answer stays as far as it was written, and the next turn follows it") {
  const auto first = test::first_chunks().front();
  const auto tokenizer = open_tokenizer("byte");
  test::OpenModel open(first);
  Conversation conversation(open.session, *tokenizer, greedy(50));
  const auto answer = conversation.answer("hi", [&](std::string_view) { open.session.cancel(); });
  CHECK(answer.was_cancelled);
  CHECK(answer.tokens < 50);
  CHECK(!answer.text.empty());
  CHECK(!conversation.answer("and then?", unseen).was_cancelled);
}

TEST("a question that is cancelled is read to its end before the next turn") {
  const auto first = test::first_chunks().front();
  const auto tokenizer = open_tokenizer("byte");
  test::OpenModel open(first);
  Conversation conversation(open.session, *tokenizer, greedy(3));
  open.session.cancel();
  const auto answer = conversation.answer("hi", unseen);
  CHECK(answer.was_cancelled);
  CHECK_EQUAL(answer.tokens, 0u);
  const auto found = logits_of(open.session, conversation);
  const auto expected = logits_after(open.session, *tokenizer, "User: hi\n\nAssistant:\n\nUser:");
  CHECK(found == expected);
}

TEST("a saved conversation goes on where it was, and a reset one from the beginning") {
  const auto first = test::first_chunks().front();
  const auto tokenizer = open_tokenizer("byte");
  test::OpenModel open(first);
  Conversation conversation(open.session, *tokenizer, greedy(8));
  const std::string opening = conversation.answer("one", unseen).text;
  const auto saved = conversation.save();
  const std::string next = conversation.answer("two", unseen).text;
  conversation.reset();
  CHECK_EQUAL(conversation.answer("one", unseen).text, opening);
  conversation.load(saved, "saved");
  CHECK_EQUAL(conversation.answer("two", unseen).text, next);
}
