#include "auth/login_limiter.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>
#include <netinet/in.h>
#include <sodium/crypto_shorthash.h>

#include "auth/crypto.hpp"

namespace tagwerk::auth {
namespace {

Duration wait_for(double taken, double burst, Duration refill) {
  const double missing = taken + 1 - burst;
  if (missing <= 0) return Duration{0};
  // At least a tick, or a caller could take the rounded-down wait for permission.
  return std::max(
      Duration{1},
      Duration{static_cast<std::int64_t>(missing * static_cast<double>(refill.count()))});
}

}  // namespace

LoginLimiter::LoginLimiter(Settings settings)
    : settings_(settings), users_(kBuckets), addresses_(kBuckets) {
  fill_random(secret_.data(), secret_.size());
}

LoginLimiter::Bucket& LoginLimiter::bucket(Table& table, std::string_view key, Rate rate,
                                           MonoTime now) {
  static_assert(crypto_shorthash_KEYBYTES == 16);
  std::uint64_t hash = 0;
  crypto_shorthash(reinterpret_cast<unsigned char*>(&hash),
                   reinterpret_cast<const unsigned char*>(key.data()), key.size(), secret_.data());
  Bucket& found = table[hash % kBuckets];
  const auto passed = std::max(now - found.at, Duration{0});
  found.taken = std::max(0.0, found.taken - static_cast<double>(passed.count()) /
                                                static_cast<double>(rate.refill.count()));
  found.at = std::max(found.at, now);
  return found;
}

Duration LoginLimiter::attempt(std::string_view user, std::string_view address, MonoTime now) {
  Bucket& by_user = bucket(users_, user, settings_.user, now);
  Bucket& by_address = bucket(addresses_, limiter_address(address), settings_.address, now);
  const auto wait =
      std::max(wait_for(by_user.taken, settings_.user.burst, settings_.user.refill),
               wait_for(by_address.taken, settings_.address.burst, settings_.address.refill));
  if (wait == Duration{0}) {
    by_user.taken += 1;
    by_address.taken += 1;
  }
  return wait;
}

void LoginLimiter::succeeded(std::string_view user, std::string_view address, MonoTime now) {
  for (Bucket* each : {&bucket(users_, user, settings_.user, now),
                       &bucket(addresses_, limiter_address(address), settings_.address, now)})
    each->taken = std::max(0.0, each->taken - 1);
}

std::string limiter_address(std::string_view address) {
  std::string text(address.substr(0, 64));
  in6_addr parsed{};
  if (::inet_pton(AF_INET6, text.substr(0, text.find('%')).c_str(), &parsed) != 1) return text;
  if (IN6_IS_ADDR_V4MAPPED(&parsed)) {
    std::array<char, INET_ADDRSTRLEN> out{};
    ::inet_ntop(AF_INET, &parsed.s6_addr[12], out.data(), out.size());
    return out.data();
  }
  std::memset(&parsed.s6_addr[8], 0, 8);
  std::array<char, INET6_ADDRSTRLEN> out{};
  ::inet_ntop(AF_INET6, &parsed, out.data(), out.size());
  return out.data();
}

std::int64_t retry_after_seconds(Duration wait) {
  return std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(wait).count());
}

}  // namespace tagwerk::auth
