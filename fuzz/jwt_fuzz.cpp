#include <cstdint>
#include <cstdlib>

#include "auth/flat_json.hpp"
#include "auth/jwt.hpp"

/// Tokens as an attacker sends them, and contents as if an attacker had the key: nothing crashes,
/// and what was not signed is never accepted.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tagwerk;
  using namespace tagwerk::auth;
  static const KeyRing keys = *KeyRing::make({"a key that the fuzzer does not know"});
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const UtcTime now{};

  if (decode_token(input, keys, now)) std::abort();

  if (const auto bytes = decode_base64url(input); bytes && encode_base64url(*bytes) != input)
    std::abort();

  const std::string signed_text =
      encode_base64url(R"({"alg":"HS256","typ":"JWT"})") + "." + encode_base64url(input);
  const Digest signature = keys.sign(signed_text);
  const std::string token =
      signed_text + "." + encode_base64url(signature.data(), signature.size());
  if (const auto claims = decode_token(token, keys, now)) {
    const auto again = decode_token(encode_token(*claims, keys), keys, now);
    const bool longer = encode_token(*claims, keys).size() > kMaxTokenBytes;
    if (!longer && (!again || *again != *claims)) std::abort();
  }
  return 0;
}
