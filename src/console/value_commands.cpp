#include <cstdio>
#include <iostream>
#include <memory>
#include <unistd.h>

#include "console/answer.hpp"
#include "console/columns.hpp"
#include "console/command_spec.hpp"
#include "console/commands.hpp"
#include "console/exit_code.hpp"
#include "console/server_session.hpp"
#include "console/typed_value.hpp"
#include "console/value_lines.hpp"
#include "net/url.hpp"

/// `tagwerk get` and `set`
namespace tagwerk::console {
namespace {

using model::Node;

struct ValueArguments {
  RemoteOptions remote;
  std::vector<std::string> words;  ///< get: paths; set: path, value, path, value …
  std::string timeout = "5s";
  bool yes = false;
  bool json = false;
};

int get_values(const ValueArguments& arguments) {
  auto session = ServerSession::open(arguments.remote);
  if (!session) return report(session.error());
  const auto items = session->all("/api/values?" + query_of_paths(arguments.words));
  if (!items) return report(items.error());
  if (arguments.json) {
    print_items(*items);
    return kExitGood;
  }
  Columns out;
  for (const Node& item : *items)
    out.add(value_cells(item, text_of(item, "unit")));
  out.print();
  return kExitGood;
}

/// The one tag of that path or bare name.
Result<Node> tag_of(ServerSession& session, const std::string& name) {
  if (name.find('*') != std::string::npos)
    return fail(ErrorCode::invalid_argument,
                "'{}' is a pattern; name each tag that shall be written", name);
  auto page = session.get("/api/tags?limit=1&path=" + net::percent_encode(name));
  if (!page) return std::unexpected(page.error());
  const auto& items = items_of(*page, "items");
  if (items.empty()) return fail(ErrorCode::not_found, "there is no tag '{}'", name);
  return items.front();
}

bool agreed(const Node& tag, const std::string& value) {
  std::fprintf(stderr, "Write %s to %s? [y/N] ", value.c_str(), text_of(tag, "path").c_str());
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

/// The items of the request; nothing when somebody said no.
Result<std::optional<Node>> items_to_write(ServerSession& session,
                                           const ValueArguments& arguments) {
  const bool ask = !arguments.yes && ::isatty(STDIN_FILENO) != 0;
  Node items = Node::sequence();
  for (std::size_t i = 0; i + 1 < arguments.words.size(); i += 2) {
    auto tag = tag_of(session, arguments.words[i]);
    if (!tag) return std::unexpected(tag.error());
    auto value = typed_value(*tag, arguments.words[i + 1]);
    if (!value) return std::unexpected(value.error());
    if (ask && is_true(*tag, "confirm") && !agreed(*tag, arguments.words[i + 1]))
      return std::nullopt;
    Node item = Node::mapping();
    item.set("path", Node::text_of(text_of(*tag, "path")));
    item.set("value", std::move(*value));
    items.items.push_back(std::move(item));
  }
  return items;
}

int show_written(const std::vector<Node>& results, bool json) {
  bool good = true;
  Columns out;
  for (const Node& result : results) {
    good = good && is_true(result, "ok");
    out.add({text_of(result, "path"), plain(result.find("value")), text_of(result, "status"),
             text_of(result, "detail")});
  }
  json ? print_items(results) : out.print();
  return good ? kExitGood : kExitFailed;
}

int set_values(const ValueArguments& arguments) {
  const auto timeout = base::parse_duration(arguments.timeout);
  if (!timeout) return report(timeout.error());
  auto session = ServerSession::open(arguments.remote);
  if (!session) return report(session.error());
  auto items = items_to_write(*session, arguments);
  if (!items) return report(items.error());
  if (!*items) {
    std::fprintf(stderr, "nothing was written\n");
    return kExitFailed;
  }
  Node body = Node::mapping();
  body.set("items", std::move(**items));
  body.set("timeout", Node::number(std::chrono::duration<double>(*timeout).count()));
  auto answer = session->put("/api/values", body);
  if (!answer) return report(answer.error());
  return show_written(items_of(*answer, "items"), arguments.json);
}

}  // namespace

void add_value_commands(CommandSpec& app) {
  auto arguments = std::make_shared<ValueArguments>();
  const auto common = [&](CommandSpec& command) {
    command.flag("--json", arguments->json, "for programs");
    add_remote_options(command, arguments->remote);
  };
  CommandSpec get = app.add_command("get", "Current values");
  get.option("paths", arguments->words, "paths, names or patterns; default: all")
      .offers(Offer::paths);
  common(get);
  get.runs(arguments, get_values);

  CommandSpec set = app.add_command("set", "Write values to devices, and wait for them");
  set.option("values", arguments->words, "PATH VALUE, also several pairs")
      .offers(Offer::paths)
      .required();
  set.option("--timeout", arguments->timeout, "how long to wait for the device").shows_default();
  set.flag("--yes,-y", arguments->yes, "do not ask about tags that want to be asked about");
  common(set);
  set.refuses([arguments] {
    if (arguments->words.size() % 2 == 0) return std::string();
    return fmt::format("give pairs: PATH VALUE; '{}' has no value", arguments->words.back());
  });
  set.runs(arguments, set_values);
}

}  // namespace tagwerk::console
