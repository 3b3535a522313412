#include "servers/http/credentials.hpp"

#include "auth/crypto.hpp"
#include "net/url.hpp"

namespace tagwerk::servers::http {
namespace {

constexpr std::string_view kKeyHeader = "X-API-Key";

/// What follows the scheme's name ("bearer ") in the header Authorization; the parser took trailing
/// blanks away.
std::optional<std::string_view> authorization(const net::Request& request,
                                              std::string_view scheme) {
  const std::string_view value = request.header("Authorization").value_or("");
  const std::string_view name = scheme.substr(0, scheme.size() - 1);
  if (net::equal_ignoring_case(value, name)) return "";
  if (!net::equal_ignoring_case(value.substr(0, scheme.size()), scheme)) return std::nullopt;
  return value.substr(scheme.size());
}

struct NameAndKey {
  std::string name;
  std::string key;
};

Result<NameAndKey> read_basic(std::string_view encoded) {
  const auto text = auth::decode_base64(encoded);
  const auto colon = text ? text->find(':') : std::string::npos;
  if (colon == std::string::npos)
    return fail(ErrorCode::unauthenticated,
                "Authorization: Basic must carry NAME:KEY in base64, NAME being a service key's");
  return NameAndKey{text->substr(0, colon), text->substr(colon + 1)};
}

Result<auth::Session> verify_basic(const auth::Authenticator& authenticator,
                                   std::string_view encoded, UtcTime now) {
  const auto shown = read_basic(encoded);
  if (!shown) return std::unexpected(shown.error());
  if (!auth::has_key_form(shown->key))
    return fail(ErrorCode::unauthenticated,
                "Basic is for service keys: the key's name as user, the key as password; people "
                "log in with POST /login");
  auto session = authenticator.verify(shown->key, now);
  if (session && session->principal->name() != shown->name)
    return fail(ErrorCode::unauthenticated, "the service key is named '{}', not '{}'",
                session->principal->name(), shown->name.substr(0, 100));
  return session;
}

}  // namespace

Result<auth::Session> verify_request(const auth::Authenticator& authenticator,
                                     const net::Request& request, UtcTime now) {
  if (const auto token = authorization(request, "bearer "))
    return authenticator.verify(*token, now);
  if (const auto key = request.header(kKeyHeader)) {
    if (auth::has_key_form(*key)) return authenticator.verify(*key, now);
    return fail(ErrorCode::unauthenticated, "{} takes a service key: {}…", kKeyHeader,
                auth::kKeyPrefix);
  }
  if (const auto basic = authorization(request, "basic "))
    return verify_basic(authenticator, *basic, now);
  return fail(ErrorCode::unauthenticated, "Not authenticated");
}

std::string secret_of(const net::Request& request) {
  if (const auto token = authorization(request, "bearer ")) return std::string(*token);
  if (const auto key = request.header(kKeyHeader)) return std::string(*key);
  const auto basic = read_basic(authorization(request, "basic ").value_or(""));
  return basic ? basic->key : "";
}

}  // namespace tagwerk::servers::http
