#include "net/http_client.hpp"

#include "net/blocking_stream.hpp"
#include "net/http_parser.hpp"
#include "net/server_url.hpp"
#include "net/url.hpp"

namespace tagwerk::net {
std::optional<std::string_view> HttpAnswer::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (equal_ignoring_case(key, name)) return value;
  return std::nullopt;
}

struct HttpClient::Impl {
  Result<BlockingStream> connect(const ServerUrl& url, MonoTime deadline) const {
    if (!options.unix_path.empty())
      return BlockingStream::connect_unix(options.unix_path, deadline);
    return BlockingStream::connect(url, options.trust, deadline);
  }

  std::string compose(const ServerUrl& url, std::string_view method, std::string_view target,
                      std::string_view body, std::string_view content_type) const {
    std::string out = fmt::format("{} {}{} HTTP/1.1\r\nHost: {}\r\n", method, url.base_path, target,
                                  url.authority);
    if (!options.bearer.empty()) out += fmt::format("Authorization: Bearer {}\r\n", options.bearer);
    if (!content_type.empty()) out += fmt::format("Content-Type: {}\r\n", content_type);
    if (!body.empty() || method == "POST" || method == "PUT")
      out += fmt::format("Content-Length: {}\r\n", body.size());
    return out.append("\r\n").append(body);
  }

  Result<HttpAnswer> exchange(const std::string& bytes, bool head_request, MonoTime deadline) {
    if (auto sent = stream->write(bytes, deadline); !sent) return std::unexpected(sent.error());
    std::string incoming;
    for (;;) {
      auto answer = read_message(incoming, head_request, deadline);
      // 100 Continue and its like precede the answer.
      if (!answer || answer->status >= 200) return answer;
    }
  }

  Result<HttpAnswer> read_message(std::string& incoming, bool head_request, MonoTime deadline) {
    ResponseParser parser(head_request, options.body_limit);
    while (!parser.complete()) {
      const auto taken = parser.feed(incoming);
      if (!taken) return std::unexpected(taken.error());
      incoming.erase(0, *taken);
      if (parser.complete()) break;
      const auto got = stream->read(incoming, deadline);
      if (!got) return std::unexpected(got.error());
      if (*got > 0) continue;
      if (auto whole = parser.finish(); !whole) return std::unexpected(whole.error());
    }
    auto& message = parser.message();
    return HttpAnswer{message.status, std::move(message.headers), std::move(message.body)};
  }

  HttpClientOptions options;
  std::optional<BlockingStream> stream;
};

HttpClient::HttpClient(HttpClientOptions options)
    : impl_(std::make_unique<Impl>(Impl{std::move(options), {}})) {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

void HttpClient::set_bearer(std::string token) {
  impl_->options.bearer = std::move(token);
}

Result<HttpAnswer> HttpClient::request(std::string_view method, std::string_view target,
                                       std::string_view body, std::string_view content_type) {
  const auto url = parse_server_url(impl_->options.url);
  if (!url) return std::unexpected(url.error());
  const MonoTime deadline = base::mono_now() + impl_->options.timeout;
  // A kept connection that the server has closed meanwhile is replaced; nothing was sent on it yet.
  if (impl_->stream && !impl_->stream->quiet()) impl_->stream.reset();
  if (!impl_->stream) {
    auto made = impl_->connect(*url, deadline);
    if (!made) return std::unexpected(made.error());
    impl_->stream.emplace(std::move(*made));
  }
  const std::string bytes = impl_->compose(*url, method, target, body, content_type);
  auto answer = impl_->exchange(bytes, method == "HEAD", deadline);
  if (!answer || has_token(answer->header("Connection").value_or(""), "close"))
    impl_->stream.reset();
  return answer;
}

}  // namespace tagwerk::net
