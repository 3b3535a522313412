#include "auth/service_key.hpp"

#include "auth/crypto.hpp"

namespace tagwerk::auth {
namespace {

/// Keeps the threads from writing the same line of memory with every request.
constexpr Duration kGrain = std::chrono::milliseconds(100);

bool apart(UtcTime before, UtcTime now, Duration time) {
  // Also when the clock was set back.
  return before == kNever || now < before || now - before >= time;
}

}  // namespace

std::string random_key() {
  return std::string(kKeyPrefix) + random_token();
}

bool KeyUse::note(UtcTime now) {
  if (!apart(last_.load(std::memory_order_relaxed), now, kGrain)) return false;
  last_.store(now, std::memory_order_relaxed);
  UtcTime stored = stored_.load(std::memory_order_relaxed);
  return apart(stored, now, kPeriod) &&
         stored_.compare_exchange_strong(stored, now, std::memory_order_relaxed);
}

std::optional<UtcTime> KeyUse::last() const {
  const UtcTime last = last_.load(std::memory_order_relaxed);
  return last == kNever ? std::nullopt : std::optional(last);
}

}  // namespace tagwerk::auth
