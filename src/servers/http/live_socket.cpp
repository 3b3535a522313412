// The handshake of WS /ws.

#include "base/text.hpp"
#include "servers/http/credentials.hpp"
#include "servers/http/http_api.hpp"
#include "servers/http/live_session.hpp"
#include "servers/http/routes.hpp"

namespace tagwerk::servers::http {
namespace {

constexpr std::string_view kProtocol = "tagwerk";
constexpr std::string_view kBearer = "bearer.";

struct Offer {
  bool tagwerk = false;
  std::string token;
};

/// Of `Sec-WebSocket-Protocol: tagwerk, bearer.<token>`.
Offer read_offer(std::string_view list) {
  Offer out;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view each = base::trimmed(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (each == kProtocol) out.tagwerk = true;
    if (each.starts_with(kBearer)) out.token = each.substr(kBearer.size());
  }
  return out;
}

}  // namespace

void get_live_socket(Call call) {
  if (!call.request.wants_websocket())
    return call.reply(net::error_response(426, "this path is a WebSocket")
                          .header("Upgrade", "websocket")
                          .header("Sec-WebSocket-Version", "13"));
  Offer offer = read_offer(call.request.header("Sec-WebSocket-Protocol").value_or(""));
  // Programs that can set headers may send the token or key as everywhere else.
  auto session = offer.token.empty()
                     ? call.api.verify(call.request)
                     : call.api.authenticator().verify(offer.token, base::utc_now());
  if (!session) return call.fail(401, session.error().message);
  if (offer.token.empty()) offer.token = secret_of(call.request);
  auto handler = std::make_shared<LiveSession>(call.api, call.loop, std::move(offer.token),
                                               std::move(*session));
  call.responder.accept_websocket(offer.tagwerk ? std::string(kProtocol) : std::string(),
                                  std::move(handler));
}

}  // namespace tagwerk::servers::http
