#include "store/lock_store.hpp"

#include "store/query.hpp"

namespace tagwerk::store {

Result<std::vector<Lock>> LockStore::locks() {
  return guarded(database_, "read the locks", [](soci::session& sql) -> Result<std::vector<Lock>> {
    std::vector<Lock> out;
    Lock row;
    long long id = 0, since = 0, until = 0;
    soci::statement rows =
        (sql.prepare << "SELECT id, path, who, owner, reason, locked_at, until_at FROM locks "
                        "ORDER BY id",
         soci::into(id), soci::into(row.path), soci::into(row.who), soci::into(row.owner),
         soci::into(row.reason), soci::into(since), soci::into(until));
    rows.execute();
    while (rows.fetch()) {
      row.id = unsigned_of(id);
      row.since = time_of(since);
      row.until = time_or_none(until);
      out.push_back(row);
    }
    return out;
  });
}

Result<Lock> LockStore::add(const Lock& lock) {
  return in_transaction(database_, "add a lock", [&](soci::session& sql) -> Result<Lock> {
    Lock out = lock;
    out.id = next_id(sql, "lock");
    const long long id = number(out.id);
    const long long since = number(out.since);
    const long long until = number_or_zero(out.until);
    sql << "INSERT INTO locks (id, path, who, owner, reason, locked_at, until_at) "
           "VALUES (:id, :path, :who, :owner, :reason, :since, :until)",
        soci::use(id), soci::use(out.path), soci::use(out.who), soci::use(out.owner),
        soci::use(out.reason), soci::use(since), soci::use(until);
    return out;
  });
}

Status LockStore::remove(LockId lock) {
  return guarded(database_, "remove a lock", [&](soci::session& sql) -> Status {
    const long long id = number(lock);
    soci::statement gone = (sql.prepare << "DELETE FROM locks WHERE id = :id", soci::use(id));
    gone.execute(true);
    if (gone.get_affected_rows() == 1) return {};
    return fail(ErrorCode::not_found, "there is no lock {}", lock);
  });
}

}  // namespace tagwerk::store
