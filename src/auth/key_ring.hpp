#pragma once

#include <filesystem>
#include <sodium/crypto_auth_hmacsha256.h>
#include <string>
#include <string_view>
#include <vector>

#include "auth/crypto.hpp"
#include "base/error.hpp"

namespace tagwerk::auth {

/// The secrets that sign access tokens. The newest signs, all of them verify, so a secret can be
/// replaced while tokens of the old one are still about.
/// Threads: immutable once made
class KeyRing {
 public:
  /// Keys newest first, each at least 1 and at most 1024 bytes.
  /// Fails: invalid_argument for no key, more than kMaxKeys or a bad length
  static Result<KeyRing> make(const std::vector<std::string>& newest_first);
  static constexpr std::size_t kMaxKeys = 4;

  /// HMAC-SHA256 under the newest key.  Source: RFC 2104, RFC 7518 section 3.2
  Digest sign(std::string_view text) const;
  /// Under any key, in constant time for each of them.
  bool verify(std::string_view text, std::string_view signature) const;
  std::size_t size() const { return keys_.size(); }

 private:
  /// The state after the key went in: what follows costs only the text.
  std::vector<crypto_auth_hmacsha256_state> keys_;
};

/// Reads DATA/secret, or makes it (mode 0600, one random key, durable before the answer).
/// Blocks: file reads and one fsync
/// On disk: one key per line, newest first, 32 bytes as base64url; `#` begins a comment line
/// Fails: io; corrupt, naming the line; permission_denied when others may read or write the file
Result<KeyRing> load_or_create_secret(const std::filesystem::path& file);
/// Puts a new key before the present newest one; older ones are dropped. Tokens signed by the one
/// that stays are good until the next rotation.
/// Fails: as load_or_create_secret; the old file stays whole
Result<KeyRing> rotate_secret(const std::filesystem::path& file);

}  // namespace tagwerk::auth
