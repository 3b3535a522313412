#include <cstdio>
#include <iostream>
#include <memory>
#include <sodium/core.h>

#include "app/command_line.hpp"
#include "app/offline.hpp"
#include "auth/database_accounts.hpp"
#include "auth/password.hpp"
#include "auth/user_admin.hpp"
#include "console/answer.hpp"
#include "console/columns.hpp"
#include "console/grants.hpp"
#include "console/user_requests.hpp"

/// `tagwerk user`: on a running server, or with --data on the directory of one that does not run
namespace tagwerk::app {
namespace {

using console::ServerSession;
using model::Node;

struct UserArguments {
  std::string data;
  console::RemoteOptions remote;
  std::string name;
  std::string role;
  std::string subtree = "/";
  bool password_stdin = false;
  bool json = false;
};

/// The users in a data directory whose server does not run.
struct OfflineUsers {
  OfflineDatabase offline;
  std::unique_ptr<auth::DatabaseAccounts> accounts;

  Status open(const std::string& directory) {
    if (sodium_init() < 0) return fail(ErrorCode::internal, "libsodium cannot be used");
    if (auto opened = offline.open(directory); !opened) return opened;
    accounts = std::make_unique<auth::DatabaseAccounts>(*offline.database);
    return {};
  }
};

Result<std::string> read_password(bool from_stdin) {
  if (!from_stdin)
    return fail(ErrorCode::invalid_argument,
                "give the password on standard input with --password-stdin");
  std::string password;
  std::getline(std::cin, password);
  if (auto checked = auth::check_new_password(password); !checked)
    return std::unexpected(checked.error());
  return password;
}

Status add_online(const UserArguments& arguments, const std::string& password) {
  auto session = ServerSession::open(arguments.remote);
  if (!session) return std::unexpected(session.error());
  return console::add_user(*session, arguments.name, password, arguments.role, arguments.subtree);
}

Status add_offline(const UserArguments& arguments, const std::string& password) {
  OfflineUsers users;
  if (auto opened = users.open(arguments.data); !opened) return opened;
  auto hash = auth::hash_password(password);
  if (!hash) return std::unexpected(hash.error());
  auto added = auth::UserAdmin(*users.accounts)
                   .add({.name = arguments.name,
                         .password_hash = *hash,
                         .role = arguments.role,
                         .subtree = arguments.subtree},
                        base::utc_now());
  if (!added) return std::unexpected(added.error());
  return {};
}

int add_user(const UserArguments& arguments) {
  auto password = read_password(arguments.password_stdin);
  if (!password) return report(password.error());
  const auto added =
      arguments.data.empty() ? add_online(arguments, *password) : add_offline(arguments, *password);
  if (!added) return report(added.error());
  std::printf("user '%s' added with role %s\n", arguments.name.c_str(), arguments.role.c_str());
  return kExitGood;
}

Status change_offline(const UserArguments& arguments, const auth::UserChange& change) {
  OfflineUsers users;
  if (auto opened = users.open(arguments.data); !opened) return opened;
  auth::UserAdmin admin(*users.accounts);
  auto user = admin.get(arguments.name);
  if (!user) return std::unexpected(user.error());
  auto changed = admin.change(user->id, change, base::utc_now());
  if (!changed) return std::unexpected(changed.error());
  return {};
}

int report_change(const UserArguments& arguments, const Status& changed) {
  if (!changed) return report(changed.error());
  std::printf("user '%s' changed\n", arguments.name.c_str());
  return kExitGood;
}

Status set_password_online(const UserArguments& arguments, const std::string& password) {
  auto session = ServerSession::open(arguments.remote);
  if (!session) return std::unexpected(session.error());
  auto self = session->get("/api/user");
  if (!self) return std::unexpected(self.error());
  std::string current;
  if (console::text_of(*self, "username") == arguments.name) {
    auto own = console::password_of(session->options(), arguments.name);
    if (!own) return std::unexpected(own.error());
    current = std::move(*own);
  }
  return console::set_password(*session, arguments.name, password, current);
}

Status set_password_offline(const UserArguments& arguments, const std::string& password) {
  auto hash = auth::hash_password(password);
  if (!hash) return std::unexpected(hash.error());
  return change_offline(arguments, {.password_hash = *hash});
}

int set_password(const UserArguments& arguments) {
  auto password = read_password(arguments.password_stdin);
  if (!password) return report(password.error());
  return report_change(arguments, arguments.data.empty()
                                      ? set_password_online(arguments, *password)
                                      : set_password_offline(arguments, *password));
}

Status disable_online(const UserArguments& arguments) {
  auto session = ServerSession::open(arguments.remote);
  if (!session) return std::unexpected(session.error());
  return console::disable_user(*session, arguments.name);
}

int disable(const UserArguments& arguments) {
  return report_change(arguments, arguments.data.empty()
                                      ? disable_online(arguments)
                                      : change_offline(arguments, {.disabled = true}));
}

Result<std::vector<Node>> users_online(const UserArguments& arguments) {
  auto session = ServerSession::open(arguments.remote);
  if (!session) return std::unexpected(session.error());
  return session->all("/api/users");
}

/// With the members that the server's answer has, as far as they are shown.
Result<std::vector<Node>> users_offline(const UserArguments& arguments) {
  OfflineUsers users;
  if (auto opened = users.open(arguments.data); !opened) return std::unexpected(opened.error());
  auto all = auth::UserAdmin(*users.accounts).list();
  if (!all) return std::unexpected(all.error());
  std::vector<Node> out;
  for (const auth::Account& user : *all) {
    Node& node = out.emplace_back(Node::mapping());
    node.set("username", Node::text_of(user.name));
    Node grants = Node::sequence();
    for (const auth::AccountGrant& grant : user.grants)
      grants.items.push_back(console::one_grant(grant.role, grant.subtree).items.front());
    node.set("grants", std::move(grants));
    node.set("disabled", Node::boolean(user.disabled));
  }
  return out;
}

int list_users(const UserArguments& arguments) {
  auto users = arguments.data.empty() ? users_online(arguments) : users_offline(arguments);
  if (!users) return report(users.error());
  if (arguments.json) {
    console::print_items(*users);
    return kExitGood;
  }
  console::Columns out;
  for (const Node& user : *users)
    out.add({console::text_of(user, "username"),
             console::grants_of(user) + (console::is_true(user, "disabled") ? " (disabled)" : "")});
  out.print();
  return kExitGood;
}

}  // namespace

void add_user_commands(CommandSpec& app) {
  auto arguments = std::make_shared<UserArguments>();
  CommandSpec parent = app.add_command("user", "Users, with a running server or without");
  parent.needs_command();
  const auto add = [&](const char* name, const char* description,
                       int (*run)(const UserArguments&)) {
    CommandSpec command = parent.add_command(name, description);
    command
        .option("--data", arguments->data, "work on this data directory; its server must not run")
        .offers(Offer::files);
    console::add_remote_options(command, arguments->remote);
    command.runs(arguments, run);
    return command;
  };
  const auto named = [&](CommandSpec command) {
    command.option("name", arguments->name, "of the user").required();
    return command;
  };
  const auto with_password = [&](CommandSpec command) {
    command.flag("--password-stdin", arguments->password_stdin,
                 "read the new password from standard input");
    return command;
  };
  CommandSpec add_command = with_password(named(add("add", "Make a user", add_user)));
  add_command.option("--role", arguments->role, "viewer, operator, engineer, admin, or your own")
      .required();
  add_command.option("--subtree", arguments->subtree, "part of the plant it holds for")
      .shows_default();
  with_password(named(add("passwd", "Set a user's password", set_password)));
  named(add("disable", "Keep a user out", disable));
  add("list", "Who there is", list_users).flag("--json", arguments->json, "for programs");
}

}  // namespace tagwerk::app
