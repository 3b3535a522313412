#include "auth/password.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <crypt.h>
#include <memory>
#include <sodium.h>

#include "auth/crypto.hpp"

namespace tagwerk::auth {
namespace {

constexpr int kMaxBcryptCost = 14;
constexpr std::uint64_t kMaxMemoryKib = 64 * 1024;
constexpr std::uint64_t kMaxPasses = 10;
constexpr std::size_t kBcryptSize = 60;

std::unexpected<Error> no_memory() {
  return fail(ErrorCode::unavailable,
              "no memory ({} MiB) to check a password now; try again, or give the machine more",
              kHashMemoryBytes >> 20);
}

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool take_number(std::string_view& text, std::uint64_t limit) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number == 0 || number > limit) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool bcrypt_is_safe(std::string_view hash) {
  if (hash.size() != kBcryptSize || hash[6] != '$') return false;
  int cost = 0;
  const auto [end, error] = std::from_chars(hash.data() + 4, hash.data() + 6, cost);
  return error == std::errc{} && end == hash.data() + 6 && cost >= 4 && cost <= kMaxBcryptCost;
}

bool argon2_is_safe(std::string_view hash) {
  return hash.size() < crypto_pwhash_STRBYTES && take(hash, "$argon2id$v=19$m=") &&
         take_number(hash, kMaxMemoryKib) && take(hash, ",t=") && take_number(hash, kMaxPasses) &&
         take(hash, ",p=1$");
}

bool bcrypt_matches(std::string_view password, const std::string& hash) {
  // crypt() ends at a zero byte: what follows would not be compared.
  if (password.find('\0') != std::string_view::npos) return false;
  auto space = std::make_unique<crypt_data>();
  std::string terminated(password);
  const char* made = crypt_r(terminated.c_str(), hash.c_str(), space.get());
  const bool same = made != nullptr && equal_in_constant_time(made, hash);
  wipe(terminated);
  sodium_memzero(space.get(), sizeof(crypt_data));
  return same;
}

Result<bool> argon2_matches(std::string_view password, const std::string& hash) {
  errno = 0;
  if (crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0) return true;
  if (errno == ENOMEM) return no_memory();
  return false;
}

/// The time of a check against the hash of a random password that nobody knows; always false.
Result<bool> waste_argon2(std::string_view password) {
  static const Result<std::string> nobody = hash_password(random_token());
  if (!nobody) return std::unexpected(nobody.error());
  const auto same = argon2_matches(password, *nobody);
  if (!same) return std::unexpected(same.error());
  return false;
}

void waste_bcrypt(std::string_view password) {
  // Cost 12, as the original bus uses; matches no password that is known.
  static const std::string nobody = "$2b$12$abcdefghijklmnopqrstuu" + std::string(31, '.');
  bcrypt_matches(password.substr(0, password.find('\0')), nobody);
}

Result<bool> matches(std::string_view password, const std::string& hash) {
  if (hash.empty()) return waste_argon2(password);
  if (is_legacy_hash(hash)) return bcrypt_matches(password, hash);
  return argon2_matches(password, hash);
}

}  // namespace

Status check_new_password(std::string_view password) {
  if (password.size() < kMinPasswordBytes)
    return fail(ErrorCode::invalid_argument,
                "the password has {} characters; at least {} are needed", password.size(),
                kMinPasswordBytes);
  if (password.size() > kMaxPasswordBytes)
    return fail(ErrorCode::invalid_argument, "the password has {} bytes; at most {} are allowed",
                password.size(), kMaxPasswordBytes);
  if (password.find('\0') != std::string_view::npos)
    return fail(ErrorCode::invalid_argument, "the password holds a zero byte; leave it out");
  return {};
}

Result<std::string> hash_password(std::string_view password) {
  ensure_crypto();
  std::array<char, crypto_pwhash_STRBYTES> out{};
  if (crypto_pwhash_str_alg(out.data(), password.data(), password.size(), kHashPasses,
                            kHashMemoryBytes, crypto_pwhash_ALG_ARGON2ID13) != 0)
    return no_memory();
  return std::string(out.data());
}

Status check_password_hash(std::string_view hash) {
  if (hash.find('\0') == std::string_view::npos) {
    if (is_legacy_hash(hash) && bcrypt_is_safe(hash)) return {};
    if (argon2_is_safe(hash)) return {};
  }
  return fail(ErrorCode::invalid_argument,
              "not a password hash that can be used: bcrypt ($2b$, cost 4 to {}) and Argon2id (up "
              "to {} MiB and {} passes) can",
              kMaxBcryptCost, kMaxMemoryKib / 1024, kMaxPasses);
}

bool is_legacy_hash(std::string_view hash) {
  return hash.starts_with("$2b$") || hash.starts_with("$2a$") || hash.starts_with("$2y$");
}

Result<PasswordVerdict> verify_password(std::string_view password, const std::string& hash,
                                        bool legacy_about) {
  ensure_crypto();
  password = password.substr(0, kMaxPasswordBytes + 1);  // one more matches nothing that was set
  const std::string known = check_password_hash(hash) ? hash : std::string{};
  const auto same = matches(password, known);
  if (!same) return std::unexpected(same.error());
  if (*same)
    return is_legacy_hash(known) ||
                   crypto_pwhash_str_needs_rehash(known.c_str(), kHashPasses, kHashMemoryBytes) != 0
               ? PasswordVerdict::right_upgrade
               : PasswordVerdict::right;
  if (is_legacy_hash(known)) {
    if (const auto wasted = waste_argon2(password); !wasted) return std::unexpected(wasted.error());
  } else if (legacy_about) {
    waste_bcrypt(password);
  }
  return PasswordVerdict::wrong;
}

}  // namespace tagwerk::auth
