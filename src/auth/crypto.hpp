#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tagwerk::auth {

/// The few primitives that tokens and secrets are made of, on libsodium. No policy here.
/// Threads: any

using Digest = std::array<unsigned char, 32>;

/// Must have run once before anything else of libsodium; every function here sees to it.
void ensure_crypto();

void fill_random(unsigned char* out, std::size_t size);
Digest sha256(std::string_view text);
/// Takes the same time wherever the difference is. Texts of unequal length differ at once: lengths
/// are not secret here.
bool equal_in_constant_time(std::string_view a, std::string_view b);
/// Overwrites a secret; the compiler does not remove it.
void wipe(std::string& secret);

/// base64url without padding.  Source: RFC 4648 section 5
std::string encode_base64url(const unsigned char* bytes, std::size_t size);
std::string encode_base64url(std::string_view text);
/// Nothing when a character is foreign, padding is there, the length is impossible or unused bits
/// are not zero: every byte sequence has exactly one spelling.
std::optional<std::string> decode_base64url(std::string_view text);

/// Base64 with or without padding.  Source: RFC 4648 section 4
/// Limits: 4,096 characters
std::optional<std::string> decode_base64(std::string_view text);

std::string to_hex(const Digest& digest);
/// 43 characters of base64url that carry 32 random bytes: refresh tokens, setup tokens.
std::string random_token();

}  // namespace tagwerk::auth
