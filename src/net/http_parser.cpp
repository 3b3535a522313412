#include "net/http_parser.hpp"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/optional.hpp>
#include <optional>

#include "net/url.hpp"

namespace tagwerk::net {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using beast::error_code;
using BeastView = beast::string_view;

std::string_view std_view(BeastView text) {
  return {text.data(), text.size()};
}

error_code refused() {
  return make_error_code(boost::system::errc::bad_message);
}

Method method_of(http::verb verb) {
  switch (verb) {
    case http::verb::get:
      return Method::get;
    case http::verb::head:
      return Method::head;
    case http::verb::post:
      return Method::post;
    case http::verb::put:
      return Method::put;
    case http::verb::patch:
      return Method::patch;
    case http::verb::delete_:
      return Method::remove;
    case http::verb::options:
      return Method::options;
    default:
      return Method::other;
  }
}

bool only_digits(std::string_view text) {
  return !text.empty() && text.size() <= 18 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

struct RequestParser::Impl {
  /// Beast calls back with each part; nothing is stored but in the Request.
  class Grammar final : public http::basic_parser<true> {
   public:
    explicit Grammar(Impl& owner) : owner_(owner) {
      header_limit(static_cast<std::uint32_t>(owner.header_limit));
      body_limit(boost::none);
    }

   private:
    void on_request_impl(http::verb verb, BeastView, BeastView target, int version,
                         error_code& ec) override {
      owner_.on_request_line(method_of(verb), std_view(target), version, ec);
    }
    void on_response_impl(int, BeastView, int, error_code&) override {}
    void on_field_impl(http::field field, BeastView name, BeastView value,
                       error_code& ec) override {
      owner_.on_field(field, std_view(name), std_view(value), ec);
    }
    void on_header_impl(error_code& ec) override { owner_.on_header(ec); }
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code& ec) override {
      owner_.on_body_start(length.value_or(0), ec);
    }
    std::size_t on_body_impl(BeastView body, error_code& ec) override {
      return owner_.on_body(std_view(body), ec);
    }
    void on_chunk_header_impl(std::uint64_t, BeastView, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, BeastView body, error_code& ec) override {
      return owner_.on_body(std_view(body), ec);
    }
    void on_finish_impl(error_code&) override {}

    Impl& owner_;
  };

  Impl(std::size_t header, std::size_t target) : header_limit(header), target_limit(target) {
    restart();
  }

  void restart() {
    grammar.emplace(*this);
    request = Request{};
    state = State::header;
    header_bytes = 0;
    body_limit = 0;
    line_seen = header_done = host_seen = length_seen = coding_seen = expect_continue = false;
  }

  void refuse(int status, std::string detail, error_code& ec) {
    failure = {status, std::move(detail)};
    ec = refused();
  }

  void on_request_line(Method method, std::string_view target, int version, error_code& ec) {
    line_seen = true;
    old_version = version < 11;
    if (target.size() > target_limit)
      return refuse(414, fmt::format("the URL is longer than {} bytes", target_limit), ec);
    request.method_ = method;
    request.head_.reserve(512);
    request.head_.assign(target);
    request.target_ = {0, static_cast<std::uint32_t>(target.size())};
  }

  void on_field(http::field field, std::string_view name, std::string_view value, error_code& ec) {
    // Trailers come after the body and could otherwise add to what was checked before it.
    if (header_done) return;
    header_bytes += name.size() + value.size() + 4;
    if (header_bytes > header_limit) return refuse_header_size(ec);
    check_field(field, value, ec);
    if (!ec) request.add_header(name, value);
  }

  void check_field(http::field field, std::string_view value, error_code& ec) {
    switch (field) {
      case http::field::host:
        if (std::exchange(host_seen, true)) refuse(400, "two Host headers", ec);
        break;
      case http::field::content_length:
        if (std::exchange(length_seen, true) || !only_digits(value))
          refuse(400, "Content-Length must be one number", ec);
        break;
      case http::field::transfer_encoding:
        if (std::exchange(coding_seen, true) || !equal_ignoring_case(value, "chunked"))
          refuse(501, "the only Transfer-Encoding understood is 'chunked'", ec);
        break;
      case http::field::expect:
        if (!equal_ignoring_case(value, "100-continue"))
          return refuse(417, "the only expectation understood is '100-continue'", ec);
        expect_continue = true;
        break;
      default:
        break;
    }
  }

  void on_header(error_code& ec) {
    header_done = true;
    if (!old_version && !host_seen) return refuse(400, "the Host header is missing", ec);
    if (old_version && coding_seen) return refuse(400, "Transfer-Encoding needs HTTP/1.1", ec);
    if (length_seen && coding_seen)
      refuse(400, "Content-Length and Transfer-Encoding exclude each other", ec);
  }

  void on_body_start(std::uint64_t length, error_code& ec) {
    if (length > body_limit) return refuse_body_size(ec);
    request.body_.reserve(std::min<std::uint64_t>(length, 64 * 1024));
  }

  std::size_t on_body(std::string_view bytes, error_code& ec) {
    if (request.body_.size() + bytes.size() > body_limit) {
      refuse_body_size(ec);
      return 0;
    }
    request.body_.append(bytes);
    return bytes.size();
  }

  void refuse_header_size(error_code& ec) {
    refuse(431, fmt::format("the header is larger than {} bytes", header_limit), ec);
  }
  void refuse_body_size(error_code& ec) {
    refuse(413, fmt::format("the body is larger than the {} bytes this route accepts", body_limit),
           ec);
  }

  void take_error(error_code ec, std::string_view bytes) {
    state = State::failed;
    if (ec == refused()) return;
    if (ec == http::error::header_limit) {
      // Beast looks for the end of the whole header first; which part is too long shows here.
      if (line_seen || bytes.substr(0, target_limit + 32).find('\n') != std::string_view::npos)
        return refuse_header_size(ec);
      return refuse(414, fmt::format("the URL is longer than {} bytes", target_limit), ec);
    }
    const std::size_t line_end = bytes.find('\n');
    if (ec == http::error::bad_version && line_end != std::string_view::npos && line_end > 0 &&
        bytes[line_end - 1] == '\r')
      return refuse(505, "only HTTP/1.0 and HTTP/1.1 are understood", ec);
    if (ec == http::error::bad_transfer_encoding || ec == http::error::bad_content_length ||
        ec == http::error::multiple_content_length)
      return refuse(400, "the length of the body is stated twice or wrongly", ec);
    refuse(400, fmt::format("not an HTTP request: {}", ec.message()), ec);
  }

  const std::size_t header_limit;
  const std::size_t target_limit;
  std::optional<Grammar> grammar;
  Request request;
  State state = State::header;
  Failure failure;
  std::size_t header_bytes = 0;
  std::uint64_t body_limit = 0;
  bool line_seen = false;
  bool header_done = false;
  bool host_seen = false;
  bool length_seen = false;
  bool coding_seen = false;
  bool expect_continue = false;
  bool old_version = false;
};

RequestParser::RequestParser(std::size_t header_limit, std::size_t target_limit)
    : impl_(std::make_unique<Impl>(header_limit, target_limit)) {}
RequestParser::~RequestParser() = default;

void RequestParser::restart() {
  impl_->restart();
}

std::size_t RequestParser::feed(std::string_view bytes) {
  Impl& in = *impl_;
  std::size_t taken = 0;
  while (taken < bytes.size() && (in.state == State::header || in.state == State::body)) {
    error_code ec;
    taken += in.grammar->put({bytes.data() + taken, bytes.size() - taken}, ec);
    if (ec == http::error::need_more) break;
    if (ec) {
      in.take_error(ec, bytes.substr(taken));
      break;
    }
    if (in.grammar->is_done()) {
      in.state = State::complete;
    } else if (in.state == State::header && in.grammar->is_header_done()) {
      in.state = State::body;
      in.grammar->eager(true);
      break;
    }
  }
  return taken;
}

void RequestParser::set_body_limit(std::uint64_t bytes) {
  impl_->body_limit = bytes;
  if (impl_->grammar->content_length().value_or(0) <= bytes) return;
  error_code ec;
  impl_->refuse_body_size(ec);
  impl_->state = State::failed;
}

bool RequestParser::announces_body() const {
  return impl_->grammar->chunked() || impl_->grammar->content_length().value_or(0) > 0;
}

bool RequestParser::header_done() const {
  return impl_->state == State::body || impl_->state == State::complete;
}

RequestParser::State RequestParser::state() const {
  return impl_->state;
}
Request& RequestParser::request() {
  return impl_->request;
}
const RequestParser::Failure& RequestParser::failure() const {
  return impl_->failure;
}
bool RequestParser::started() const {
  return impl_->grammar->got_some();
}
bool RequestParser::keep_alive() const {
  return impl_->grammar->is_header_done() && impl_->grammar->keep_alive();
}
bool RequestParser::http_1_0() const {
  return impl_->old_version;
}
bool RequestParser::expects_continue() const {
  return impl_->expect_continue && !impl_->old_version;
}

struct ResponseParser::Impl {
  class Grammar final : public http::basic_parser<false> {
   public:
    Grammar(Impl& owner, bool head_request, std::uint64_t limit) : owner_(owner) {
      header_limit(64 * 1024);
      body_limit(limit);
      skip(head_request);
      eager(true);
    }

   private:
    void on_request_impl(http::verb, BeastView, BeastView, int, error_code&) override {}
    void on_response_impl(int status, BeastView, int, error_code&) override {
      owner_.message.status = status;
    }
    void on_field_impl(http::field, BeastView name, BeastView value, error_code&) override {
      owner_.message.headers.emplace_back(std_view(name), std_view(value));
    }
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(BeastView body, error_code&) override {
      owner_.message.body.append(std_view(body));
      return body.size();
    }
    void on_chunk_header_impl(std::uint64_t, BeastView, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, BeastView body, error_code&) override {
      owner_.message.body.append(std_view(body));
      return body.size();
    }
    void on_finish_impl(error_code&) override {}

    Impl& owner_;
  };

  Impl(bool head_request, std::uint64_t limit) : grammar(*this, head_request, limit) {}

  Message message;
  Grammar grammar;
};

ResponseParser::ResponseParser(bool head_request, std::uint64_t body_limit)
    : impl_(std::make_unique<Impl>(head_request, body_limit)) {}
ResponseParser::~ResponseParser() = default;

Result<std::size_t> ResponseParser::feed(std::string_view bytes) {
  error_code ec;
  const std::size_t taken = impl_->grammar.put({bytes.data(), bytes.size()}, ec);
  if (!ec || ec == http::error::need_more) return taken;
  if (ec == http::error::body_limit)
    return fail(ErrorCode::limit_exceeded, "the answer is larger than the caller accepts");
  return fail(ErrorCode::corrupt, "the peer's answer is not HTTP: {}", ec.message());
}

Status ResponseParser::finish() {
  error_code ec;
  if (impl_->grammar.got_some() && !complete()) impl_->grammar.put_eof(ec);
  if (ec || !complete())
    return fail(ErrorCode::corrupt, "the peer closed before its answer was complete");
  return {};
}

bool ResponseParser::complete() const {
  return impl_->grammar.is_done();
}
ResponseParser::Message& ResponseParser::message() {
  return impl_->message;
}

}  // namespace tagwerk::net
