#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "access/access.hpp"
#include "auth/authenticator.hpp"
#include "net/http_server.hpp"
#include "servers/http/assets.hpp"
#include "servers/http/call.hpp"
#include "servers/http/cross_origin.hpp"
#include "servers/http/loop_state.hpp"
#include "servers/http/router.hpp"
#include "servers/http/static_files.hpp"

namespace tagwerk::servers::http {

/// Header lines that every answer carries; for net::HttpServerOptions::common_headers.
std::string_view common_headers();

struct HttpApiOptions {
  std::string base_path;                       ///< "" or "/tagwerk": what stands before every path
  std::span<const Asset> assets;               ///< the web interface: embedded_assets()
  bool metrics_open_on_loopback = true;        ///< GET /metrics without a token from this machine
  std::vector<std::string> cors_origins = {};  ///< "https://plant.example": see CrossOrigin
  /// How long browsers shall ask by HTTPS only, once they did; 0 = they are told nothing.
  Duration hsts = {};
};

/// The HTTP API of /openapi.json, the WebSocket at /ws and the web interface, on top of access and
/// auth. Makes no threads and keeps no plant state of its own.
/// Threads: what HttpHandler has on the loops given; the rest any
/// Owns:    per loop a hub and remembered texts; access, auth and loops outlive it, and what they
///          still have to answer is answered before it goes
class HttpApi final : public net::HttpHandler {
 public:
  HttpApi(access::Access& access, auth::Authenticator& authenticator,
          std::span<net::EventLoop* const> loops, HttpApiOptions options);
  ~HttpApi() override;

  /// Whose counters /metrics shows.
  void show_counters_of(const net::HttpServer* server) { server_.store(server); }

  void handle(net::Request&& request, net::Responder responder) override;
  net::Admission admit(const net::Request& request) override;
  std::string header_lines(const net::Request& request) override;

  access::Access& access() { return access_; }
  auth::Authenticator& authenticator() { return authenticator_; }
  const HttpApiOptions& options() const { return options_; }
  const std::shared_ptr<const std::string>& openapi() const { return openapi_; }
  const net::HttpServer* server() const { return server_.load(); }

  struct LiveCounts {
    std::uint64_t clients = 0, subscriptions = 0, coalesced = 0, delivered = 0;
  };
  LiveCounts live_counts() const;
  std::atomic<std::uint64_t>& live_clients() { return live_clients_; }

  /// The session of the request's token or key; see credentials.hpp.
  /// Fails: unauthenticated
  Result<auth::Session> verify(const net::Request& request) const;

 private:
  LoopState& state_of(const net::EventLoop& loop);
  std::optional<std::string> local_path(const net::Request& request) const;
  void answer_unrouted(Call call, bool path_known);
  std::optional<net::Response> answer_with_page(const Call& call) const;

  access::Access& access_;
  auth::Authenticator& authenticator_;
  const HttpApiOptions options_;
  const Router router_;
  const StaticFiles files_;
  const CrossOrigin cross_origin_;
  const std::string hsts_line_;
  const std::shared_ptr<const std::string> openapi_;
  std::vector<std::unique_ptr<LoopState>> loops_;
  std::atomic<const net::HttpServer*> server_{nullptr};
  std::atomic<std::uint64_t> live_clients_{0};
};

}  // namespace tagwerk::servers::http
