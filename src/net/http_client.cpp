#include "net/http_client.hpp"

#include <charconv>
#include <limits>

#include "net/blocking_stream.hpp"
#include "net/http_parser.hpp"
#include "net/server_url.hpp"
#include "net/url.hpp"

namespace tagwerk::net {
namespace {

std::uint64_t length_of(const ResponseParser::Message& message) {
  std::uint64_t length = 0;
  for (const auto& [name, value] : message.headers)
    if (equal_ignoring_case(name, "Content-Length"))
      std::from_chars(value.data(), value.data() + value.size(), length);
  return length;
}

}  // namespace

std::optional<std::string_view> HttpAnswer::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (equal_ignoring_case(key, name)) return value;
  return std::nullopt;
}

struct HttpClient::Question {
  std::string_view method;
  std::string_view target;
  std::string_view body;
  std::string_view content_type;
};

struct HttpClient::Impl {
  /// Where an answer goes, and until when there must be more of it.
  struct Reading {
    bool head_request;
    const BodySink* sink;  ///< null: the body is kept
    MonoTime deadline;
  };

  Result<BlockingStream> connect(const ServerUrl& url, MonoTime deadline) const {
    if (!options.unix_path.empty())
      return BlockingStream::connect_unix(options.unix_path, deadline);
    return BlockingStream::connect(url, options.trust, deadline);
  }

  std::string compose(const ServerUrl& url, const Question& question) const {
    const auto& [method, target, body, content_type] = question;
    std::string out = fmt::format("{} {}{} HTTP/1.1\r\nHost: {}\r\n", method, url.base_path, target,
                                  url.authority);
    if (!options.bearer.empty()) out += fmt::format("Authorization: Bearer {}\r\n", options.bearer);
    if (!content_type.empty()) out += fmt::format("Content-Type: {}\r\n", content_type);
    if (!body.empty() || method == "POST" || method == "PUT")
      out += fmt::format("Content-Length: {}\r\n", body.size());
    return out.append("\r\n").append(body);
  }

  Result<HttpAnswer> exchange(const std::string& bytes, Reading reading) {
    if (auto sent = stream->write(bytes, reading.deadline); !sent)
      return std::unexpected(sent.error());
    std::string incoming;
    for (;;) {
      auto answer = read_message(incoming, reading);
      // 100 Continue and its like precede the answer.
      if (!answer || answer->status >= 200) return answer;
    }
  }

  Result<HttpAnswer> read_message(std::string& incoming, Reading& reading) {
    ResponseParser parser(reading.head_request, reading.sink == nullptr
                                                    ? options.body_limit
                                                    : std::numeric_limits<std::uint64_t>::max());
    auto& message = parser.message();
    while (!parser.complete()) {
      const auto taken = parser.feed(incoming);
      if (!taken) return std::unexpected(taken.error());
      incoming.erase(0, *taken);
      if (auto done = pass_on(message, reading); !done) return std::unexpected(done.error());
      if (parser.complete()) break;
      const auto got = stream->read(incoming, reading.deadline);
      if (!got) return std::unexpected(got.error());
      if (*got > 0) continue;
      if (auto whole = parser.finish(); !whole) return std::unexpected(whole.error());
    }
    return HttpAnswer{message.status, std::move(message.headers), std::move(message.body)};
  }

  /// What there is of the body goes to the sink, when there is one.
  Status pass_on(ResponseParser::Message& message, Reading& reading) const {
    if (reading.sink == nullptr) return {};
    reading.deadline = base::mono_now() + options.timeout;
    if (message.status == 200 && !message.body.empty()) {
      const Status taken = (*reading.sink)(message.body, length_of(message));
      message.body.clear();
      return taken;
    }
    if (message.body.size() <= options.body_limit) return {};
    return fail(ErrorCode::limit_exceeded, "the answer is larger than the caller accepts");
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
  return ask({method, target, body, content_type}, nullptr);
}

Result<HttpAnswer> HttpClient::download(std::string_view target, const BodySink& sink) {
  return ask({"GET", target, {}, {}}, &sink);
}

Result<HttpAnswer> HttpClient::ask(const Question& question, const BodySink* sink) {
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
  auto answer =
      impl_->exchange(impl_->compose(*url, question), {question.method == "HEAD", sink, deadline});
  if (!answer || has_token(answer->header("Connection").value_or(""), "close"))
    impl_->stream.reset();
  return answer;
}

}  // namespace tagwerk::net
