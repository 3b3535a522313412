#include "net/blocking_stream.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

#include "net/server_url.hpp"

namespace tagwerk::net {
namespace {

/// Connects a new non-blocking socket; gives the descriptor or -1 with errno.
int connect_socket(int family, const sockaddr* address, socklen_t size, MonoTime deadline) {
  const int made = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (made < 0) return -1;
  int error = ::connect(made, address, size) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - base::mono_now()).count();
    pollfd waiting{made, POLLOUT, 0};
    if (::poll(&waiting, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 1 << 30))) == 1) {
      socklen_t length = sizeof(error);
      ::getsockopt(made, SOL_SOCKET, SO_ERROR, &error, &length);
    } else {
      error = ETIMEDOUT;
    }
  }
  if (error == 0) return made;
  ::close(made);
  errno = error;
  return -1;
}

std::unexpected<Error> connect_failure(const std::string& where) {
  return fail(errno == ETIMEDOUT ? ErrorCode::timeout : ErrorCode::unavailable,
              "cannot connect to {}: {}", where, std::strerror(errno));
}

}  // namespace

Result<BlockingStream> BlockingStream::connect_tcp(const std::string& host, std::uint16_t port,
                                                   MonoTime deadline) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  const int result = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &raw);
  if (result != 0)
    return fail(ErrorCode::unavailable, "cannot find the host '{}': {}", host,
                ::gai_strerror(result));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> found(raw, &::freeaddrinfo);
  for (const addrinfo* each = found.get(); each != nullptr; each = each->ai_next) {
    const int made = connect_socket(each->ai_family, each->ai_addr, each->ai_addrlen, deadline);
    if (made < 0) continue;
    const int on = 1;
    ::setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return BlockingStream(made);
  }
  return connect_failure(fmt::format("{}:{}", host, port));
}

Result<BlockingStream> BlockingStream::connect_unix(const std::string& path, MonoTime deadline) {
  sockaddr_un address{};
  if (path.size() >= sizeof(address.sun_path))
    return fail(ErrorCode::invalid_argument, "the Unix socket's path '{}' is too long", path);
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size());
  const int made = connect_socket(AF_UNIX, reinterpret_cast<const sockaddr*>(&address),
                                  sizeof(address), deadline);
  if (made < 0) return connect_failure(path);
  return BlockingStream(made);
}

Result<BlockingStream> BlockingStream::connect(const ServerUrl& url, const TlsTrust& trust,
                                               MonoTime deadline) {
  if (!url.unix_path.empty()) return connect_unix(url.unix_path, deadline);
  auto stream = connect_tcp(url.host, url.port, deadline);
  if (!stream || !url.tls) return stream;
  if (auto done = stream->start_tls(url.host, trust, deadline); !done)
    return std::unexpected(done.error());
  return stream;
}

BlockingStream::BlockingStream(BlockingStream&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), tls_(std::move(other.tls_)) {}

BlockingStream& BlockingStream::operator=(BlockingStream&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(tls_, other.tls_);
  return *this;
}

BlockingStream::~BlockingStream() {
  if (tls_) tls_->say_goodbye();
  if (descriptor_ >= 0) ::close(descriptor_);
}

Status BlockingStream::wait_for(TlsSession::Step step, MonoTime deadline) const {
  return wait(step == TlsSession::Step::want_write ? POLLOUT : POLLIN, deadline);
}

Status BlockingStream::start_tls(const std::string& host, const TlsTrust& trust,
                                 MonoTime deadline) {
  const auto context = TlsContext::for_client(trust);
  if (!context) return std::unexpected(context.error());
  tls_ = std::make_unique<TlsSession>(**context, descriptor_, host);
  for (;;) {
    const auto progress = tls_->handshake();
    if (progress.step == TlsSession::Step::done) return {};
    if (progress.step == TlsSession::Step::closed)
      return fail(ErrorCode::unavailable, "'{}' closed the connection during the TLS handshake",
                  host);
    if (progress.step == TlsSession::Step::failed && tls_->distrusted())
      return fail(ErrorCode::permission_denied,
                  "'{}' is not who it should be: {}; if you know better, name the certificate to "
                  "believe (--ca FILE)",
                  host, tls_->failure());
    if (progress.step == TlsSession::Step::failed)
      return fail(ErrorCode::unavailable, "cannot speak TLS with '{}': {}", host, tls_->failure());
    if (auto ready = wait_for(progress.step, deadline); !ready) return ready;
  }
}

Status BlockingStream::write_tls(std::string_view bytes, MonoTime deadline) {
  while (!bytes.empty()) {
    const auto progress = tls_->write(bytes);
    if (progress.step == TlsSession::Step::done)
      bytes.remove_prefix(progress.count);
    else if (progress.step >= TlsSession::Step::closed)
      return fail(ErrorCode::unavailable, "the connection broke: {}", tls_->failure());
    else if (auto ready = wait_for(progress.step, deadline); !ready)
      return ready;
  }
  return {};
}

Result<std::size_t> BlockingStream::read_tls(std::string& out, MonoTime deadline) {
  std::array<char, 16 * 1024> block;
  for (;;) {
    const auto progress = tls_->read(block);
    if (progress.step == TlsSession::Step::done) out.append(block.data(), progress.count);
    if (progress.step == TlsSession::Step::done || progress.step == TlsSession::Step::closed)
      return progress.count;
    if (progress.step == TlsSession::Step::failed)
      return fail(ErrorCode::unavailable, "the connection broke: {}", tls_->failure());
    if (const auto ready = wait_for(progress.step, deadline); !ready)
      return std::unexpected(ready.error());
  }
}

Status BlockingStream::wait(short events, MonoTime deadline) const {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - base::mono_now()).count();
  pollfd waiting{descriptor_, events, 0};
  const int ready =
      ::poll(&waiting, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 1 << 30)));
  if (ready > 0 || (ready < 0 && errno == EINTR)) return {};
  if (ready < 0) return base::fail_errno("cannot wait for a connection");
  return fail(ErrorCode::timeout, "the peer did not answer in time");
}

Status BlockingStream::write(std::string_view bytes, MonoTime deadline) {
  if (tls_) return write_tls(bytes, deadline);
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (auto ready = wait(POLLOUT, deadline); !ready) return ready;
    } else if (errno != EINTR) {
      return fail(ErrorCode::unavailable, "the connection broke: {}", std::strerror(errno));
    }
  }
  return {};
}

Result<std::size_t> BlockingStream::read(std::string& out, MonoTime deadline) {
  if (tls_) return read_tls(out, deadline);
  std::array<char, 16 * 1024> block;
  for (;;) {
    const ssize_t got = ::recv(descriptor_, block.data(), block.size(), 0);
    if (got >= 0) {
      out.append(block.data(), static_cast<std::size_t>(got));
      return static_cast<std::size_t>(got);
    }
    if (errno == EAGAIN) {
      if (const auto ready = wait(POLLIN, deadline); !ready) return std::unexpected(ready.error());
    } else if (errno != EINTR) {
      return fail(ErrorCode::unavailable, "the connection broke: {}", std::strerror(errno));
    }
  }
}

void BlockingStream::shutdown_write() {
  if (tls_) tls_->say_goodbye();
  ::shutdown(descriptor_, SHUT_WR);
}

bool BlockingStream::quiet() const {
  // Session tickets and their like may wait to be read; they are no answer.
  if (tls_) return tls_->peek().step == TlsSession::Step::want_read;
  char byte = 0;
  const ssize_t got = ::recv(descriptor_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && errno == EAGAIN;
}

}  // namespace tagwerk::net
