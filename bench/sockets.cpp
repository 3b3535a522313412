#include <csignal>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#include "base/descriptor.hpp"
#include "bench/measure.hpp"
#include "net/websocket_for_test.hpp"

/// What this machine's kernel takes to send so many bytes to so many sockets of its own so often:
/// a loop that does nothing else, and a process that only receives.
/// usage: bench_sockets COUNT BYTES RATE SECONDS
namespace tagwerk::bench {
namespace {

using base::Descriptor;

/// A listening socket and its port.
std::pair<Descriptor, std::uint16_t> listening() {
  Descriptor out(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  require(out.good(), "no socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  require(::bind(out.get(), raw, size) == 0 && ::listen(out.get(), 1024) == 0 &&
              ::getsockname(out.get(), raw, &size) == 0,
          "cannot listen");
  return {std::move(out), ntohs(address.sin_port)};
}

[[noreturn]] void receive(std::uint16_t port, std::size_t count) {
  const Descriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
  std::vector<Descriptor> sockets;
  for (std::size_t i = 0; i < count; ++i) {
    sockets.push_back(net::connected_for_test(port));
    epoll_event wish{.events = EPOLLIN, .data = {.fd = sockets.back().get()}};
    ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, sockets.back().get(), &wish);
  }
  epoll_event events[256];
  std::vector<char> piece(65536);
  for (;;) {
    const int ready = ::epoll_wait(epoll.get(), events, std::size(events), -1);
    for (int i = 0; i < ready; ++i)
      if (::recv(events[i].data.fd, piece.data(), piece.size(), MSG_DONTWAIT) == 0) ::_exit(0);
  }
}

/// As the server's: without Nagle, and the bytes were written a moment ago.
double send_to(const std::vector<Descriptor>& sockets, std::size_t bytes, double rate,
               double seconds) {
  std::vector<std::string> messages(64, std::string(bytes, 'x'));
  const double begin = wall_seconds(), used = own_seconds();
  double due = begin;
  while (due < begin + seconds) {
    for (std::size_t i = 0; i < sockets.size(); ++i) {
      const std::string& message = messages[i % messages.size()];
      require(::send(sockets[i].get(), message.data(), bytes, MSG_NOSIGNAL) ==
                  static_cast<ssize_t>(bytes),
              "cannot send");
    }
    due += 1 / rate;
    if (const double left = due - wall_seconds(); left > 0)
      ::usleep(static_cast<useconds_t>(left * 1e6));
  }
  return (own_seconds() - used) / (wall_seconds() - begin) * 100;
}

void run(char** arguments) {
  const auto count = number_of<std::size_t>(arguments[1]);
  const auto [listener, port] = listening();
  const pid_t receiver = ::fork();
  if (receiver == 0) receive(port, count);
  std::vector<Descriptor> sockets;
  while (sockets.size() < count) {
    sockets.emplace_back(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    require(sockets.back().good(), "cannot accept");
    const int yes = 1;
    ::setsockopt(sockets.back().get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  }
  const double percent = send_to(sockets, number_of<std::size_t>(arguments[2]),
                                 number_of<double>(arguments[3]), number_of<double>(arguments[4]));
  ::kill(receiver, SIGKILL);
  ::waitpid(receiver, nullptr, 0);
  print({.what = "a bare loop that sends as much", .figure = percent, .unit = "% of a core"});
}

}  // namespace
}  // namespace tagwerk::bench

int main(int argc, char** argv) {
  if (argc != 5) {
    fmt::print(stderr, "usage: bench_sockets COUNT BYTES RATE SECONDS\n");
    return 2;
  }
  tagwerk::bench::run(argv);
}
