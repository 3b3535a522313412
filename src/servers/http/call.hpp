#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "access/access.hpp"
#include "auth/authenticator.hpp"
#include "model/document.hpp"
#include "net/http.hpp"
#include "net/url.hpp"

namespace tagwerk::servers::http {

class HttpApi;
struct LoopState;

/// The HTTP status that says the same as an error's code.
int status_of(ErrorCode code);

/// Where a page of a list begins and how long it is. The cursor is opaque to clients.
struct Page {
  std::size_t offset = 0;
  std::size_t limit = 1000;

  /// From `limit` and `cursor`. Limits: 1 to 10,000
  /// Fails: invalid_argument
  static Result<Page> from(const net::QueryParameters& query);
  static Result<std::size_t> limit_of(const net::QueryParameters& query);
  /// For the page after this one of `total` things; empty when this is the last.
  std::string next(std::size_t total) const;
  /// Those of `all` that stand on this page; none behind the last.
  template <class Thing>
  std::span<const Thing> of(const std::vector<Thing>& all) const {
    const std::size_t begin = std::min(offset, all.size());
    return std::span(all).subspan(begin, std::min(limit, all.size() - begin));
  }
};

/// One request of the API on its way to its answer; moved along until somebody answers.
/// Threads: one at a time; loop() only on the request's loop
struct Call {
  HttpApi& api;
  LoopState& loop;
  net::Request request;
  net::Responder responder;
  std::string path;                                  ///< decoded, without the base path
  std::string parameter;                             ///< what stands for `{…}` in the route
  std::shared_ptr<const auth::Principal> principal;  ///< null on open routes

  /// Fails: invalid_argument
  Result<net::QueryParameters> query() const;
  /// The page of a list that the query asks for.
  /// Fails: invalid_argument
  Result<Page> page() const;
  access::Caller caller() const;

  void reply(net::Response response) { responder.send(std::move(response)); }
  void json(std::string body) { json(200, std::move(body)); }
  void json(int status, std::string body);
  void no_content() { reply(net::Response(204)); }
  void fail(int status, std::string_view detail);
  void fail(const Error& error) { fail(status_of(error.code), error.to_string()); }
  /// 429 says when to come back.
  void fail(const auth::Refusal& refusal);

  /// The body as JSON. When it is none the call has been answered: 415 or 400.
  std::optional<model::Node> json_body();
};

/// `{"detail":…}` with the status and what HTTP wants beside it.
net::Response failure_response(int status, std::string_view detail);
/// `{"detail":…}`
std::string detail_json(std::string_view detail);
/// "application/json" of "application/json; charset=utf-8".
std::string_view media_type(const net::Request& request);

}  // namespace tagwerk::servers::http
