#pragma once

#include <concepts>
#include <optional>
#include <soci/soci.h>
#include <string>
#include <string_view>
#include <utility>

#include "store/database.hpp"
#include "store/dialect.hpp"

namespace tagwerk::store {

/// Where SOCI's exceptions end: every public function of a store runs its SQL through one of these
/// two. `work` takes the session and returns a Result. Internal to store.

template <class Work>
auto guarded(Database& database, std::string_view what, Work&& work)
    -> decltype(work(database.session())) {
  try {
    return work(database.session());
  } catch (const soci::soci_error& error) {
    return std::unexpected(database.dialect().explain(error, what, database.file()));
  }
}

/// Committed when `work` succeeds, rolled back when it fails or throws.
template <class Work>
auto in_transaction(Database& database, std::string_view what, Work&& work)
    -> decltype(work(database.session())) {
  return guarded(database, what, [&](soci::session& sql) {
    soci::transaction transaction(sql);
    auto result = work(sql);
    if (result) transaction.commit();
    return result;
  });
}

/// SOCI's integer type of 64 bits.
inline long long number(std::unsigned_integral auto value) {
  return static_cast<long long>(value);
}
inline long long number(UtcTime time) {
  return time.time_since_epoch().count();
}
inline UtcTime time_of(long long nanos) {
  return UtcTime{Duration{nanos}};
}
/// 0 stands for "none" in columns of times.
inline long long number_or_zero(const std::optional<UtcTime>& time) {
  return time ? number(*time) : 0;
}
inline std::optional<UtcTime> time_or_none(long long nanos) {
  return nanos == 0 ? std::nullopt : std::optional(time_of(nanos));
}
inline std::uint64_t unsigned_of(long long value) {
  return static_cast<std::uint64_t>(value);
}

/// The next id of a kind that has a row in `counters`; given once, also when its thing is gone.
inline std::uint64_t next_id(soci::session& sql, const std::string& kind) {
  long long id = 0;
  sql << "UPDATE counters SET last_value = last_value + 1 WHERE name = :kind", soci::use(kind);
  sql << "SELECT last_value FROM counters WHERE name = :kind", soci::use(kind), soci::into(id);
  return unsigned_of(id);
}

}  // namespace tagwerk::store
