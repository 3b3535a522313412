#include "auth/database_accounts.hpp"

#include <filesystem>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>

#include "auth/account_for_test.hpp"
#include "auth/directory.hpp"
#include "auth/memory_accounts.hpp"
#include "auth/password.hpp"
#include "auth/user_admin.hpp"

namespace tagwerk::auth {
namespace {

/// A real database in a folder of its own.
class OpenDatabase {
 public:
  OpenDatabase() {
    std::string name = (std::filesystem::temp_directory_path() / "tagwerk-auth-XXXXXX").native();
    folder_ = ::mkdtemp(name.data());
    open();
  }
  ~OpenDatabase() {
    database_.reset();
    std::filesystem::remove_all(folder_);
  }
  OpenDatabase(const OpenDatabase&) = delete;
  OpenDatabase& operator=(const OpenDatabase&) = delete;
  /// As a server does that starts again.
  void open() {
    database_.reset();
    database_ = *store::Database::open(folder_ / "config.sqlite", kNow);
  }
  store::Database& get() { return *database_; }

 private:
  std::filesystem::path folder_;
  std::unique_ptr<store::Database> database_;
};

NewUser user(std::string name, std::string role, std::string subtree = "/") {
  return {.name = std::move(name),
          .password_hash = kHash,
          .role = std::move(role),
          .subtree = std::move(subtree)};
}

TEST(DatabaseAccounts, AUserIsAddedWithoutAServerAndFoundByTheNextOne) {
  OpenDatabase database;
  {
    DatabaseAccounts accounts(database.get());
    ASSERT_TRUE(UserAdmin(accounts).add(user("root", "admin"), kNow));
    ASSERT_TRUE(UserAdmin(accounts).add(user("anna", "operator", "/Plant/A"), kNow));
    EXPECT_EQ(UserAdmin(accounts).add(user("anna", "viewer"), kNow).error().code,
              ErrorCode::already_exists);
  }
  database.open();
  DatabaseAccounts accounts(database.get());
  Directory directory;
  ASSERT_TRUE(directory.reload(accounts));
  const auto users = directory.load();
  EXPECT_TRUE(users->find("root")->principal->can(Right::users));
  EXPECT_TRUE(users->find("anna")->principal->can(Right::write, "/Plant/A/T"));
  EXPECT_FALSE(users->find("anna")->principal->can(Right::read, "/Plant/B"));
  EXPECT_EQ(users->find("nobody"), nullptr);
  EXPECT_EQ(users->find("anna")->account.created, kNow);
}

TEST(DatabaseAccounts, AMadeRoleGivesItsRights) {
  OpenDatabase database;
  store::UserStore rows(database.get());
  ASSERT_TRUE(rows.set_role({"shift", {"read", "write", "ack", "queue:orders"}}));
  ASSERT_TRUE(rows.set_role({"broken", {"fly"}}));
  DatabaseAccounts accounts(database.get());
  UserAdmin admin(accounts);
  ASSERT_TRUE(admin.add(user("anna", "shift"), kNow));
  EXPECT_FALSE(admin.add(user("boris", "broken"), kNow));
  Directory directory;
  ASSERT_TRUE(directory.reload(accounts));
  const auto& anna = *directory.load()->find("anna")->principal;
  EXPECT_TRUE(anna.can_use(Right::queue, "orders"));
  EXPECT_FALSE(anna.can_use(Right::queue, "invoices"));
  EXPECT_TRUE(anna.can_write("/T", "shift"));
  EXPECT_FALSE(anna.can_write("/T", "operator"));
  EXPECT_EQ(anna.rank(), Rank::viewer);
}

TEST(DatabaseAccounts, ASetupTokenMakesOneAdministrator) {
  OpenDatabase database;
  DatabaseAccounts accounts(database.get());
  UserAdmin admin(accounts);
  ASSERT_TRUE(accounts.set_setup_token("h1", kNow + std::chrono::hours(1)));
  EXPECT_EQ(admin.add_first("root", kHash, "wrong", kNow).error().code, ErrorCode::unauthenticated);
  EXPECT_EQ(admin.add_first("root", kHash, "h1", kNow + std::chrono::hours(2)).error().code,
            ErrorCode::unauthenticated);
  EXPECT_TRUE(admin.add_first("root", kHash, "h1", kNow));
  EXPECT_EQ(admin.add_first("other", kHash, "h1", kNow).error().code, ErrorCode::conflict);
}

/// What both stores answer to one step; only whether it worked, texts may differ.
struct Step {
  int what = 0;
  int which = 0;
  int other = 0;
};

ServiceKey key_of(const Step& step) {
  static int count = 0;
  ServiceKey key{.name = fmt::format("key{}", step.which),
                 .description = std::to_string(step.other),
                 .hash = fmt::format("key {}", ++count),
                 .grants = {{"operator", "/Plant/A"}, {"viewer", "/"}},
                 .created = kNow,
                 .created_by = "anna"};
  if (step.other > 0) key.expires = kNow + std::chrono::hours(step.other);
  return key;
}

/// The n-th of those made after the older ones.
bool revoke_key(AccountStore& store, int which, std::size_t older) {
  const auto keys = *store.keys();
  const std::size_t index = older + static_cast<std::size_t>(which);
  return index < keys.size() && store.revoke_key(keys[index].id, kNow).has_value();
}

bool run(AccountStore& store, const Step& step, std::vector<UserId>& ids, std::size_t older_keys) {
  const auto name = "user" + std::to_string(step.which);
  const auto id = static_cast<std::size_t>(step.which) < ids.size()
                      ? ids[static_cast<std::size_t>(step.which)]
                      : UserId{999};
  const auto hash = "hash" + std::to_string(step.which);
  const auto token = [&](int number) {
    return RefreshToken{.hash = "hash" + std::to_string(number),
                        .family = "family" + std::to_string(number % 2),
                        .user = id,
                        .issued = kNow,
                        .expires = kNow + std::chrono::seconds(number),
                        .revoked = false};
  };
  Account account{.id = id,
                  .name = name,
                  .password_hash = kHash,
                  .full_name = std::to_string(step.other),
                  .email = {},
                  .disabled = step.other % 2 == 0,
                  .created = kNow,
                  .grants = {{"operator", step.other % 3 == 0 ? "/" : "/Plant/A"}}};
  switch (step.what) {
    case 0: {
      const auto added = store.add(account);
      if (added) ids.push_back(*added);
      return added.has_value();
    }
    case 1:
      return store.remove(id).has_value();
    case 2:
      return store.find_refresh(hash).value() || store.add_refresh(token(step.which)).has_value();
    case 3:
      return store.find_refresh(token(step.other + 10).hash).value() ||
             store.rotate_refresh(hash, token(step.other + 10), kNow).has_value();
    case 4:
      return store.revoke_family("family" + std::to_string(step.other % 2), kNow).has_value();
    case 5:
      return store.revoke_user(id, kNow).has_value();
    case 6:
      return store.update(account).has_value();
    case 7:
      return store.add_key(key_of(step)).has_value();
    case 8:
      return revoke_key(store, step.which, older_keys);
    case 9:
      return store.set_role(*make_role(name, std::vector<std::string>{"read", "queue:a"}))
          .has_value();
    default:
      return store.remove_expired_refresh(kNow + std::chrono::seconds(step.other)).has_value();
  }
}

void check_keys(const std::vector<ServiceKey>& expected, std::vector<ServiceKey> found,
                std::size_t older) {
  RC_ASSERT(found.size() == older + expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ServiceKey& key = found[older + i];
    key.id = expected[i].id;
    key.hash = expected[i].hash;
    RC_ASSERT(key == expected[i]);
  }
}

RC_GTEST_PROP(DatabaseAccounts, BehaveLikeTheModelInMemory, ()) {
  static OpenDatabase database;
  DatabaseAccounts real(database.get());
  const auto before = *real.accounts();
  for (const Account& each : before)
    RC_ASSERT(real.remove(each.id).has_value());
  const auto older_keys = *real.keys();
  for (const ServiceKey& each : older_keys)
    RC_ASSERT(real.revoke_key(each.id, kNow).has_value());
  const auto older_roles = *real.roles();
  for (const Role& each : older_roles)
    RC_ASSERT(real.remove_role(each.name).has_value());
  MemoryAccounts model;
  std::vector<UserId> real_ids, model_ids;
  for (int i = 0; i < 20; ++i) {
    const Step step{*rc::gen::inRange(0, 11), *rc::gen::inRange(0, 4), *rc::gen::inRange(0, 6)};
    const bool model_worked = run(model, step, model_ids, 0);
    RC_ASSERT(run(real, step, real_ids, older_keys.size()) == model_worked);
  }
  auto expected = *model.accounts();
  auto found = *real.accounts();
  RC_ASSERT(expected.size() == found.size());
  std::ranges::sort(expected, {}, &Account::name);
  for (std::size_t i = 0; i < found.size(); ++i) {
    expected[i].id = found[i].id;
    RC_ASSERT(expected[i] == found[i]);
  }
  check_keys(*model.keys(), *real.keys(), older_keys.size());
  auto roles = *model.roles();
  std::ranges::sort(roles, {}, &Role::name);
  RC_ASSERT(roles == *real.roles());
  auto ended = *model.families_ended_since(kNow);
  auto really_ended = *real.families_ended_since(kNow);
  std::ranges::sort(really_ended);
  RC_ASSERT(ended == really_ended);
  for (int i = 0; i < 16; ++i) {
    const auto hash = "hash" + std::to_string(i);
    const auto in_model = *model.find_refresh(hash);
    const auto in_real = *real.find_refresh(hash);
    RC_ASSERT(in_model.has_value() == in_real.has_value());
    if (in_model) RC_ASSERT(in_model->revoked == in_real->revoked);
  }
}

}  // namespace
}  // namespace tagwerk::auth
