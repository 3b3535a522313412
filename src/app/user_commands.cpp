#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <memory>
#include <sodium/core.h>

#include "app/command_line.hpp"
#include "app/exit_code.hpp"
#include "app/offline.hpp"
#include "auth/database_accounts.hpp"
#include "auth/password.hpp"
#include "auth/user_admin.hpp"

namespace tagwerk::app {
namespace {

struct UserArguments {
  std::string data = "tagwerk-data";
  std::string name;
  std::string role = "viewer";
  std::string subtree = "/";
  bool password_stdin = false;
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

Result<std::string> read_password_hash(bool from_stdin) {
  if (!from_stdin)
    return fail(ErrorCode::invalid_argument,
                "give the password on standard input with --password-stdin");
  std::string password;
  std::getline(std::cin, password);
  if (auto checked = auth::check_new_password(password); !checked)
    return std::unexpected(checked.error());
  return auth::hash_password(password);
}

int add_user(const UserArguments& arguments) {
  OfflineUsers users;
  if (auto opened = users.open(arguments.data); !opened) return report(opened.error());
  auto hash = read_password_hash(arguments.password_stdin);
  if (!hash) return report(hash.error());
  auto added = auth::UserAdmin(*users.accounts)
                   .add({.name = arguments.name,
                         .password_hash = *hash,
                         .role = arguments.role,
                         .subtree = arguments.subtree},
                        base::utc_now());
  if (!added) return report(added.error());
  std::printf("user '%s' added with role %s\n", arguments.name.c_str(), arguments.role.c_str());
  return kExitGood;
}

int change(const UserArguments& arguments, const auth::UserChange& change) {
  OfflineUsers users;
  if (auto opened = users.open(arguments.data); !opened) return report(opened.error());
  auth::UserAdmin admin(*users.accounts);
  auto user = admin.get(arguments.name);
  if (!user) return report(user.error());
  auto changed = admin.change(user->id, change, base::utc_now());
  if (!changed) return report(changed.error());
  std::printf("user '%s' changed\n", arguments.name.c_str());
  return kExitGood;
}

int set_password(const UserArguments& arguments) {
  auto hash = read_password_hash(arguments.password_stdin);
  if (!hash) return report(hash.error());
  return change(arguments, {.password_hash = *hash});
}

int disable(const UserArguments& arguments) {
  return change(arguments, {.disabled = true});
}

int list_users(const UserArguments& arguments) {
  OfflineUsers users;
  if (auto opened = users.open(arguments.data); !opened) return report(opened.error());
  auto all = auth::UserAdmin(*users.accounts).list();
  if (!all) return report(all.error());
  for (const auth::Account& user : *all) {
    std::string grants;
    for (const auth::AccountGrant& grant : user.grants)
      grants += fmt::format("{}{} in {}", grants.empty() ? "" : ", ", grant.role, grant.subtree);
    std::printf("%-24s %s%s\n", user.name.c_str(), grants.c_str(),
                user.disabled ? " (disabled)" : "");
  }
  return kExitGood;
}

}  // namespace

void add_user_commands(CLI::App& app, Command& chosen) {
  auto arguments = std::make_shared<UserArguments>();
  CLI::App* parent = app.add_subcommand("user", "Users, on a data directory without server");
  parent->require_subcommand(1);
  const auto add = [&](const char* name, const char* description,
                       int (*run)(const UserArguments&)) {
    CLI::App* command = parent->add_subcommand(name, description);
    command->add_option("--data", arguments->data, "the server's data directory")
        ->capture_default_str();
    command->callback(
        [&chosen, arguments, run] { chosen = [arguments, run] { return run(*arguments); }; });
    return command;
  };
  const auto named = [&](CLI::App* command) {
    command->add_option("name", arguments->name, "of the user")->required();
    return command;
  };
  const auto with_password = [&](CLI::App* command) {
    command->add_flag("--password-stdin", arguments->password_stdin,
                      "read the password from standard input");
    return command;
  };
  CLI::App* add_command = with_password(named(add("add", "Make a user", add_user)));
  add_command->add_option("--role", arguments->role, "viewer, operator, engineer or admin")
      ->required();
  add_command->add_option("--subtree", arguments->subtree, "part of the plant it holds for")
      ->capture_default_str();
  with_password(named(add("passwd", "Set a user's password", set_password)));
  named(add("disable", "Keep a user out", disable));
  add("list", "Who there is", list_users);
}

}  // namespace tagwerk::app
