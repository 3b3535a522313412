#include "store/token_store.hpp"

#include "store/query.hpp"
#include "store/setup_token.hpp"

namespace tagwerk::store {
namespace {

Status insert(soci::session& sql, const RefreshToken& token) {
  const long long user = number(token.user);
  const long long issued = number(token.issued);
  const long long expires = number(token.expires);
  const long long revoked = number_or_zero(token.revoked);
  int users = 0, same = 0;
  sql << "SELECT count(*) FROM users WHERE id = :id", soci::use(user), soci::into(users);
  if (users == 0) return fail(ErrorCode::not_found, "there is no user with the id {}", token.user);
  sql << "SELECT count(*) FROM refresh_tokens WHERE id = :id", soci::use(token.id),
      soci::into(same);
  if (same > 0) return fail(ErrorCode::already_exists, "the token's id is taken; make another");
  sql << "INSERT INTO refresh_tokens (id, user_id, family, hash, issued_at, expires_at, "
         "revoked_at) "
         "VALUES (:id, :user, :family, :hash, :issued, :expires, :revoked)",
      soci::use(token.id), soci::use(user), soci::use(token.family), soci::use(token.hash),
      soci::use(issued), soci::use(expires), soci::use(revoked);
  return {};
}

/// Whether it was valid until now.
bool revoke_one(soci::session& sql, const std::string& id, UtcTime now) {
  const long long at = number(now);
  soci::statement update =
      (sql.prepare
           << "UPDATE refresh_tokens SET revoked_at = :at WHERE id = :id AND revoked_at = 0",
       soci::use(at), soci::use(id));
  update.execute(true);
  return update.get_affected_rows() == 1;
}

}  // namespace

Status use_setup_token(soci::session& sql, const std::string& hash, UtcTime now) {
  const long long at = number(now);
  soci::statement update =
      (sql.prepare << "UPDATE setup_tokens SET used_at = :at WHERE hash = :hash AND used_at = 0 "
                      "AND expires_at > :now",
       soci::use(at), soci::use(hash), soci::use(at));
  update.execute(true);
  if (update.get_affected_rows() == 1) return {};
  return fail(ErrorCode::unauthenticated,
              "the setup link is not valid any more; restart the server for a new one");
}

Status TokenStore::add(const RefreshToken& token) {
  return in_transaction(database_, "add a token",
                        [&](soci::session& sql) { return insert(sql, token); });
}

Result<std::optional<RefreshToken>> TokenStore::find(std::string_view id) {
  const auto work = [&](soci::session& sql) -> Result<std::optional<RefreshToken>> {
    RefreshToken out;
    out.id = id;
    long long user = 0, issued = 0, expires = 0, revoked = 0;
    soci::statement rows =
        (sql.prepare << "SELECT user_id, family, hash, issued_at, expires_at, revoked_at "
                        "FROM refresh_tokens WHERE id = :id",
         soci::use(out.id), soci::into(user), soci::into(out.family), soci::into(out.hash),
         soci::into(issued), soci::into(expires), soci::into(revoked));
    if (!rows.execute(true)) return std::nullopt;
    out.user = unsigned_of(user);
    out.issued = time_of(issued);
    out.expires = time_of(expires);
    out.revoked = time_or_none(revoked);
    return out;
  };
  return guarded(database_, "read a token", work);
}

Result<bool> TokenStore::rotate(std::string_view used, const RefreshToken& next, UtcTime now) {
  return in_transaction(database_, "renew a token", [&](soci::session& sql) -> Result<bool> {
    if (!revoke_one(sql, std::string(used), now)) return false;
    if (auto added = insert(sql, next); !added) return std::unexpected(added.error());
    return true;
  });
}

Status TokenStore::revoke(std::string_view id, UtcTime now) {
  return guarded(database_, "revoke a token", [&](soci::session& sql) -> Status {
    revoke_one(sql, std::string(id), now);
    return {};
  });
}

Status TokenStore::revoke_family(std::string_view family, UtcTime now) {
  return guarded(database_, "revoke tokens", [&](soci::session& sql) -> Status {
    const long long at = number(now);
    const std::string name(family);
    sql << "UPDATE refresh_tokens SET revoked_at = :at WHERE family = :family AND revoked_at = 0",
        soci::use(at), soci::use(name);
    return {};
  });
}

Status TokenStore::revoke_all_of(UserId user, UtcTime now) {
  return guarded(database_, "revoke tokens", [&](soci::session& sql) -> Status {
    const long long at = number(now);
    const long long id = number(user);
    sql << "UPDATE refresh_tokens SET revoked_at = :at WHERE user_id = :user AND revoked_at = 0",
        soci::use(at), soci::use(id);
    return {};
  });
}

Result<std::vector<std::string>> TokenStore::families_revoked_since(UtcTime since) {
  return guarded(database_, "read revoked tokens",
                 [&](soci::session& sql) -> Result<std::vector<std::string>> {
                   std::vector<std::string> out;
                   const long long at = number(since);
                   std::string family;
                   // Rotation leaves one that is not revoked.
                   soci::statement rows =
                       (sql.prepare << "SELECT family FROM refresh_tokens GROUP BY family "
                                       "HAVING min(revoked_at) > 0 AND max(revoked_at) >= :since",
                        soci::use(at), soci::into(family));
                   rows.execute();
                   while (rows.fetch())
                     out.push_back(family);
                   return out;
                 });
}

Status TokenStore::remove_expired(UtcTime before) {
  return guarded(database_, "remove old tokens", [&](soci::session& sql) -> Status {
    const long long at = number(before);
    sql << "DELETE FROM refresh_tokens WHERE expires_at <= :at", soci::use(at);
    return {};
  });
}

Status TokenStore::set_setup_token(std::string_view hash, UtcTime expires) {
  return in_transaction(database_, "save the setup token", [&](soci::session& sql) -> Status {
    const std::string text(hash);
    const long long at = number(expires);
    sql << "DELETE FROM setup_tokens";
    sql << "INSERT INTO setup_tokens (hash, expires_at, used_at) VALUES (:hash, :at, 0)",
        soci::use(text), soci::use(at);
    return {};
  });
}

}  // namespace tagwerk::store
