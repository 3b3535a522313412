#include "store/user_store.hpp"

#include "model/document.hpp"
#include "store/query.hpp"
#include "store/setup_token.hpp"

namespace tagwerk::store {
namespace {

constexpr std::string_view kColumns =
    "SELECT id, name, password_hash, full_name, email, disabled, created_at FROM users ";

/// A row of users as SOCI fills it.
struct UserRow {
  User user;
  long long id = 0;
  long long created = 0;
  int disabled = 0;

  User take() const {
    User out = user;
    out.id = unsigned_of(id);
    out.created = time_of(created);
    out.disabled = disabled != 0;
    return out;
  }
};

template <class Prepared>
auto into_row(Prepared&& prepared, UserRow& row) {
  return (prepared, soci::into(row.id), soci::into(row.user.name),
          soci::into(row.user.password_hash), soci::into(row.user.full_name),
          soci::into(row.user.email), soci::into(row.disabled), soci::into(row.created));
}

std::optional<User> find_user(soci::session& sql, const std::string& name) {
  UserRow row;
  soci::statement rows =
      into_row((sql.prepare << kColumns << "WHERE name = :name", soci::use(name)), row);
  if (!rows.execute(true)) return std::nullopt;
  return row.take();
}

bool user_exists(soci::session& sql, UserId user) {
  const long long id = number(user);
  int count = 0;
  sql << "SELECT count(*) FROM users WHERE id = :id", soci::use(id), soci::into(count);
  return count > 0;
}

std::unexpected<Error> taken(std::string_view name) {
  return fail(ErrorCode::already_exists, "there is a user '{}' already; choose another name", name);
}
std::unexpected<Error> no_user(UserId user) {
  return fail(ErrorCode::not_found, "there is no user with the id {}", user);
}

Result<User> insert_user(soci::session& sql, const User& user) {
  if (find_user(sql, user.name)) return taken(user.name);
  User out = user;
  out.id = next_id(sql, "user");
  const long long id = number(out.id);
  const long long created = number(out.created);
  const int disabled = out.disabled ? 1 : 0;
  sql << "INSERT INTO users (id, name, password_hash, full_name, email, disabled, created_at) "
         "VALUES (:id, :name, :hash, :full_name, :email, :disabled, :created)",
      soci::use(id), soci::use(out.name), soci::use(out.password_hash), soci::use(out.full_name),
      soci::use(out.email), soci::use(disabled), soci::use(created);
  return out;
}

Status update_user(soci::session& sql, const User& user) {
  if (!user_exists(sql, user.id)) return no_user(user.id);
  if (const auto same = find_user(sql, user.name); same && same->id != user.id)
    return taken(user.name);
  const long long id = number(user.id);
  const int disabled = user.disabled ? 1 : 0;
  sql << "UPDATE users SET name = :name, password_hash = :hash, full_name = :full_name, "
         "email = :email, disabled = :disabled WHERE id = :id",
      soci::use(user.name), soci::use(user.password_hash), soci::use(user.full_name),
      soci::use(user.email), soci::use(disabled), soci::use(id);
  return {};
}

void remove_grants(soci::session& sql, UserId user) {
  const long long id = number(user);
  sql << "DELETE FROM grants WHERE user_id = :id", soci::use(id);
}

void insert_grants(soci::session& sql, UserId user, const std::vector<Grant>& grants) {
  remove_grants(sql, user);
  const long long id = number(user);
  std::vector<Grant> done;
  for (const Grant& grant : grants) {
    const Grant own{user, grant.role, grant.subtree};
    if (std::find(done.begin(), done.end(), own) != done.end()) continue;
    sql << "INSERT INTO grants (user_id, role, subtree) VALUES (:id, :role, :subtree)",
        soci::use(id), soci::use(own.role), soci::use(own.subtree);
    done.push_back(own);
  }
}

std::vector<Grant> read_grants(soci::session& sql, std::optional<UserId> of) {
  std::vector<Grant> out;
  // One statement for both: nobody has the id 0.
  const long long wanted = number(of.value_or(0));
  const int all = of ? 0 : 1;
  long long id = 0;
  Grant row;
  soci::statement rows =
      (sql.prepare << "SELECT user_id, role, subtree FROM grants WHERE user_id = :id OR 1 = :every "
                      "ORDER BY user_id, role, subtree",
       soci::use(wanted), soci::use(all), soci::into(id), soci::into(row.role),
       soci::into(row.subtree));
  rows.execute();
  while (rows.fetch()) {
    row.user = unsigned_of(id);
    out.push_back(row);
  }
  return out;
}

std::string rights_to_json(const std::vector<std::string>& rights) {
  model::Node list = model::Node::sequence();
  for (const std::string& right : rights)
    list.items.push_back(model::Node::text_of(right));
  return model::to_json(list);
}

Result<std::vector<std::string>> rights_from_json(const std::string& json,
                                                  const std::string& role) {
  const auto list = model::parse_json(json, role);
  if (!list || !list->is_sequence())
    return fail(ErrorCode::corrupt, "the rights of role '{}' cannot be read", role);
  std::vector<std::string> out;
  for (const auto& item : list->items)
    out.push_back(item.text);
  return out;
}

}  // namespace

Result<std::vector<User>> UserStore::users() {
  return guarded(database_, "read the users", [](soci::session& sql) -> Result<std::vector<User>> {
    std::vector<User> out;
    UserRow row;
    soci::statement rows = into_row((sql.prepare << kColumns << "ORDER BY name"), row);
    rows.execute();
    while (rows.fetch())
      out.push_back(row.take());
    return out;
  });
}

Result<std::optional<User>> UserStore::find(std::string_view name) {
  return guarded(database_, "read a user", [&](soci::session& sql) -> Result<std::optional<User>> {
    return find_user(sql, std::string(name));
  });
}

Result<User> UserStore::add(const User& user) {
  return in_transaction(database_, "add a user",
                        [&](soci::session& sql) { return insert_user(sql, user); });
}

Result<User> UserStore::add(const User& user, const std::vector<Grant>& grants) {
  return in_transaction(database_, "add a user", [&](soci::session& sql) {
    auto added = insert_user(sql, user);
    if (added) insert_grants(sql, added->id, grants);
    return added;
  });
}

Result<User> UserStore::add_first(const User& user, const std::vector<Grant>& grants,
                                  const std::optional<std::string>& setup_token_hash, UtcTime now) {
  return in_transaction(database_, "add the first user", [&](soci::session& sql) -> Result<User> {
    int count = 0;
    sql << "SELECT count(*) FROM users", soci::into(count);
    if (count > 0)
      return fail(ErrorCode::conflict,
                  "there is an administrator already; log in, or use `tagwerk user add`");
    if (setup_token_hash)
      if (auto used = use_setup_token(sql, *setup_token_hash, now); !used)
        return std::unexpected(used.error());
    auto added = insert_user(sql, user);
    if (added) insert_grants(sql, added->id, grants);
    return added;
  });
}

Status UserStore::update(const User& user) {
  return in_transaction(database_, "change a user",
                        [&](soci::session& sql) { return update_user(sql, user); });
}

Status UserStore::update(const User& user, const std::vector<Grant>& grants) {
  return in_transaction(database_, "change a user", [&](soci::session& sql) -> Status {
    auto updated = update_user(sql, user);
    if (updated) insert_grants(sql, user.id, grants);
    return updated;
  });
}

Status UserStore::remove(UserId user) {
  return in_transaction(database_, "remove a user", [&](soci::session& sql) -> Status {
    if (!user_exists(sql, user)) return no_user(user);
    const long long id = number(user);
    remove_grants(sql, user);
    sql << "DELETE FROM refresh_tokens WHERE user_id = :id", soci::use(id);
    sql << "DELETE FROM users WHERE id = :id", soci::use(id);
    return {};
  });
}

Result<std::vector<Grant>> UserStore::grants() {
  return guarded(database_, "read the grants",
                 [](soci::session& sql) -> Result<std::vector<Grant>> {
                   return read_grants(sql, std::nullopt);
                 });
}

Result<std::vector<Grant>> UserStore::grants_of(UserId user) {
  return guarded(
      database_, "read the grants",
      [&](soci::session& sql) -> Result<std::vector<Grant>> { return read_grants(sql, user); });
}

Status UserStore::set_grants(UserId user, const std::vector<Grant>& grants) {
  return in_transaction(database_, "change grants", [&](soci::session& sql) -> Status {
    if (!user_exists(sql, user)) return no_user(user);
    insert_grants(sql, user, grants);
    return {};
  });
}

Result<std::vector<Role>> UserStore::roles() {
  return guarded(database_, "read the roles", [](soci::session& sql) -> Result<std::vector<Role>> {
    std::vector<Role> out;
    std::string name, rights;
    soci::statement rows = (sql.prepare << "SELECT name, rights FROM roles ORDER BY name",
                            soci::into(name), soci::into(rights));
    rows.execute();
    while (rows.fetch()) {
      auto list = rights_from_json(rights, name);
      if (!list) return std::unexpected(list.error());
      out.push_back(Role{name, std::move(*list)});
    }
    return out;
  });
}

Status UserStore::set_role(const Role& role) {
  return in_transaction(database_, "save a role", [&](soci::session& sql) -> Status {
    const std::string rights = rights_to_json(role.rights);
    sql << "DELETE FROM roles WHERE name = :name", soci::use(role.name);
    sql << "INSERT INTO roles (name, rights) VALUES (:name, :rights)", soci::use(role.name),
        soci::use(rights);
    return {};
  });
}

Status UserStore::remove_role(std::string_view name) {
  return in_transaction(database_, "remove a role", [&](soci::session& sql) -> Status {
    const std::string role(name);
    int found = 0, used = 0;
    sql << "SELECT count(*) FROM roles WHERE name = :name", soci::use(role), soci::into(found);
    if (found == 0) return fail(ErrorCode::not_found, "there is no role '{}'", role);
    sql << "SELECT count(*) FROM grants WHERE role = :name", soci::use(role), soci::into(used);
    int by_keys = 0;
    sql << "SELECT count(*) FROM key_grants JOIN service_keys ON id = key_id "
           "WHERE role = :name AND revoked_at = 0",
        soci::use(role), soci::into(by_keys);
    used += by_keys;
    if (used > 0)
      return fail(ErrorCode::conflict, "role '{}' is given {} times; take it away first", role,
                  used);
    sql << "DELETE FROM roles WHERE name = :name", soci::use(role);
    return {};
  });
}

}  // namespace tagwerk::store
