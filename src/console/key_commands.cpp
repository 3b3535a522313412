#include <cstdio>
#include <memory>

#include "console/answer.hpp"
#include "console/columns.hpp"
#include "console/command_spec.hpp"
#include "console/commands.hpp"
#include "console/exit_code.hpp"
#include "console/grants.hpp"
#include "console/server_session.hpp"

/// `tagwerk key`
namespace tagwerk::console {
namespace {

using model::Node;

struct KeyArguments {
  RemoteOptions remote;
  std::string name;
  std::string role;
  std::string subtree = "/";
  std::string expires;
  std::string description;
  bool json = false;
};

std::string state_of(const Node& key) {
  if (!text_of(key, "revoked").empty()) return "revoked";
  const auto expires = base::parse_rfc3339(text_of(key, "expires"));
  return expires && *expires <= base::utc_now() ? "expired" : "good";
}

int list_keys(const KeyArguments& arguments) {
  auto session = ServerSession::open(arguments.remote);
  if (!session) return report(session.error());
  auto keys = session->all("/api/keys");
  if (!keys) return report(keys.error());
  if (arguments.json) {
    print_items(*keys);
    return kExitGood;
  }
  Columns out({"NAME", "STATE", "GRANTS", "EXPIRES", "LAST USED", "MADE BY", "DESCRIPTION"});
  for (const Node& key : *keys)
    out.add({text_of(key, "name"), state_of(key), grants_of(key), plain(key.find("expires")),
             plain(key.find("last_used")), plain(key.find("created_by")),
             text_of(key, "description")});
  out.print();
  return kExitGood;
}

/// A duration counts from now.
Result<Node> expiry_of(const std::string& text) {
  if (text.empty()) return Node();
  if (const auto left = base::parse_duration(text))
    return Node::text_of(base::to_rfc3339(base::utc_now() + *left));
  const auto time = base::parse_rfc3339(text);
  if (!time)
    return fail(ErrorCode::invalid_argument,
                "'{}' is no time; write 90d for ninety days from now, or 2027-01-31T00:00:00Z",
                text);
  return Node::text_of(base::to_rfc3339(*time));
}

int add_key(const KeyArguments& arguments) {
  auto expires = expiry_of(arguments.expires);
  if (!expires) return report(expires.error());
  auto session = ServerSession::open(arguments.remote);
  if (!session) return report(session.error());
  Node body = Node::mapping();
  body.set("name", Node::text_of(arguments.name));
  body.set("grants", one_grant(arguments.role, arguments.subtree));
  body.set("expires", std::move(*expires));
  body.set("description", Node::text_of(arguments.description));
  auto made = session->post("/api/keys", body);
  if (!made) return report(made.error());
  if (arguments.json) {
    print_json(*made);
    return kExitGood;
  }
  // The key alone on standard output, for `KEY=$(tagwerk key add …)`.
  std::printf("%s\n", text_of(*made, "key").c_str());
  std::fflush(stdout);
  std::fprintf(stderr, "key '%s' was made; it is shown this once\n", arguments.name.c_str());
  return kExitGood;
}

int revoke_key(const KeyArguments& arguments) {
  auto session = ServerSession::open(arguments.remote);
  if (!session) return report(session.error());
  auto keys = session->all("/api/keys");
  if (!keys) return report(keys.error());
  for (const Node& key : *keys) {
    if (text_of(key, "name") != arguments.name || !text_of(key, "revoked").empty()) continue;
    if (auto done = session->remove("/api/keys/" + text_of(key, "id")); !done)
      return report(done.error());
    std::printf("key '%s' is revoked\n", arguments.name.c_str());
    return kExitGood;
  }
  return report(fail(ErrorCode::not_found, "there is no good key '{}'; see 'tagwerk key list'",
                     arguments.name)
                    .error());
}

}  // namespace

void add_key_commands(CommandSpec& app) {
  auto arguments = std::make_shared<KeyArguments>();
  CommandSpec parent = app.add_command("key", "Service keys, with which programs come");
  parent.needs_command();
  const auto add = [&](const char* name, const char* description, int (*run)(const KeyArguments&)) {
    CommandSpec command = parent.add_command(name, description);
    add_remote_options(command, arguments->remote);
    command.runs(arguments, run);
    return command;
  };
  add("list", "Every key, also those that are no longer good", list_keys)
      .flag("--json", arguments->json, "for programs");
  CommandSpec made = add("add", "Make a key and print it, this once", add_key);
  made.option("name", arguments->name, "of the key; it stands in the audit").required();
  made.option("--role", arguments->role, "what it may do").required();
  made.option("--subtree", arguments->subtree, "part of the plant it holds for").shows_default();
  made.option("--expires", arguments->expires, "90d for ninety days from now, or a time");
  made.option("--description", arguments->description, "what it is for");
  made.flag("--json", arguments->json, "for programs");
  add("revoke", "End a key, at once and for good", revoke_key)
      .option("name", arguments->name, "of the key")
      .required();
}

}  // namespace tagwerk::console
