#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tagwerk::auth {

/// Password hashes: Argon2id in libsodium's text form for everything new, bcrypt (`$2b$`, `$2a$`,
/// `$2y$`) read for users of the original bus.
///
/// Cost: 3 passes over 32 MiB. libsodium's "interactive" is 2 over 64 MiB; half the memory with one
/// pass more is about as much work, fits small machines (one hash at a time, see PasswordHasher)
/// and stays above the 19 MiB × 2 that OWASP asks for. Threads: any, but slow by design: on io
/// threads use PasswordHasher

inline constexpr std::size_t kMinPasswordBytes = 8;
inline constexpr std::size_t kMaxPasswordBytes = 1024;
inline constexpr std::size_t kHashMemoryBytes = std::size_t{32} << 20;
inline constexpr std::uint64_t kHashPasses = 3;

/// Fails: invalid_argument when too short, too long or with a zero byte inside
Status check_new_password(std::string_view password);

/// Blocks: tens of milliseconds
/// Fails: unavailable when there is no memory for it
Result<std::string> hash_password(std::string_view password);

/// Whether a text can be a password hash that is safe to verify: a known form, and a cost that does
/// not keep the hashing thread for minutes (bcrypt up to 2^14, Argon2id up to 64 MiB × 10).
/// Fails: invalid_argument, saying which
Status check_password_hash(std::string_view hash);
/// An original hash, made by another service.
bool is_legacy_hash(std::string_view hash);

enum class PasswordVerdict : std::uint8_t {
  wrong,
  right,
  right_upgrade,  ///< right, and the hash should be replaced by one of today's form and cost
};

/// An empty hash is that of an unknown user: the answer is `wrong` after the usual time. With
/// `legacy_about` every wrong answer takes the time of one Argon2id and one bcrypt, so that the
/// time does not tell users of the original bus from others and from nobody. Blocks: tens to
/// hundreds of milliseconds Fails: unavailable when there is no memory for it
Result<PasswordVerdict> verify_password(std::string_view password, const std::string& hash,
                                        bool legacy_about);

}  // namespace tagwerk::auth
