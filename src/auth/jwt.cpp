#include "auth/jwt.hpp"

#include "auth/flat_json.hpp"

namespace tagwerk::auth {
namespace {

constexpr std::string_view kHeader = R"({"alg":"HS256","typ":"JWT"})";

std::unexpected<Error> refused(std::string_view why) {
  return fail(ErrorCode::unauthenticated, "token refused: {}", why);
}

struct Parts {
  std::string_view header, payload, signature, signed_text;
};

bool split(std::string_view token, Parts& parts) {
  const auto first = token.find('.');
  const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos) return false;
  parts = {token.substr(0, first), token.substr(first + 1, second - first - 1),
           token.substr(second + 1), token.substr(0, second)};
  return parts.signature.find('.') == std::string_view::npos;
}

/// HS256 and nothing that asks for more understanding than there is here.
bool header_is_ours(std::string_view encoded) {
  static const std::string usual = encode_base64url(kHeader);
  if (encoded == usual) return true;
  const auto text = decode_base64url(encoded);
  const auto header = text ? FlatObject::parse(*text) : std::nullopt;
  if (!header || header->has("crit")) return false;
  const std::string* algorithm = header->text("alg");
  return algorithm != nullptr && *algorithm == "HS256";
}

Result<Claims> read_claims(std::string_view payload) {
  const auto text = decode_base64url(payload);
  const auto object = text ? FlatObject::parse(*text) : std::nullopt;
  if (!object) return refused("its content is not a plain JSON object");
  const auto* subject = object->text("sub");
  const auto* id = object->text("jti");
  const auto* user = object->number("uid");
  const auto* issued = object->number("iat");
  const auto* expires = object->number("exp");
  if (subject == nullptr || id == nullptr || user == nullptr || issued == nullptr ||
      expires == nullptr)
    return refused("sub, exp, iat, jti or uid is missing or of the wrong type");
  if (*user < 0) return refused("its uid is negative");
  const auto* role = object->text("role");
  using std::chrono::seconds;
  using std::chrono::sys_seconds;
  return Claims{.subject = *subject,
                .user = static_cast<UserId>(*user),
                .id = *id,
                .role = role == nullptr ? std::string{} : *role,
                .issued = sys_seconds{seconds{*issued}},
                .expires = sys_seconds{seconds{*expires}}};
}

}  // namespace

std::string encode_token(const Claims& claims, const KeyRing& keys) {
  std::string payload = R"({"sub":)";
  append_json_text(payload, claims.subject);
  payload += fmt::format(R"(,"exp":{},"iat":{},"jti":)", claims.expires.time_since_epoch().count(),
                         claims.issued.time_since_epoch().count());
  append_json_text(payload, claims.id);
  payload += fmt::format(R"(,"uid":{})", claims.user);
  if (!claims.role.empty()) {
    payload += R"(,"role":)";
    append_json_text(payload, claims.role);
  }
  payload += '}';
  std::string token = encode_base64url(kHeader) + "." + encode_base64url(payload);
  const Digest signature = keys.sign(token);
  return token + "." + encode_base64url(signature.data(), signature.size());
}

Result<Claims> decode_token(std::string_view token, const KeyRing& keys, UtcTime now) {
  if (token.size() > kMaxTokenBytes) return refused("it is longer than 2048 bytes");
  Parts parts;
  if (!split(token, parts)) return refused("it has not three parts");
  if (!header_is_ours(parts.header)) return refused("its header is not that of an HS256 token");
  const auto signature = decode_base64url(parts.signature);
  if (!signature || !keys.verify(parts.signed_text, *signature))
    return refused("its signature does not match");
  auto claims = read_claims(parts.payload);
  if (claims && std::chrono::floor<std::chrono::seconds>(now) >= claims->expires)
    return refused("it has expired");
  return claims;
}

}  // namespace tagwerk::auth
