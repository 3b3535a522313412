#include <algorithm>
#include <cstdio>
#include <memory>
#include <ranges>

#include "console/answer.hpp"
#include "console/columns.hpp"
#include "console/command_spec.hpp"
#include "console/commands.hpp"
#include "console/exit_code.hpp"
#include "console/server_session.hpp"
#include "net/url.hpp"

/// `tagwerk audit`
namespace tagwerk::console {
namespace {

using model::Node;

struct AuditArguments {
  RemoteOptions remote;
  std::string user;
  std::string action;
  std::string path;
  std::string from;
  std::string until;
  std::size_t limit = 100;
  bool json = false;
};

std::string query_of(const AuditArguments& arguments) {
  std::string out;
  const auto add = [&out](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    out += fmt::format("{}{}={}", out.empty() ? "?" : "&", name, net::percent_encode(value));
  };
  add("user", arguments.user);
  add("action", arguments.action);
  add("path", arguments.path);
  add("from", arguments.from);
  add("until", arguments.until);
  return out;
}

/// "4 -> 4.2", or the one that there is.
std::string change_of(const Node& entry) {
  const std::string before = text_of(entry, "old");
  std::string after = text_of(entry, "new");
  if (before.empty()) return after;
  return fmt::format("{} -> {}", before, after.empty() ? "-" : after);
}

/// A duration is that long ago.
Result<std::string> time_of(const std::string& text) {
  if (text.empty()) return text;
  if (const auto ago = base::parse_duration(text)) return base::to_rfc3339(base::utc_now() - *ago);
  const auto time = base::parse_rfc3339(text);
  if (!time)
    return fail(ErrorCode::invalid_argument,
                "'{}' is no time; write 2h for two hours ago, or 2026-11-20T23:00:00Z", text);
  return base::to_rfc3339(*time);
}

int show_audit(const AuditArguments& given) {
  AuditArguments arguments = given;
  for (std::string* time : {&arguments.from, &arguments.until}) {
    auto read = time_of(*time);
    if (!read) return report(read.error());
    *time = std::move(*read);
  }
  auto session = ServerSession::open(arguments.remote);
  if (!session) return report(session.error());
  std::vector<Node> entries;
  const auto done = session->each("/api/audit" + query_of(arguments), [&](const Node& entry) {
    entries.push_back(entry);
    return entries.size() < arguments.limit;
  });
  if (!done) return report(done.error());
  if (arguments.json) {
    print_items(entries);
    return kExitGood;
  }
  Columns out({"TIME", "USER", "ACTION", "TARGET", "CHANGE", "OUTCOME", "DETAIL"});
  // The newest last: at the end of the screen.
  for (const Node& entry : std::views::reverse(entries))
    out.add({text_of(entry, "time"), text_of(entry, "user"), text_of(entry, "action"),
             text_of(entry, "target"), change_of(entry), text_of(entry, "outcome"),
             text_of(entry, "detail")});
  out.print();
  return kExitGood;
}

}  // namespace

void add_audit_command(CommandSpec& app) {
  auto arguments = std::make_shared<AuditArguments>();
  CommandSpec command = app.add_command("audit", "Who changed and wrote what");
  command.option("--by", arguments->user, "only what this user or key did");
  command.option("--action", arguments->action, "only this, like write or login");
  command.option("--path", arguments->path, "only this thing and what is below it");
  command.option("--from", arguments->from, "since: 2h for two hours ago, or a time");
  command.option("--until", arguments->until, "before: as --from");
  command.option("--limit", arguments->limit, "the newest so many").between(1, 1e9).shows_default();
  command.flag("--json", arguments->json, "for programs; newest first");
  add_remote_options(command, arguments->remote);
  command.runs(arguments, show_audit);
}

}  // namespace tagwerk::console
