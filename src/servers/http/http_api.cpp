#include "servers/http/http_api.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "servers/http/credentials.hpp"
#include "servers/http/openapi.hpp"
#include "servers/http/routes.hpp"

namespace tagwerk::servers::http {
namespace {

constexpr std::uint64_t kUnroutedBody = 64 * 1024;

std::vector<std::unique_ptr<LoopState>> make_states(access::Access& access,
                                                    std::span<net::EventLoop* const> loops) {
  std::vector<std::unique_ptr<LoopState>> out;
  for (net::EventLoop* loop : loops) {
    out.push_back(std::make_unique<LoopState>(*loop));
    out.back()->hub = access.make_hub(*loop);
  }
  return out;
}

std::string hsts_line(Duration time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
  if (seconds == 0) return {};
  return fmt::format("Strict-Transport-Security: max-age={}\r\n", seconds);
}

}  // namespace

std::string_view common_headers() {
  return "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n";
}

HttpApi::HttpApi(access::Access& access, auth::Authenticator& authenticator,
                 std::span<net::EventLoop* const> loops, HttpApiOptions options)
    : access_(access),
      authenticator_(authenticator),
      options_(std::move(options)),
      router_(all_routes()),
      files_(options_.assets, options_.base_path),
      cross_origin_(options_.cors_origins),
      hsts_line_(hsts_line(options_.hsts)),
      openapi_(std::make_shared<const std::string>(openapi_json(options_.base_path))),
      loops_(make_states(access, loops)) {}

HttpApi::~HttpApi() = default;

LoopState& HttpApi::state_of(const net::EventLoop& loop) {
  const auto found =
      std::ranges::find_if(loops_, [&](const auto& state) { return &state->loop == &loop; });
  TAGWERK_ASSERT(found != loops_.end());
  return **found;
}

std::optional<std::string> HttpApi::local_path(const net::Request& request) const {
  const auto target = net::parse_target(request.target());
  if (!target) return std::nullopt;
  auto path = net::decode_path(target->path);
  if (!path) return std::nullopt;
  if (options_.base_path.empty()) return std::move(*path);
  if (!path->starts_with(options_.base_path)) return "";
  path->erase(0, options_.base_path.size());
  if (path->empty()) return "";
  return path->front() == '/' ? std::move(*path) : std::string();
}

net::Admission HttpApi::admit(const net::Request& request) {
  const auto path = local_path(request);
  const auto match = path ? router_.find(request.method(), *path) : Router::Match{};
  if (match.route == nullptr) return {kUnroutedBody};
  const std::uint64_t limit = match.route->body_limit;
  if (limit <= kUnroutedBody || match.route->need != Need::token) return {limit};
  // Only somebody who has signed on may make the server hold a large body.
  const auto session = verify(request);
  if (session) return {limit};
  return {kUnroutedBody, failure_response(401, session.error().message)};
}

std::string HttpApi::header_lines(const net::Request& request) {
  std::string lines = cross_origin_.header_lines(request);
  if (request.peer()->secure) lines += hsts_line_;
  return lines;
}

void HttpApi::handle(net::Request&& request, net::Responder responder) {
  LoopState& loop = state_of(request.loop());
  auto path = local_path(request);
  Call call{*this, loop, std::move(request), std::move(responder), path.value_or(""), {}, {}};
  if (!path) return call.fail(400, "the URL is malformed: a bad escape or a path out of bounds");
  const auto match = router_.find(call.request.method(), call.path);
  if (match.route == nullptr) return answer_unrouted(std::move(call), match.path_known);
  if (match.route->need == Need::token) {
    auto session = verify(call.request);
    if (!session) return call.fail(401, session.error().message);
    call.principal = std::move(session->principal);
  }
  call.parameter = match.parameter;
  match.route->handle(std::move(call));
}

void HttpApi::answer_unrouted(Call call, bool path_known) {
  if (auto page = answer_with_page(call)) return call.reply(std::move(*page));
  if (!path_known)
    return call.fail(404, fmt::format("there is nothing at '{}'",
                                      call.path.empty() ? call.request.target() : call.path));
  const std::string allowed = router_.allowed(call.path);
  if (call.request.method() == net::Method::options) {
    net::Response response = net::Response(204).header("Allow", allowed);
    cross_origin_.answer_preflight(call.request, allowed, response);
    return call.reply(std::move(response));
  }
  call.reply(net::error_response(405, fmt::format("this path knows {} only", allowed))
                 .header("Allow", allowed));
}

/// Also where the API knows other methods only: a browser that opens /login gets the page.
std::optional<net::Response> HttpApi::answer_with_page(const Call& call) const {
  const net::Method method = call.request.method();
  if (method != net::Method::get && method != net::Method::head) return std::nullopt;
  if (call.path.empty()) {
    const auto target = net::parse_target(call.request.target());
    const bool bare = !options_.base_path.empty() && target && target->path == options_.base_path;
    if (!bare) return std::nullopt;
    return net::Response(308).header("Location", options_.base_path + "/");
  }
  if (call.path.starts_with("/api/")) return std::nullopt;
  return files_.answer(call.path, call.request);
}

Result<auth::Session> HttpApi::verify(const net::Request& request) const {
  return verify_request(authenticator_, request, base::utc_now());
}

HttpApi::LiveCounts HttpApi::live_counts() const {
  LiveCounts out{.clients = live_clients_.load()};
  for (const auto& state : loops_) {
    const auto counters = state->hub->counters();
    out.subscriptions += counters.subscriptions;
    out.coalesced += counters.coalesced;
    out.delivered += counters.delivered;
  }
  return out;
}

}  // namespace tagwerk::servers::http
