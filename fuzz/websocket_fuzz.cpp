// What a client sends over WS /ws of a real server in this process. The first byte says how the
// rest goes out: odd, as raw bytes where frames belong; even, as messages, one per line. After
// messages the server must still answer a ping, or have said goodbye; after bytes it must take a
// new client.

#include <cerrno>
#include <cstdint>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.hpp"
#include "base/descriptor.hpp"
#include "net/websocket_for_test.hpp"
#include "servers/http/server_for_test.hpp"

namespace {

namespace net = tagwerk::net;
using tagwerk::servers::http::ServerForTest;

constexpr int kPatienceMs = 5000;

class Server {
 public:
  std::uint16_t port() const { return server_.port(); }
  /// Renewed before it expires: rounds may be long.
  const std::string& token() {
    if (uses_++ % 10'000 == 0) token_ = server_.token("admin");
    return token_;
  }

 private:
  ServerForTest server_;
  std::string token_;
  std::uint64_t uses_ = 0;
};

class Client {
 public:
  explicit Client(Server& server) : socket_(net::connected_for_test(server.port())) {
    // A reset at the end leaves no port behind.
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    (void)send(net::handshake_for_test(server.token()));
    TAGWERK_ASSERT(received("\r\n\r\n"));
    TAGWERK_ASSERT(answer_.starts_with("HTTP/1.1 101 "));
  }

  bool send(std::string_view bytes) const {
    return ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }
  bool send_message(std::string_view text) const {
    return send(net::frame_for_test(net::FrameForTest::kText, text));
  }
  /// False when the server has closed; waiting in vain is a fault.
  bool received(std::string_view wanted) {
    while (answer_.find(wanted) == std::string::npos) {
      pollfd wait{.fd = socket_.get(), .events = POLLIN, .revents = 0};
      const int ready = ::poll(&wait, 1, kPatienceMs);
      if (ready < 0 && errno == EINTR) continue;  // libFuzzer's clock
      TAGWERK_ASSERT(ready == 1);
      char piece[4096];
      const auto got = ::recv(socket_.get(), piece, sizeof piece, 0);
      if (got <= 0) return false;
      answer_.append(piece, static_cast<std::size_t>(got));
      if (answer_.size() > (1 << 20)) answer_.erase(0, answer_.size() - 64);
    }
    return true;
  }

 private:
  tagwerk::base::Descriptor socket_;
  std::string answer_;
};

void send_lines(Server& server, std::string_view text) {
  Client client(server);
  while (!text.empty()) {
    const auto line = text.substr(0, std::min(text.find('\n'), std::size_t{60'000}));
    if (!client.send_message(line)) return;
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  if (client.send_message(R"({"op":"ping"})")) (void)client.received(R"("op":"pong")");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Server server;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (text.empty()) return 0;
  if ((text.front() & 1) == 0) {
    send_lines(server, text.substr(1));
    return 0;
  }
  (void)Client(server).send(text.substr(1));
  Client after(server);
  TAGWERK_ASSERT(after.send_message(R"({"op":"ping"})"));
  TAGWERK_ASSERT(after.received(R"("op":"pong")"));
  return 0;
}
