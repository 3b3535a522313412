#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "net/tls_context.hpp"

namespace tagwerk::net {

/// What a server answered.
struct HttpAnswer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  std::optional<std::string_view> header(std::string_view name) const;
};

struct HttpClientOptions {
  std::string url = {};        ///< see ServerUrl; what is asked is appended to its path
  std::string unix_path = {};  ///< not empty: connect here instead of to the URL's host
  TlsTrust trust;              ///< for https:
  std::string bearer = {};     ///< token for Authorization; empty = none
  Duration timeout = std::chrono::seconds(10);  ///< for a whole request, connecting included
  std::uint64_t body_limit = 64 * 1024 * 1024;
};

/// Takes a body that is not to be held in memory, piece by piece. `total`: bytes of all pieces, 0
/// when the server did not say. A failure ends the request and is what it fails with.
using BodySink = std::function<Status(std::string_view piece, std::uint64_t total)>;

/// A small blocking HTTP client for the command line and for tests; keeps its connection.
/// Threads: one   Blocks: up to the timeout
/// Fails: invalid_argument for the URL, unavailable when nobody listens, permission_denied for a
/// certificate that is not trusted, timeout, corrupt, limit_exceeded; an answer with any status is
/// not a failure
class HttpClient {
 public:
  explicit HttpClient(HttpClientOptions options);
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;

  Result<HttpAnswer> get(std::string_view target) { return request("GET", target, {}, {}); }
  Result<HttpAnswer> post(std::string_view target, std::string_view body,
                          std::string_view content_type = "application/json") {
    return request("POST", target, body, content_type);
  }
  Result<HttpAnswer> put(std::string_view target, std::string_view body,
                         std::string_view content_type = "application/json") {
    return request("PUT", target, body, content_type);
  }
  Result<HttpAnswer> remove(std::string_view target) { return request("DELETE", target, {}, {}); }
  Result<HttpAnswer> request(std::string_view method, std::string_view target,
                             std::string_view body, std::string_view content_type);
  /// GET of something large: the body of a 200 goes to the sink, that of another answer is kept as
  /// ever. The timeout counts anew with every piece.
  Result<HttpAnswer> download(std::string_view target, const BodySink& sink);

  void set_bearer(std::string token);

 private:
  struct Impl;
  struct Question;
  Result<HttpAnswer> ask(const Question& question, const BodySink* sink);

  std::unique_ptr<Impl> impl_;
};

}  // namespace tagwerk::net
