#pragma once

#include <concepts>
#include <soci/soci.h>
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
inline std::uint64_t unsigned_of(long long value) {
  return static_cast<std::uint64_t>(value);
}

}  // namespace tagwerk::store
