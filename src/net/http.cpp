#include "net/http.hpp"

#include <array>
#include <cstring>

#include "net/url.hpp"

namespace tagwerk::net {
namespace {

/// Quotes, backslashes and control characters escaped; enough for the texts net itself writes.
std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    if (static_cast<unsigned char>(c) < 0x20)
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      out.push_back(c);
  }
  return out += '"';
}

}  // namespace

std::string_view to_string(Method method) {
  constexpr std::array<std::string_view, 8> kNames{"GET",   "HEAD",   "POST",    "PUT",
                                                   "PATCH", "DELETE", "OPTIONS", "other"};
  return kNames[static_cast<std::size_t>(method)];
}

void Request::add_header(std::string_view name, std::string_view value) {
  const std::array<std::uint16_t, 2> sizes{static_cast<std::uint16_t>(name.size()),
                                           static_cast<std::uint16_t>(value.size())};
  head_.append(reinterpret_cast<const char*>(sizes.data()), sizeof(sizes));
  head_.append(name).append(value);
}

std::pair<std::string_view, std::string_view> Request::header_at(std::size_t& at) const {
  std::array<std::uint16_t, 2> sizes;
  std::memcpy(sizes.data(), head_.data() + at, sizeof(sizes));
  const char* name = head_.data() + at + sizeof(sizes);
  at += sizeof(sizes) + sizes[0] + sizes[1];
  return {{name, sizes[0]}, {name + sizes[0], sizes[1]}};
}

std::optional<std::string_view> Request::header(std::string_view name) const {
  for (std::size_t at = target_.size; at < head_.size();) {
    const auto [found, value] = header_at(at);
    if (equal_ignoring_case(found, name)) return value;
  }
  return std::nullopt;
}

std::string Request::headers(std::string_view name) const {
  std::string out;
  for (std::size_t at = target_.size; at < head_.size();) {
    const auto [found, value] = header_at(at);
    if (!equal_ignoring_case(found, name)) continue;
    if (!out.empty()) out += ", ";
    out += value;
  }
  return out;
}

bool Request::wants_websocket() const {
  return method_ == Method::get && has_token(header("Upgrade").value_or(""), "websocket") &&
         has_token(header("Connection").value_or(""), "upgrade") &&
         header("Sec-WebSocket-Version") == "13" &&
         header("Sec-WebSocket-Key").value_or("").size() == 24;
}

Response::Response(int status, std::string_view content_type, Body body)
    : status_(status), body_(std::move(body)) {
  header("Content-Type", content_type);
}

Response& Response::header(std::string_view name, std::string_view value) {
  headers_.append(name).append(": ");
  for (const char c : value)
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) headers_.push_back(c);
  headers_.append("\r\n");
  return *this;
}

std::string_view Response::body() const {
  if (const auto* shared = std::get_if<std::shared_ptr<const std::string>>(&body_))
    return *shared ? std::string_view(**shared) : std::string_view{};
  if (const auto* file = std::get_if<std::shared_ptr<const base::MappedFile>>(&body_))
    return *file ? (*file)->bytes() : std::string_view{};
  if (const auto* text = std::get_if<std::string>(&body_)) return *text;
  return std::get<StaticText>(body_).text;
}

Response error_response(int status, std::string_view detail) {
  return Response(status, "application/json", "{\"detail\":" + json_text(detail) + "}");
}

Responder& Responder::operator=(Responder&& other) noexcept {
  std::swap(target_, other.target_);
  std::swap(exchange_, other.exchange_);
  return *this;
}

Responder::~Responder() {
  if (target_) send(error_response(500, "the server gave no answer; its log may say why"));
}

void Responder::send(Response response) {
  if (const auto target = std::exchange(target_, nullptr))
    target->respond(exchange_, std::move(response));
}

void Responder::accept_websocket(std::string subprotocol,
                                 std::shared_ptr<WebSocketHandler> handler) {
  if (const auto target = std::exchange(target_, nullptr))
    target->upgrade(exchange_, std::move(subprotocol), std::move(handler));
}

}  // namespace tagwerk::net
