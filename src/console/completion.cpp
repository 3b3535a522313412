#include "console/completion.hpp"

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "console/answer.hpp"
#include "console/command_spec.hpp"
#include "console/commands.hpp"
#include "console/exit_code.hpp"
#include "console/server_session.hpp"
#include "net/url.hpp"

namespace tagwerk::console {
namespace {

using model::Node;

/// Nobody waits longer for a list.
constexpr auto kPatience = std::chrono::seconds(1);

constexpr std::string_view kBash =
    R"BASH(# Completion of tagwerk for bash: eval "$(tagwerk completion bash)"
_tagwerk() {
  local IFS=$'\n' words
  words=$(tagwerk __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))
  # A path goes on below an object.
  if [ "${#COMPREPLY[@]}" = 1 ] && [ "${COMPREPLY[0]: -1}" = / ]; then compopt -o nospace; fi
}
complete -o default -F _tagwerk tagwerk
)BASH";

/// "/Plant/Pump" -> what is below /Plant.
std::vector<std::string> paths_for(ServerSession& session, std::string_view typed) {
  const auto slash = typed.rfind('/');
  const std::string above(typed.substr(0, slash == std::string_view::npos ? 0 : slash));
  auto node = session.get(
      fmt::format("/api/tree?depth=1&path={}", net::percent_encode(above.empty() ? "/" : above)));
  std::vector<std::string> out;
  if (!node) return out;
  for (const Node& child : items_of(*node, "children")) {
    std::string path = text_of(child, "path");
    if (text_of(child, "kind") == "object") path += '/';
    out.push_back(std::move(path));
  }
  return out;
}

std::vector<std::string> connectors_of(ServerSession& session) {
  std::vector<std::string> out;
  auto answer = session.get("/api/connectors");
  if (!answer) return out;
  for (const Node& connector : items_of(*answer, "items"))
    out.push_back(text_of(connector, "name"));
  return out;
}

std::vector<std::string> offered(Offer what, std::string_view typed) {
  if (what != Offer::paths && what != Offer::connectors) return {};
  auto session = ServerSession::open({}, kPatience);
  if (!session) return {};
  return what == Offer::paths ? paths_for(*session, typed) : connectors_of(*session);
}

int print_bash() {
  std::fwrite(kBash.data(), 1, kBash.size(), stdout);
  return kExitGood;
}

}  // namespace

bool is_completion(int argc, const char* const* argv) {
  return argc > 1 && std::string_view(argv[1]) == "__complete";
}

int complete(const CommandLine& line, int argc, const char* const* argv) {
  std::vector<std::string> words(argv + 2, argv + argc);
  std::string typed;
  if (!words.empty()) {
    typed = words.back();
    words.pop_back();
  }
  auto candidates = line.candidates_after(words);
  if (!typed.starts_with('-')) {
    // Options come when asked for.
    std::erase_if(candidates.words, [](const std::string& word) { return word.starts_with('-'); });
    for (std::string& each : offered(candidates.offer, typed))
      candidates.words.push_back(std::move(each));
  }
  std::erase_if(candidates.words,
                [&](const std::string& word) { return !word.starts_with(typed); });
  for (const std::string& word : candidates.words)
    std::printf("%s\n", word.c_str());
  return kExitGood;
}

void add_completion_command(CommandSpec& app) {
  CommandSpec parent = app.add_command("completion", "What a shell needs to complete words");
  parent.needs_command();
  parent.add_command("bash", "For bash: eval \"$(tagwerk completion bash)\"").runs(print_bash);
}

}  // namespace tagwerk::console
