#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/rights.hpp"
#include "base/time.hpp"

namespace tagwerk::auth {

/// As in the store; never given to another key.
using KeyId = std::uint64_t;

/// A role by its name, and where it holds.
struct AccountGrant {
  std::string role;
  std::string subtree = "/";
  bool operator==(const AccountGrant&) const = default;
};

/// What a program logs in with, as stored: named, with rights of its own, revocable.
struct ServiceKey {
  KeyId id = 0;
  std::string name{};
  std::string description{};
  std::string hash{};  ///< SHA-256 of the key, hex: the key itself is never stored
  std::vector<AccountGrant> grants{};
  UtcTime created{};
  std::string created_by{};
  std::optional<UtcTime> expires{};
  std::optional<UtcTime> last_used{};
  std::optional<UtcTime> revoked{};
  bool operator==(const ServiceKey&) const = default;
};

inline constexpr std::string_view kKeyPrefix = "twk_";

/// "twk_" and 43 characters of base64url that carry 32 random bytes.
std::string random_key();
/// Whether a credential is meant as a key; says nothing about whether there is such a key.
inline bool has_key_form(std::string_view credential) {
  return credential.starts_with(kKeyPrefix);
}

/// When a key was last used: noted with each request, for the database at most once a minute.
/// Threads: any
class KeyUse {
 public:
  static constexpr Duration kPeriod = std::chrono::minutes(1);

  explicit KeyUse(std::optional<UtcTime> stored)
      : last_(stored.value_or(kNever)), stored_(stored.value_or(kNever)) {}

  /// True when it is time to store it; to one caller only.
  bool note(UtcTime now);
  std::optional<UtcTime> last() const;

 private:
  std::atomic<UtcTime> last_;
  std::atomic<UtcTime> stored_;
};

}  // namespace tagwerk::auth
