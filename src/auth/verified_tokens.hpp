#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "auth/crypto.hpp"

namespace tagwerk::auth {

/// Tokens a thread has verified lately, so that a client who asks ten times a second pays for one
/// HMAC. Only what was verified gets in; what is found must still be checked for its expiry.
/// Threads: one (a thread_local)      Limits: 256 tokens, the newer one wins its place
template <class Value>
class VerifiedTokens {
 public:
  /// Everything that makes a remembered answer void when it changes.
  struct Epoch {
    std::uint64_t instance = 0;
    std::uint64_t users = 0;
    std::uint64_t keys = 0;
    bool operator==(const Epoch&) const = default;
  };

  const Value* find(std::string_view token, const Epoch& epoch) const {
    const Entry& entry = entries_[place(token)];
    return entry.epoch == epoch && same(entry.token, token) ? &entry.value : nullptr;
  }
  void remember(std::string_view token, const Epoch& epoch, Value value) {
    Entry& entry = entries_[place(token)];
    entry.token.assign(token);
    entry.epoch = epoch;
    entry.value = std::move(value);
  }

 private:
  struct Entry {
    std::string token;
    Epoch epoch;
    Value value;
  };
  static constexpr std::size_t kPlaces = 256;
  static constexpr std::size_t kSignature = 43;

  /// Only the signature is a secret; it is compared in constant time, the rest at full speed.
  static bool same(std::string_view known, std::string_view given) {
    if (known.size() != given.size() || known.size() < kSignature) return false;
    const std::size_t rest = known.size() - kSignature;
    return equal_in_constant_time(known.substr(rest), given.substr(rest)) &&
           known.substr(0, rest) == given.substr(0, rest);
  }

  /// The end of a token is its signature, which is as good as random.
  static std::size_t place(std::string_view token) {
    std::size_t hash = 0;
    for (const char c : token.substr(token.size() - std::min<std::size_t>(token.size(), 9)))
      hash = hash * 31 + static_cast<unsigned char>(c);
    return hash % kPlaces;
  }

  std::array<Entry, kPlaces> entries_;
};

}  // namespace tagwerk::auth
