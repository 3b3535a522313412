#pragma once

#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sodium/crypto_hash_sha256.h>
#include <string>
#include <string_view>

namespace tagwerk::store {

/// SHA-256 of bytes that come piece by piece.
/// Threads: one
class Sha256 {
 public:
  Sha256() { crypto_hash_sha256_init(&state_); }
  void add(std::string_view bytes) {
    crypto_hash_sha256_update(&state_, reinterpret_cast<const unsigned char*>(bytes.data()),
                              bytes.size());
  }
  /// 64 hex digits; the last thing that is asked of it.
  std::string finish() {
    std::array<unsigned char, crypto_hash_sha256_BYTES> sum;
    crypto_hash_sha256_final(&state_, sum.data());
    return fmt::format("{:02x}", fmt::join(sum, ""));
  }

 private:
  crypto_hash_sha256_state state_;
};

}  // namespace tagwerk::store
