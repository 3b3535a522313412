#include "net/websocket_client.hpp"

#include <array>
#include <random>

#include "net/blocking_stream.hpp"
#include "net/http_parser.hpp"
#include "net/server_url.hpp"
#include "net/url.hpp"

namespace tagwerk::net {
namespace {

enum Opcode : int { kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

/// Masks are there so that proxies cannot be tricked by what a page sends; for a program any
/// number will do.
std::array<char, 4> make_mask() {
  static thread_local std::minstd_rand random{std::random_device{}()};
  std::array<char, 4> mask{};
  for (char& byte : mask)
    byte = static_cast<char>(random());
  return mask;
}

std::string make_frame(Opcode opcode, std::string_view payload) {
  std::string out;
  out.reserve(payload.size() + 14);
  out.push_back(static_cast<char>(0x80 | opcode));
  const std::size_t size = payload.size();
  int size_bytes = 0;
  if (size < 126) {
    out.push_back(static_cast<char>(0x80 | size));
  } else {
    size_bytes = size < 65536 ? 2 : 8;
    out.push_back(static_cast<char>(0x80 | (size_bytes == 2 ? 126 : 127)));
  }
  for (int i = size_bytes - 1; i >= 0; --i)
    out.push_back(static_cast<char>(size >> (8 * i)));
  const auto mask = make_mask();
  out.append(mask.data(), mask.size());
  for (std::size_t i = 0; i < size; ++i)
    out.push_back(static_cast<char>(payload[i] ^ mask[i % 4]));
  return out;
}

struct Frame {
  bool final = true;
  int opcode = 0;
  std::string payload;
};

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t out = 0;
  for (const char byte : bytes)
    out = out << 8 | static_cast<unsigned char>(byte);
  return out;
}

std::string handshake_text(const ServerUrl& url, const std::vector<std::string>& subprotocols) {
  std::string text = fmt::format(
      "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGFnd2Vyay1jbGllbnQtMQ==\r\n",
      url.base_path.empty() ? "/" : url.base_path, url.authority);
  std::string list;
  for (const std::string& each : subprotocols)
    list += (list.empty() ? "" : ", ") + each;
  if (!list.empty()) text += "Sec-WebSocket-Protocol: " + list + "\r\n";
  return text + "\r\n";
}

std::unexpected<Error> refused(int status, const std::string& body) {
  const ErrorCode code = status == 401   ? ErrorCode::unauthenticated
                         : status == 403 ? ErrorCode::permission_denied
                         : status == 404 ? ErrorCode::not_found
                                         : ErrorCode::unavailable;
  return fail(code, "the server refused the WebSocket with status {}: {}", status, body);
}

}  // namespace

struct WebSocketClient::Impl {
  Status shake_hands(const ServerUrl& url, MonoTime deadline) {
    const Status sent = stream.write(handshake_text(url, options.subprotocols), deadline);
    if (!sent) return sent;
    ResponseParser parser(false, 64 * 1024);
    while (!parser.complete()) {
      if (auto got = read_more(deadline); !got) return got;
      const auto taken = parser.feed(incoming);
      if (!taken) return std::unexpected(taken.error());
      incoming.erase(0, *taken);
    }
    if (parser.message().status != 101)
      return refused(parser.message().status, parser.message().body);
    return {};
  }

  Status read_more(MonoTime deadline) {
    const auto got = stream.read(incoming, deadline);
    if (!got) return std::unexpected(got.error());
    if (*got == 0) return fail(ErrorCode::unavailable, "the server closed the connection");
    return {};
  }

  Status need(std::size_t bytes, MonoTime deadline) {
    while (incoming.size() < bytes)
      if (auto got = read_more(deadline); !got) return got;
    return {};
  }

  /// Nothing is taken from `incoming` before the frame is whole, so that a timeout loses nothing.
  Result<Frame> read_frame(MonoTime deadline) {
    if (auto got = need(2, deadline); !got) return std::unexpected(got.error());
    const auto second = static_cast<unsigned char>(incoming[1]);
    if ((second & 0x80) != 0) return fail(ErrorCode::corrupt, "a server must not mask its frames");
    const std::size_t extra = second == 126 ? 2 : second == 127 ? 8 : 0;
    if (auto got = need(2 + extra, deadline); !got) return std::unexpected(got.error());
    const std::uint64_t size =
        extra == 0 ? second : big_endian(std::string_view(incoming).substr(2, extra));
    if (size > options.message_limit)
      return fail(ErrorCode::limit_exceeded, "a message of {} bytes is larger than accepted", size);
    const std::size_t head = 2 + extra;
    if (auto got = need(head + size, deadline); !got) return std::unexpected(got.error());
    Frame frame{(incoming[0] & 0x80) != 0, incoming[0] & 15, incoming.substr(head, size)};
    incoming.erase(0, head + size);
    return frame;
  }

  /// Answers a control frame.
  Status control(const Frame& frame) {
    const MonoTime deadline = base::mono_now() + options.timeout;
    if (frame.opcode == kPing) return stream.write(make_frame(kPong, frame.payload), deadline);
    if (frame.opcode != kClose) return {};
    close_code = frame.payload.size() >= 2
                     ? static_cast<std::uint16_t>(big_endian(frame.payload.substr(0, 2)))
                     : std::uint16_t{1005};
    (void)stream.write(make_frame(kClose, frame.payload), deadline);
    stream.shutdown_write();
    return fail(ErrorCode::unavailable, "the server closed the WebSocket: {} {}", close_code,
                frame.payload.size() > 2 ? frame.payload.substr(2) : "");
  }

  WebSocketClientOptions options;
  BlockingStream stream;
  std::string incoming{};
  std::string message{};  ///< fragments so far
  std::uint16_t close_code = 0;
};

WebSocketClient::WebSocketClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WebSocketClient::WebSocketClient(WebSocketClient&&) noexcept = default;
WebSocketClient& WebSocketClient::operator=(WebSocketClient&&) noexcept = default;
WebSocketClient::~WebSocketClient() = default;

Result<WebSocketClient> WebSocketClient::connect(const WebSocketClientOptions& options) {
  const auto url = parse_server_url(options.url);
  if (!url) return std::unexpected(url.error());
  const MonoTime deadline = base::mono_now() + options.timeout;
  auto stream = options.unix_path.empty()
                    ? BlockingStream::connect(*url, options.trust, deadline)
                    : BlockingStream::connect_unix(options.unix_path, deadline);
  if (!stream) return std::unexpected(stream.error());
  auto impl = std::make_unique<Impl>(Impl{options, std::move(*stream)});
  if (const Status open = impl->shake_hands(*url, deadline); !open)
    return std::unexpected(open.error());
  return WebSocketClient(std::move(impl));
}

Status WebSocketClient::send(std::string_view message) {
  return impl_->stream.write(make_frame(kText, message), base::mono_now() + impl_->options.timeout);
}

Result<std::string> WebSocketClient::receive(MonoTime deadline) {
  for (;;) {
    auto frame = impl_->read_frame(deadline);
    if (!frame) return std::unexpected(frame.error());
    if (frame->opcode >= kClose) {
      if (const Status done = impl_->control(*frame); !done) return std::unexpected(done.error());
      continue;
    }
    if (impl_->message.size() + frame->payload.size() > impl_->options.message_limit)
      return fail(ErrorCode::limit_exceeded, "a message is larger than accepted");
    impl_->message += frame->payload;
    if (frame->final) return std::exchange(impl_->message, {});
  }
}

void WebSocketClient::close(std::uint16_t code) {
  const std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 255)};
  (void)impl_->stream.write(make_frame(kClose, payload), base::mono_now() + impl_->options.timeout);
  impl_->stream.shutdown_write();
}

std::uint16_t WebSocketClient::close_code() const {
  return impl_->close_code;
}

}  // namespace tagwerk::net
