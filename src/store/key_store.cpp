#include "store/key_store.hpp"

#include <algorithm>

#include "store/query.hpp"

namespace tagwerk::store {
namespace {

/// A row of service_keys as SOCI fills it.
struct KeyRow {
  ServiceKey key;
  long long id = 0;
  long long created = 0;
  long long expires = 0;
  long long last_used = 0;
  long long revoked = 0;

  ServiceKey take() const {
    ServiceKey out = key;
    out.id = unsigned_of(id);
    out.created = time_of(created);
    out.expires = time_or_none(expires);
    out.last_used = time_or_none(last_used);
    out.revoked = time_or_none(revoked);
    return out;
  }
};

std::vector<ServiceKey> read_keys(soci::session& sql) {
  std::vector<ServiceKey> out;
  KeyRow row;
  soci::statement rows =
      (sql.prepare << "SELECT id, name, description, hash, created_at, created_by, expires_at, "
                      "last_used_at, revoked_at FROM service_keys ORDER BY id",
       soci::into(row.id), soci::into(row.key.name), soci::into(row.key.description),
       soci::into(row.key.hash), soci::into(row.created), soci::into(row.key.created_by),
       soci::into(row.expires), soci::into(row.last_used), soci::into(row.revoked));
  rows.execute();
  while (rows.fetch())
    out.push_back(row.take());
  return out;
}

void read_grants(soci::session& sql, std::vector<ServiceKey>& keys) {
  long long id = 0;
  KeyGrant grant;
  soci::statement rows =
      (sql.prepare << "SELECT key_id, role, subtree FROM key_grants ORDER BY key_id, role, subtree",
       soci::into(id), soci::into(grant.role), soci::into(grant.subtree));
  rows.execute();
  while (rows.fetch())
    for (ServiceKey& key : std::ranges::equal_range(keys, unsigned_of(id), {}, &ServiceKey::id))
      key.grants.push_back(grant);
}

bool name_in_use(soci::session& sql, const std::string& name) {
  int count = 0;
  sql << "SELECT count(*) FROM service_keys WHERE name = :name AND revoked_at = 0", soci::use(name),
      soci::into(count);
  return count > 0;
}

void insert_key(soci::session& sql, const ServiceKey& key) {
  const long long id = number(key.id);
  const long long created = number(key.created);
  const long long expires = number_or_zero(key.expires);
  sql << "INSERT INTO service_keys (id, name, description, hash, created_at, created_by, "
         "expires_at, last_used_at, revoked_at) VALUES (:id, :name, :description, :hash, "
         ":created, :created_by, :expires, 0, 0)",
      soci::use(id), soci::use(key.name), soci::use(key.description), soci::use(key.hash),
      soci::use(created), soci::use(key.created_by), soci::use(expires);
}

void insert_grants(soci::session& sql, const ServiceKey& key) {
  const long long id = number(key.id);
  for (const KeyGrant& grant : key.grants)
    sql << "INSERT INTO key_grants (key_id, role, subtree) VALUES (:id, :role, :subtree)",
        soci::use(id), soci::use(grant.role), soci::use(grant.subtree);
}

}  // namespace

Result<std::vector<ServiceKey>> KeyStore::keys() {
  // In a transaction, so that keys and grants belong together.
  return in_transaction(database_, "read the service keys",
                        [](soci::session& sql) -> Result<std::vector<ServiceKey>> {
                          auto out = read_keys(sql);
                          read_grants(sql, out);
                          return out;
                        });
}

Result<ServiceKey> KeyStore::add(const ServiceKey& key) {
  return in_transaction(
      database_, "add a service key", [&](soci::session& sql) -> Result<ServiceKey> {
        if (name_in_use(sql, key.name))
          return fail(ErrorCode::already_exists,
                      "there is a key '{}' already; revoke it or choose another name", key.name);
        ServiceKey out = key;
        std::ranges::sort(out.grants, {}, [](const KeyGrant& grant) {
          return std::pair(grant.role, grant.subtree);
        });
        const auto doubled = std::ranges::unique(out.grants);
        out.grants.erase(doubled.begin(), doubled.end());
        out.id = next_id(sql, "key");
        insert_key(sql, out);
        insert_grants(sql, out);
        return out;
      });
}

Status KeyStore::revoke(KeyId key, UtcTime now) {
  return in_transaction(database_, "revoke a service key", [&](soci::session& sql) -> Status {
    const long long id = number(key);
    const long long at = number(now);
    int count = 0;
    sql << "SELECT count(*) FROM service_keys WHERE id = :id", soci::use(id), soci::into(count);
    if (count == 0) return fail(ErrorCode::not_found, "there is no key with the id {}", key);
    sql << "UPDATE service_keys SET revoked_at = :at WHERE id = :id AND revoked_at = 0",
        soci::use(at), soci::use(id);
    return {};
  });
}

Status KeyStore::set_last_used(KeyId key, UtcTime at) {
  return guarded(database_, "note the use of a key", [&](soci::session& sql) -> Status {
    const long long id = number(key);
    const long long time = number(at);
    sql << "UPDATE service_keys SET last_used_at = :at WHERE id = :id", soci::use(time),
        soci::use(id);
    return {};
  });
}

}  // namespace tagwerk::store
