#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

/// The command line as it is described to those who type it. The only place that includes CLI11:
/// its templates are the dearest of all to compile.
namespace tagwerk::console {

/// What a shell can offer for an option's value or a word.
enum class Offer : std::uint8_t { nothing, files, paths, connectors };

struct CommandExtras;  ///< of this folder alone

/// One option or positional word of a command.
class OptionSpec {
 public:
  OptionSpec& required();
  /// --help shows the place's present value.
  OptionSpec& shows_default();
  OptionSpec& one_of(std::vector<std::string> words);
  OptionSpec& between(double least, double most);
  OptionSpec& excludes(const OptionSpec& other);
  OptionSpec& offers(Offer what);

 private:
  friend class CommandSpec;
  OptionSpec(CLI::Option* option, CommandExtras* extras) : option_(option), extras_(extras) {}
  CLI::Option* option_;
  CommandExtras* extras_;
};

/// One command while it is described. Places that options write to must outlive the parsing.
class CommandSpec {
 public:
  CommandSpec add_command(const std::string& name, const std::string& description);
  /// Alone it is a usage error: one of its commands must follow.
  void needs_command();

  // "--name" or "--name,-n" is an option, "name" a positional word.
  OptionSpec option(const std::string& name, std::string& place, const std::string& help);
  OptionSpec option(const std::string& name, std::vector<std::string>& place,
                    const std::string& help);
  OptionSpec option(const std::string& name, int& place, const std::string& help);
  OptionSpec option(const std::string& name, std::uint16_t& place, const std::string& help);
  OptionSpec option(const std::string& name, std::uint64_t& place, const std::string& help);
  OptionSpec option(const std::string& name, double& place, const std::string& help);
  /// Given, the place becomes `value`.
  OptionSpec flag(const std::string& name, bool& place, const std::string& help, bool value = true);

  /// A sentence when the words do not fit together: a usage error; "" when they do.
  void refuses(std::function<std::string()> fault);
  /// What the command does; the answer is the process's exit code.
  void runs(std::function<int()> what);
  template <class Arguments>
  void runs(std::shared_ptr<Arguments> arguments, int (*what)(const Arguments&)) {
    runs([arguments = std::move(arguments), what] { return what(*arguments); });
  }

 private:
  friend class CommandLine;
  CommandSpec(CLI::App* app, CommandExtras* extras) : app_(app), extras_(extras) {}
  CLI::App* app_;
  CommandExtras* extras_;
};

/// Every command of the program.
/// Threads: one
class CommandLine {
 public:
  CommandLine(const std::string& description, const std::string& version);
  ~CommandLine();

  CommandSpec root();
  /// Returns: the exit code when that was all there is to do: help, version, a usage error
  std::optional<int> parse(int argc, const char* const* argv);
  /// What the command that was given does. Only after parse.
  int run();

  struct Candidates {
    std::vector<std::string> words;  ///< commands and options that can come next
    Offer offer = Offer::nothing;    ///< what a value can be
  };
  /// What can come after these words, "tagwerk" not among them.
  Candidates candidates_after(const std::vector<std::string>& words) const;

 private:
  std::unique_ptr<CLI::App> app_;
  std::unique_ptr<CommandExtras> extras_;
};

}  // namespace tagwerk::console
