#include "auth/crypto.hpp"

#include <sodium.h>

#include "base/assert.hpp"

namespace tagwerk::auth {
namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

constexpr std::uint8_t kForeign = 0xff;
/// Ours because that of libsodium 1.0.18 takes some bytes above 0x7f for letters.
constexpr auto kValues = [] {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::array<std::uint8_t, 256> values{};
  values.fill(kForeign);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  return values;
}();

}  // namespace

void ensure_crypto() {
  static const int ready = sodium_init();
  TAGWERK_ASSERT(ready >= 0);
}

void fill_random(unsigned char* out, std::size_t size) {
  ensure_crypto();
  randombytes_buf(out, size);
}

Digest sha256(std::string_view text) {
  ensure_crypto();
  Digest out;
  crypto_hash_sha256(out.data(), bytes_of(text), text.size());
  return out;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && (a.empty() || sodium_memcmp(a.data(), b.data(), a.size()) == 0);
}

void wipe(std::string& secret) {
  if (!secret.empty()) sodium_memzero(secret.data(), secret.size());
  secret.clear();
}

std::string encode_base64url(const unsigned char* bytes, std::size_t size) {
  ensure_crypto();
  std::string out(sodium_base64_encoded_len(size, kVariant), '\0');
  sodium_bin2base64(out.data(), out.size(), bytes, size, kVariant);
  out.pop_back();  // its terminator
  return out;
}

std::string encode_base64url(std::string_view text) {
  return encode_base64url(bytes_of(text), text.size());
}

std::optional<std::string> decode_base64url(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const std::uint8_t value = kValues[static_cast<unsigned char>(c)];
    if (value == kForeign) return std::nullopt;
    bits = (bits << 6) | value;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>((bits >> count) & 0xff);
  }
  if ((bits & ((1u << count) - 1)) != 0) return std::nullopt;
  return out;
}

std::optional<std::string> decode_base64(std::string_view text) {
  constexpr std::size_t kLongest = 4096;
  ensure_crypto();
  if (text.size() > kLongest) return std::nullopt;
  const int variant = text.ends_with('=') ? sodium_base64_VARIANT_ORIGINAL
                                          : sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
  std::string out(text.size() / 4 * 3 + 3, '\0');
  std::size_t size = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(),
                        text.size(), nullptr, &size, nullptr, variant) != 0)
    return std::nullopt;
  out.resize(size);
  return out;
}

std::string to_hex(const Digest& digest) {
  std::string out(digest.size() * 2 + 1, '\0');
  sodium_bin2hex(out.data(), out.size(), digest.data(), digest.size());
  out.pop_back();
  return out;
}

std::string random_token() {
  Digest bytes;
  fill_random(bytes.data(), bytes.size());
  return encode_base64url(bytes.data(), bytes.size());
}

}  // namespace tagwerk::auth
