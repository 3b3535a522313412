#include <algorithm>
#include <cstdio>
#include <memory>

#include "console/answer.hpp"
#include "console/columns.hpp"
#include "console/command_spec.hpp"
#include "console/commands.hpp"
#include "console/exit_code.hpp"
#include "console/server_session.hpp"

/// `tagwerk status`
namespace tagwerk::console {
namespace {

using model::Node;

struct StatusArguments {
  RemoteOptions remote;
  bool check = false;
  bool json = false;
};

std::string uptime_of(const Node& status) {
  const Node* uptime = status.find("uptime");
  const double seconds = uptime == nullptr ? 0 : uptime->as_number().value_or(0);
  return base::to_string(std::chrono::seconds(static_cast<std::int64_t>(seconds)));
}

/// "60 tags, 58 good" from the members of a part.
std::string numbers_of(const Node& status, std::string_view part,
                       std::initializer_list<std::string_view> members) {
  const Node* found = status.find(part);
  if (found == nullptr) return "";
  std::string out;
  for (const std::string_view member : members)
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", plain(found->find(member)), member);
  return out;
}

/// ", 96 a second"
std::string rate_of(const Node& status) {
  const Node* engine = status.find("engine");
  const Node* rate = engine == nullptr ? nullptr : engine->find("samples_per_s");
  return fmt::format(", {:.0f} a second", rate == nullptr ? 0 : rate->as_number().value_or(0));
}

void print(const Node& status) {
  std::printf("Tagwerk %s, instance %s, up %s, revision %lld, %s\n",
              text_of(status, "version").c_str(), text_of(status, "instance").c_str(),
              uptime_of(status).c_str(), static_cast<long long>(integer_of(status, "revision")),
              is_true(status, "ready") ? "ready" : "not ready");
  Columns parts({"PART", "STATE", "DETAIL"});
  for (const Node& part : items_of(status, "parts"))
    parts.add({text_of(part, "name"), text_of(part, "state"), text_of(part, "detail")});
  parts.print();
  Columns numbers;
  numbers.add(
      {"tags", numbers_of(status, "engine", {"tags", "good", "uncertain", "bad", "stale"})});
  numbers.add({"samples", numbers_of(status, "engine", {"samples", "changes"}) + rate_of(status)});
  numbers.add({"connectors", numbers_of(status, "connectors", {"running", "stopped", "failed"})});
  numbers.add({"websocket", numbers_of(status, "websocket", {"clients", "subscriptions"})});
  numbers.add(
      {"memory", fmt::format("{:.1f} MiB", static_cast<double>(integer_of(status, "memory_bytes")) /
                                               (1024 * 1024))});
  numbers.print();
}

bool is_well(const Node& status) {
  return is_true(status, "ready") &&
         std::ranges::none_of(items_of(status, "parts"),
                              [](auto& part) { return text_of(part, "state") == "bad"; });
}

int show_status(const StatusArguments& arguments) {
  auto session = ServerSession::open(arguments.remote);
  if (!session) return report(session.error());
  const auto status = session->get("/api/status");
  if (!status) return report(status.error());
  arguments.json ? print_json(*status) : print(*status);
  return arguments.check && !is_well(*status) ? kExitFailed : kExitGood;
}

}  // namespace

void add_status_command(CommandSpec& app) {
  auto arguments = std::make_shared<StatusArguments>();
  CommandSpec command = app.add_command("status", "How the server and each of its parts are");
  command.flag("--check", arguments->check, "exit code 1 unless it is ready and no part is bad");
  command.flag("--json", arguments->json, "for programs");
  add_remote_options(command, arguments->remote);
  command.runs(arguments, show_status);
}

}  // namespace tagwerk::console
