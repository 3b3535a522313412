#include "servers/http/call.hpp"

#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "servers/http/json_writer.hpp"

namespace tagwerk::servers::http {
namespace {

constexpr std::size_t kMaxLimit = 10'000;

std::optional<std::size_t> number_in(std::string_view text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
      return 422;
    case ErrorCode::not_found:
      return 404;
    case ErrorCode::already_exists:
    case ErrorCode::conflict:
      return 409;
    case ErrorCode::permission_denied:
      return 403;
    case ErrorCode::unauthenticated:
      return 401;
    case ErrorCode::limit_exceeded:
      return 429;
    case ErrorCode::unavailable:
      return 503;
    case ErrorCode::timeout:
      return 504;
    case ErrorCode::io:
    case ErrorCode::corrupt:
    case ErrorCode::internal:
      return 500;
  }
  return 500;
}

Result<std::size_t> Page::limit_of(const net::QueryParameters& query) {
  const auto text = query.find("limit");
  if (!text) return Page{}.limit;
  const auto limit = number_in(*text);
  if (limit && *limit >= 1 && *limit <= kMaxLimit) return *limit;
  return tagwerk::fail(ErrorCode::invalid_argument,
                       "'limit' must be a number from 1 to {}, not '{}'", kMaxLimit, *text);
}

Result<Page> Page::from(const net::QueryParameters& query) {
  const auto limit = limit_of(query);
  if (!limit) return std::unexpected(limit.error());
  Page page{.offset = 0, .limit = *limit};
  if (const auto text = query.find("cursor"); text && !text->empty()) {
    const auto offset = text->starts_with('o') ? number_in(text->substr(1)) : std::nullopt;
    if (!offset)
      return tagwerk::fail(ErrorCode::invalid_argument,
                           "'{}' is not a cursor of this list; begin again without one", *text);
    page.offset = *offset;
  }
  return page;
}

std::string Page::next(std::size_t total) const {
  if (offset >= total || total - offset <= limit) return {};
  return "o" + std::to_string(offset + limit);
}

Result<net::QueryParameters> Call::query() const {
  const auto target = net::parse_target(request.target());
  if (!target) return std::unexpected(target.error());
  return net::QueryParameters::parse(target->query);
}

Result<Page> Call::page() const {
  const auto parameters = query();
  if (!parameters) return std::unexpected(parameters.error());
  return Page::from(*parameters);
}

access::Caller Call::caller() const {
  return {principal, "http " + request.peer()->address};
}

void Call::json(int status, std::string body) {
  reply(net::Response(status, "application/json", std::move(body)));
}

void Call::fail(int status, std::string_view detail) {
  reply(failure_response(status, detail));
}

void Call::fail(const auth::Refusal& refusal) {
  const int status = status_of(refusal.error.code);
  if (status != 429) return fail(status, refusal.error.message);
  const auto seconds = std::max<std::int64_t>(1, refusal.retry_after_seconds);
  reply(net::Response(status, "application/json", detail_json(refusal.error.message))
            .header("Retry-After", std::to_string(seconds)));
}

std::optional<model::Node> Call::json_body() {
  const std::string_view type = media_type(request);
  if (!type.empty() && !net::equal_ignoring_case(type, "application/json")) {
    fail(415, fmt::format("the body must be application/json, not '{}'", type));
    return std::nullopt;
  }
  auto node = model::parse_json(request.body(), "body");
  if (!node) {
    fail(400, node.error().to_string());
    return std::nullopt;
  }
  return std::move(*node);
}

net::Response failure_response(int status, std::string_view detail) {
  net::Response response(status, "application/json", detail_json(detail));
  if (status == 401) response.header("WWW-Authenticate", "Bearer");
  return response;
}

std::string detail_json(std::string_view detail) {
  std::string body;
  JsonWriter(body).open_object().member("detail", detail).close_object();
  return body;
}

std::string_view media_type(const net::Request& request) {
  const std::string_view type = request.header("Content-Type").value_or("");
  return base::trimmed(type.substr(0, type.find(';')));
}

}  // namespace tagwerk::servers::http
