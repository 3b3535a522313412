#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "auth/key_ring.hpp"
#include "base/error.hpp"
#include "base/time.hpp"

namespace tagwerk::auth {

/// As in the store; never given to another user.
using UserId = std::uint64_t;

/// What an access token says. `role` is there for the user's interface only: rights always come
/// from the directory.
struct Claims {
  std::string subject;               ///< `sub`, the user's name
  UserId user = 0;                   ///< `uid`
  std::string id;                    ///< `jti`
  std::string role;                  ///< `role`, may be empty
  std::chrono::sys_seconds issued;   ///< `iat`
  std::chrono::sys_seconds expires;  ///< `exp`; good before, not at
  bool operator==(const Claims&) const = default;
};

inline constexpr std::size_t kMaxTokenBytes = 2048;

/// JWT in compact form, `{"alg":"HS256","typ":"JWT"}`.
/// Threads: any
/// Source: RFC 7515 section 3.1, RFC 7519
std::string encode_token(const Claims& claims, const KeyRing& keys);

/// The signature is checked before anything of the content is believed; HS256 is the only
/// algorithm, whatever the header says. No clock: `now` decides. Threads: any      Limits:
/// kMaxTokenBytes Fails: unauthenticated, with a sentence for the log (answers to clients use
/// kBadToken)
Result<Claims> decode_token(std::string_view token, const KeyRing& keys, UtcTime now);

}  // namespace tagwerk::auth
