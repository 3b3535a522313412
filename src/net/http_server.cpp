#include "net/http_server.hpp"

#include <cstring>
#include <fcntl.h>
#include <future>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

#include "base/assert.hpp"
#include "net/http_shard.hpp"

namespace tagwerk::net {
namespace {

constexpr int kBacklog = 1024;

/// A descriptor that is closed unless somebody takes it.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const { return number_; }
  int take() { return std::exchange(number_, -1); }

 private:
  int number_;
};

struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&bytes); }
};

Result<Address> parse_address(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0)
    return fail(ErrorCode::invalid_argument,
                "'{}' is not an IP address to listen on; write one like 127.0.0.1, 0.0.0.0 or ::1",
                host);
  Address out;
  out.size = found->ai_addrlen;
  std::memcpy(&out.bytes, found->ai_addr, found->ai_addrlen);
  ::freeaddrinfo(found);
  return out;
}

Result<Descriptor> bound_socket(const Address& address, bool shared_port, const std::string& name) {
  Descriptor made(::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (made.get() < 0) return base::fail_errno("cannot make a socket");
  const int on = 1, off = 0;
  ::setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  // "::" means IPv4, too, whatever the machine's default is.
  if (address.bytes.ss_family == AF_INET6)
    ::setsockopt(made.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
  if (shared_port) ::setsockopt(made.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
  if (::bind(made.get(), address.get(), address.size) == 0) return made;
  if (errno == EADDRINUSE)
    return fail(ErrorCode::unavailable,
                "cannot listen on {}: another program does; stop it or choose another port", name);
  if (errno == EADDRNOTAVAIL)
    return fail(ErrorCode::unavailable, "cannot listen on {}: this machine has no such address",
                name);
  return base::fail_errno("cannot listen on " + name);
}

std::uint16_t bound_port(int descriptor) {
  sockaddr_storage bytes{};
  socklen_t size = sizeof(bytes);
  ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&bytes), &size);
  if (bytes.ss_family == AF_INET6) return ntohs(reinterpret_cast<sockaddr_in6&>(bytes).sin6_port);
  return ntohs(reinterpret_cast<sockaddr_in&>(bytes).sin_port);
}

void set_port(Address& address, std::uint16_t port) {
  if (address.bytes.ss_family == AF_INET6)
    reinterpret_cast<sockaddr_in6&>(address.bytes).sin6_port = htons(port);
  else
    reinterpret_cast<sockaddr_in&>(address.bytes).sin_port = htons(port);
}

Status listen_on(const Descriptor& descriptor, const std::string& name) {
  if (::listen(descriptor.get(), kBacklog) == 0) return {};
  return base::fail_errno("cannot listen on " + name);
}

Result<Address> unix_address(const std::string& path) {
  sockaddr_un raw{};
  if (path.size() >= sizeof(raw.sun_path))
    return fail(ErrorCode::invalid_argument,
                "the Unix socket's path '{}' is longer than {} bytes; choose a shorter one", path,
                sizeof(raw.sun_path) - 1);
  raw.sun_family = AF_UNIX;
  std::memcpy(raw.sun_path, path.c_str(), path.size() + 1);
  Address out;
  std::memcpy(&out.bytes, &raw, sizeof(raw));
  out.size = sizeof(raw);
  return out;
}

/// Removes a socket file that nobody listens on; a living one or another kind of file is an error.
Status remove_dead_socket(const Address& address, const std::string& path) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0) return {};
  if (!S_ISSOCK(info.st_mode))
    return fail(ErrorCode::already_exists,
                "'{}' exists and is not a socket; remove it or choose another path", path);
  const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(probe.get(), address.get(), address.size) == 0)
    return fail(ErrorCode::unavailable, "another server listens on '{}'", path);
  ::unlink(path.c_str());
  return {};
}

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::start(std::span<EventLoop* const> loops,
                                                      HttpServerOptions options,
                                                      std::shared_ptr<HttpHandler> handler) {
  TAGWERK_ASSERT(!loops.empty() && handler);
  std::unique_ptr<HttpServer> server(new HttpServer);
  server->shared_ = std::make_shared<Shared>();
  server->shared_->options = std::move(options);
  server->shared_->handler = std::move(handler);
  for (EventLoop* loop : loops)
    server->shards_.push_back(std::make_shared<Shard>(*loop, server->shared_));
  if (const auto done = server->listen_tcp(); !done) return std::unexpected(done.error());
  if (const auto done = server->listen_unix(); !done) return std::unexpected(done.error());
  for (const auto& shard : server->shards_)
    shard->loop().post([shard] { shard->start(); });
  return server;
}

Status HttpServer::listen_tcp() {
  const HttpServerOptions& options = shared_->options;
  if (options.address.empty()) return {};
  auto address = parse_address(options.address, options.port);
  if (!address) return std::unexpected(address.error());
  const std::string name = fmt::format("{}:{}", options.address, options.port);
  // SO_REUSEPORT would let a second server join silently: ask for the port alone first.
  if (options.port != 0) {
    const auto alone = bound_socket(*address, false, name);
    if (!alone) return std::unexpected(alone.error());
  }
  for (const auto& shard : shards_) {
    auto listener = bound_socket(*address, true, name);
    if (!listener) return std::unexpected(listener.error());
    if (port_ == 0) set_port(*address, port_ = bound_port(listener->get()));
    if (auto done = listen_on(*listener, name); !done) return done;
    if (auto done = shard->add_listener(listener->take(), true); !done) return done;
  }
  return {};
}

Status HttpServer::listen_unix() {
  const std::string& path = shared_->options.unix_path;
  if (path.empty()) return {};
  const auto address = unix_address(path);
  if (!address) return std::unexpected(address.error());
  if (auto done = remove_dead_socket(*address, path); !done) return done;
  Descriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (listener.get() < 0 || ::bind(listener.get(), address->get(), address->size) != 0)
    return base::fail_errno("cannot listen on " + path);
  unix_bound_ = true;
  if (::chmod(path.c_str(), 0660) != 0) return base::fail_errno("cannot set the mode of " + path);
  if (auto done = listen_on(listener, path); !done) return done;
  // All loops accept from the one socket; the kernel has no SO_REUSEPORT for this kind.
  for (const auto& shard : shards_) {
    const int copy = ::fcntl(listener.get(), F_DUPFD_CLOEXEC, 0);
    if (copy < 0) return base::fail_errno("cannot duplicate the socket " + path);
    if (auto done = shard->add_listener(copy, false); !done) return done;
  }
  return {};
}

HttpServer::~HttpServer() {
  stop();
}

HttpServerCounts HttpServer::counts() const {
  const auto read = [](const std::atomic<std::uint64_t>& counter) {
    return counter.load(std::memory_order_relaxed);
  };
  return {read(shared_->connections), read(shared_->websockets),        read(shared_->accepted),
          read(shared_->refused),     read(shared_->failed_handshakes), read(shared_->requests),
          read(shared_->bad_requests)};
}

void HttpServer::set_tls(const std::shared_ptr<const TlsContext>& tls) {
  TAGWERK_ASSERT(tls && shared_->options.tls);
  for (const auto& shard : shards_)
    shard->loop().post([shard, tls] { shard->set_tls(tls); });
}

void HttpServer::stop() {
  if (std::exchange(stopped_, true)) return;
  for (const auto& shard : shards_)
    run_on(*shard, [&shard] { shard->begin_stop(); });
  if (unix_bound_) ::unlink(shared_->options.unix_path.c_str());
  const MonoTime deadline = base::mono_now() + shared_->options.limits.stop_timeout;
  for (const auto& shard : shards_) {
    std::promise<void> emptied;
    run_on(*shard, [&] { shard->on_empty([&emptied] { emptied.set_value(); }); });
    emptied.get_future().wait_until(deadline);
    run_on(*shard, [&] { shard->finish_stop(); });
  }
  // What a shard owns belongs to its loop's thread, to the very end.
  for (auto& shard : shards_) {
    Shard& last = *shard;
    run_on(last, [&shard] { shard.reset(); });
  }
  shards_.clear();
}

/// Runs on the shard's loop and waits for it.
void HttpServer::run_on(Shard& shard, const std::function<void()>& task) {
  TAGWERK_ASSERT(!shard.loop().in_thread());
  // Shared, because the waiter may go on before set_value has returned.
  const auto done = std::make_shared<std::promise<void>>();
  shard.loop().post([&task, done] {
    task();
    done->set_value();
  });
  done->get_future().get();
}

}  // namespace tagwerk::net
