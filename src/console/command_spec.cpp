#include "console/command_spec.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <map>

#include "console/exit_code.hpp"

namespace tagwerk::console {

/// What CLI11 does not know of its options, and what the parsing found.
struct CommandExtras {
  struct Actions {
    std::function<std::string()> fault;
    std::function<int()> what;
  };
  std::map<const CLI::Option*, Offer> offers;
  std::map<const CLI::App*, Actions> actions;
  std::function<int()> chosen;

  /// Called when a command's words have been read.
  void finish(const CLI::App* app) {
    const Actions& done = actions[app];
    const std::string fault = done.fault ? done.fault() : "";
    if (!fault.empty()) throw CLI::ValidationError(app->get_name(), fault);
    // A command with commands of its own runs when none of them was given.
    if (done.what && app->get_subcommands().empty()) chosen = done.what;
  }
};

namespace {

const CLI::App* command_of(const CLI::App& app, const std::string& name) {
  const auto all = app.get_subcommands([](const CLI::App*) { return true; });
  const auto found = std::ranges::find(all, name, [](auto* each) { return each->get_name(); });
  return found == all.end() ? nullptr : *found;
}

/// CLI11 takes "[1, 2]" for a list of words of its own; behind a guard it stays one word.
constexpr char kGuard = '\x01';

std::string guarded(std::string word) {
  if (word.starts_with('[') && word.ends_with(']')) word += kGuard;
  return word;
}

std::string without_guard(std::string word) {
  if (word.ends_with(kGuard)) word.pop_back();
  return word;
}

}  // namespace

OptionSpec& OptionSpec::required() {
  option_->required();
  return *this;
}

OptionSpec& OptionSpec::shows_default() {
  option_->capture_default_str();
  return *this;
}

OptionSpec& OptionSpec::one_of(std::vector<std::string> words) {
  option_->check(CLI::IsMember(std::move(words)));
  return *this;
}

OptionSpec& OptionSpec::between(double least, double most) {
  option_->check(CLI::Range(least, most));
  return *this;
}

OptionSpec& OptionSpec::excludes(const OptionSpec& other) {
  option_->excludes(other.option_);
  return *this;
}

OptionSpec& OptionSpec::offers(Offer what) {
  extras_->offers[option_] = what;
  return *this;
}

CommandSpec CommandSpec::add_command(const std::string& name, const std::string& description) {
  return {app_->add_subcommand(name, description), extras_};
}

void CommandSpec::needs_command() {
  app_->require_subcommand(1);
}

OptionSpec CommandSpec::option(const std::string& name, std::string& place,
                               const std::string& help) {
  return {app_->add_option(name, place, help)->transform(without_guard), extras_};
}

OptionSpec CommandSpec::option(const std::string& name, std::vector<std::string>& place,
                               const std::string& help) {
  return {app_->add_option(name, place, help)->transform(without_guard), extras_};
}

OptionSpec CommandSpec::option(const std::string& name, int& place, const std::string& help) {
  return {app_->add_option(name, place, help), extras_};
}

OptionSpec CommandSpec::option(const std::string& name, std::uint16_t& place,
                               const std::string& help) {
  return {app_->add_option(name, place, help), extras_};
}

OptionSpec CommandSpec::option(const std::string& name, std::uint64_t& place,
                               const std::string& help) {
  return {app_->add_option(name, place, help), extras_};
}

OptionSpec CommandSpec::option(const std::string& name, double& place, const std::string& help) {
  return {app_->add_option(name, place, help), extras_};
}

OptionSpec CommandSpec::flag(const std::string& name, bool& place, const std::string& help,
                             bool value) {
  return {app_->add_flag_callback(name, [&place, value] { place = value; }, help), extras_};
}

void CommandSpec::refuses(std::function<std::string()> fault) {
  extras_->actions[app_].fault = std::move(fault);
  app_->final_callback([app = app_, extras = extras_] { extras->finish(app); });
}

void CommandSpec::runs(std::function<int()> what) {
  extras_->actions[app_].what = std::move(what);
  app_->final_callback([app = app_, extras = extras_] { extras->finish(app); });
}

CommandLine::CommandLine(const std::string& description, const std::string& version)
    : app_(std::make_unique<CLI::App>(description)), extras_(std::make_unique<CommandExtras>()) {
  app_->set_version_flag("--version", version);
  app_->require_subcommand(1);
}

CommandLine::~CommandLine() = default;

CommandSpec CommandLine::root() {
  return {app_.get(), extras_.get()};
}

std::optional<int> CommandLine::parse(int argc, const char* const* argv) {
  std::vector<std::string> words;
  for (int i = argc - 1; i > 0; --i)  // CLI11 wants the last word first
    words.push_back(guarded(argv[i]));
  try {
    app_->name(argv[0]);
    app_->parse(std::move(words));
  } catch (const CLI::RequiredError& error) {
    // CLI11 misses the subcommand before it looks at the word that stands in its place.
    if (argc < 2 || argv[1][0] == '-') return app_->exit(error) == 0 ? kExitGood : kExitUsage;
    std::fprintf(stderr, "tagwerk: unknown or incomplete command '%s'; see tagwerk --help\n",
                 argv[1]);
    return kExitUsage;
  } catch (const CLI::ParseError& error) {
    return app_->exit(error) == 0 ? kExitGood : kExitUsage;
  }
  return std::nullopt;
}

int CommandLine::run() {
  return extras_->chosen();
}

CommandLine::Candidates CommandLine::candidates_after(const std::vector<std::string>& words) const {
  const CLI::App* app = app_.get();
  const CLI::Option* awaited = nullptr;  // an option whose value comes next
  std::size_t positionals = 0;
  for (const std::string& word : words) {
    if (std::exchange(awaited, nullptr) != nullptr) continue;
    if (word.starts_with('-')) {
      const CLI::Option* option = app->get_option_no_throw(word);
      if (option != nullptr && option->get_items_expected_max() > 0) awaited = option;
    } else if (const CLI::App* below = command_of(*app, word); below != nullptr) {
      app = below;
      positionals = 0;
    } else {
      ++positionals;
    }
  }
  const auto offer_of = [this](const CLI::Option* option) {
    const auto found = extras_->offers.find(option);
    return found == extras_->offers.end() ? Offer::nothing : found->second;
  };
  if (awaited != nullptr) return {{}, offer_of(awaited)};
  Candidates out;
  for (const CLI::App* below : app->get_subcommands([](const CLI::App*) { return true; }))
    out.words.push_back(below->get_name());
  for (const CLI::Option* option : app->get_options()) {
    for (const std::string& name : option->get_lnames())
      out.words.push_back("--" + name);
    if (!option->get_positional()) continue;
    const bool takes_more = positionals == 0 || option->get_items_expected_max() > 1;
    if (takes_more) out.offer = offer_of(option);
    if (positionals > 0) --positionals;
  }
  return out;
}

}  // namespace tagwerk::console
