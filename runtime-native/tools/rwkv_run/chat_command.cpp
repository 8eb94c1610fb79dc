// rwkv-run chat: a conversation, on a terminal or through a pipe.
#include <cstdio>

#include "conversation.hpp"
#include "failure.hpp"
#include "interrupt_signal.hpp"
#include "line_input.hpp"
#include "mapped_file.hpp"
#include "output_file.hpp"
#include "run_report.hpp"
#include "sampler_options.hpp"

namespace rwkv {
namespace {

constexpr const char* chat_help =
    "/reset       forget all turns\n"
    "/save FILE   save the conversation\n"
    "/load FILE   go on from a saved one, of the same model\n"
    "/help        show this\n"
    "Ctrl-C       end the answer\n"
    "Ctrl-D       end the program\n";

SamplerOptions defaults() {
  SamplerOptions options;
  options.top_p = 0.5;
  options.penalties.decay = 0.996;
  return options;
}

void say(const std::string& text) { std::fputs(text.c_str(), stderr); }

class Chat {
 public:
  Chat(RwkvSession& session, Conversation& conversation, const QuietStdout& out)
      : session_(session), conversation_(conversation), out_(out) {}

  // A line of the user's.
  void take(const std::string& line) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) return;
    if (line.front() == '/')
      obey(line);
    else
      reply(line);
  }

 private:
  void obey(const std::string& line) {
    const std::string command = line.substr(0, line.find(' '));
    const auto start = line.find_first_not_of(' ', command.size());
    const std::string file = start == std::string::npos ? "" : line.substr(start);
    const bool needs_file = command == "/save" || command == "/load";
    if (needs_file && file.empty()) throw UsageError(command + " needs a file");
    if (command == "/reset") {
      conversation_.reset();
    } else if (command == "/help") {
      say(chat_help);
    } else if (command == "/save") {
      write_output_file(file, conversation_.save());
    } else if (command == "/load") {
      const MappedFile saved{std::filesystem::path(file)};
      conversation_.load(saved.bytes(), file);
    } else {
      const std::string meant = closest_word(command, {"/reset", "/save", "/load", "/help"});
      throw UsageError(command + ": unknown" +
                       (meant.empty() ? "; /help lists what there is" : "; did you mean " + meant + "?"));
    }
  }

  void reply(const std::string& line) {
    const InterruptSignal::Cancels cancels(session_);
    const auto answer = conversation_.answer(line, [&](std::string_view text) {
      if (!out_.write(text)) throw Failure(FailureKind::file, "stdout", "can't be written", "check who reads it");
    });
    out_.write("\n");
    if (answer.was_cancelled) say("(cancelled)\n");
  }

  RwkvSession& session_;
  Conversation& conversation_;
  const QuietStdout& out_;
};

// What goes wrong on a terminal is said, and the conversation goes on.
void take_on_terminal(Chat& chat, const std::string& line) {
  try {
    chat.take(line);
  } catch (const UsageError& error) {
    say(std::string("error: ") + error.what() + "\n");
  } catch (const Failure& failure) {
    say(std::string("error: ") + failure.what() + "\n" +
        (failure.hint().empty() ? "" : "hint: " + failure.hint() + "\n"));
  }
}

// The HTP rests while a person thinks.
std::optional<std::string> read_line(LineInput& input, HtpPower& power) {
  power.rest();
  auto line = input.read();
  power.go_on();
  return line;
}

void talk_on_terminal(Chat& chat, HtpPower& power) {
  const InterruptSignal interrupt;
  LineInput input(interrupt.descriptor());
  say("/help lists commands; Ctrl-C ends an answer, Ctrl-D the program\n");
  while (input.end() != LineInput::End::input) {
    say("> ");
    const auto line = read_line(input, power);
    if (line)
      take_on_terminal(chat, *line);
    else
      say("\n");
  }
}

void talk_through_pipe(Chat& chat) {
  LineInput input;
  while (const auto line = input.read()) chat.take(*line);
}

std::vector<OptionDescription> own_options() {
  std::vector<OptionDescription> options{
      {"--system", "TEXT", "what the conversation begins with: \"System: TEXT\""},
      {"--tokens", "N", "tokens of an answer at most; default 512"},
      {"--load-state", "FILE", "go on from what /save wrote"},
  };
  for (const auto& option : sampler_options(defaults())) options.push_back(option);
  return options;
}

int run(const Arguments& arguments, const QuietStdout& out) {
  const ConversationOptions options{arguments.text("--system").value_or(""), chosen_sampler(arguments, defaults()),
                                    arguments.whole_number("--tokens", 512, 1, 10'000'000)};
  chosen_model(arguments);
  // Before the slow loading, so that a wrong name costs no time.
  const auto tokenizer = chosen_tokenizer(arguments);
  LoadedModel loaded(arguments);
  say(format_load(loaded));
  Conversation conversation(loaded.session, *tokenizer, options);
  Chat chat(loaded.session, conversation, out);
  if (arguments.has("--load-state")) chat.take("/load " + arguments.required_text("--load-state"));
  if (LineInput::is_terminal())
    talk_on_terminal(chat, loaded.power);
  else
    talk_through_pipe(chat);
  return 0;
}

}   // namespace

Command chat_command() {
  return {"chat",
          "a conversation with a World model: turns from the terminal, or a line each from a pipe",
          "rwkv-run chat mine.rwkvpack",
          R"(rwkv-run chat models/mine --tokenizer world:rwkv_vocab_v20230424.txt --system "You are brief." --top-p 0.3
printf 'hi\nwhat is 2 + 2?\n' | rwkv-run chat models/mine --tokenizer world:rwkv_vocab_v20230424.txt

The model reads "User: …", a blank line and "Assistant:", and an answer ends before the next "User:". Answers go to
stdout. Lines that begin with / are commands:

)" + std::string(chat_help),
          runs_a_model | takes_tokenizer,
          own_options(),
          1,
          run};
}

}   // namespace rwkv
