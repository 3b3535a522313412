#include <charconv>
#include <fcntl.h>
#include <set>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/descriptor.hpp"
#include "base/time.hpp"
#include "bench/measure.hpp"
#include "net/websocket_for_test.hpp"

/// A thousand browsers in one thread: each follows 100 signals of one device of `tagwerk simulate
/// signals` that no other one follows together, and every value is checked: the right signal, and
/// the step after the one before. As small as it can be, because it takes its time from the server
/// it measures. usage: bench_websocket PORT TOKEN CLIENTS SECONDS SIGNALS_PER_UNIT Prints "ready"
/// when every client has its snapshot, then one line of JSON with what it counted.
namespace tagwerk::bench {
namespace {

constexpr int kUnits = 4;
constexpr std::size_t kTagsEach = 100;
constexpr int kSteps = 128;  ///< of a signal, until it begins again

/// Reads `"name":` of an item at or behind `at`; the position behind it.
std::size_t behind(std::string_view text, std::string_view name, std::size_t at) {
  const auto found = text.find(name, at);
  return found == std::string_view::npos ? found : found + name.size();
}

template <class Number>
Number number_at(std::string_view text, std::size_t& at) {
  Number out{};
  const auto read = std::from_chars(text.data() + at, text.data() + text.size(), out);
  at = static_cast<std::size_t>(read.ptr - text.data());
  return out;
}

struct Counts {
  std::uint64_t items = 0;
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::uint64_t skipped = 0;  ///< steps that were polled over
  std::uint64_t wrong = 0;
  std::vector<std::uint32_t>
      delays;  ///< us from the engine's step to the last byte, a message each
};

/// From a message's last "server_time" until now; a delay is below a second.
std::uint32_t delay_of(std::string_view text) {
  constexpr std::string_view kName = R"("server_time":"2026-11-21T23:39:00.)";
  const auto at = text.rfind(kName.substr(0, 15));
  if (at == std::string_view::npos) return 0;
  std::size_t fraction = at + kName.size();
  const auto then = number_at<std::int64_t>(text, fraction);
  const auto now = base::utc_now().time_since_epoch().count() / 1'000 % 1'000'000;
  return static_cast<std::uint32_t>((now - then + 1'000'000) % 1'000'000);
}

class Client {
 public:
  Client(std::uint16_t port, std::string_view token, const std::vector<std::uint32_t>& signals,
         std::uint32_t per_unit)
      : socket_(net::connected_for_test(port)),
        per_unit_(per_unit),
        steps_(std::size_t{kUnits} * per_unit, kNone) {
    shake_hands(token);
    subscribe(signals);
    for (const std::uint32_t each : signals)
      steps_[each] = kUnseen;
    ::fcntl(socket_.get(), F_SETFL, O_NONBLOCK);
  }

  int socket() const { return socket_.get(); }
  bool has_snapshot() const { return snapshot_; }

  /// Takes what is there; counts whole messages.
  void read(Counts& counts) {
    char piece[65536];
    for (;;) {
      const auto got = ::recv(socket_.get(), piece, sizeof piece, 0);
      if (got < 0 && errno == EAGAIN) return;
      require(got > 0, "the server closed a connection");
      counts.bytes += static_cast<std::uint64_t>(got);
      buffer_.append(piece, static_cast<std::size_t>(got));
      while (take_message(counts)) {
      }
    }
  }

 private:
  static constexpr int kNone = -2, kUnseen = -1;

  void send(std::string_view bytes) const {
    require(::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(bytes.size()),
            "cannot send");
  }

  void shake_hands(std::string_view token) {
    send(net::handshake_for_test(token));
    std::string answer;
    while (!answer.ends_with("\r\n\r\n")) {
      char byte = 0;
      require(::recv(socket_.get(), &byte, 1, 0) == 1, "no answer to the handshake");
      answer += byte;
    }
    require(answer.starts_with("HTTP/1.1 101 "), answer.substr(0, answer.find('\r')));
  }

  void subscribe(const std::vector<std::uint32_t>& signals) const {
    std::string text = R"({"op":"subscribe","id":1,"paths":[)";
    for (const std::uint32_t each : signals)
      text += fmt::format(R"({}"/Unit{}/Signal{}")", text.ends_with('[') ? "" : ",",
                          each / per_unit_ + 1, each % per_unit_);
    text += "]}";
    send(net::frame_for_test(net::FrameForTest::kText, text));
  }

  bool take_message(Counts& counts) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(buffer_[i]); };
    if (buffer_.size() < 2) return false;
    std::size_t head = 2, length = byte(1) & 0x7f;
    if (length >= 126) {
      head = length == 126 ? 4 : 10;
      if (buffer_.size() < head) return false;
      length = 0;
      for (std::size_t i = 2; i < head; ++i)
        length = length << 8 | byte(i);
    }
    if (buffer_.size() < head + length) return false;
    const auto payload = std::string_view(buffer_).substr(head, length);
    const auto kind = static_cast<net::FrameForTest>(byte(0));
    if (kind == net::FrameForTest::kPing) {
      send(net::frame_for_test(net::FrameForTest::kPong, payload));
    } else {
      require(kind == net::FrameForTest::kText,
              fmt::format("a frame that begins with {:#x}", byte(0)));
      ++counts.messages;
      look_at(payload, counts);
    }
    buffer_.erase(0, head + length);
    return true;
  }

  void look_at(std::string_view text, Counts& counts) {
    constexpr std::string_view kPath = R"("path":"/Unit)", kSignal = "/Signal",
                               kValue = R"("value":)", kGood = R"("status":"Good")";
    if (text.starts_with(R"({"op":"snapshot")"))
      snapshot_ = true;
    else
      counts.delays.push_back(delay_of(text));
    for (auto at = behind(text, kPath, 0); at != std::string_view::npos;
         at = behind(text, kPath, at)) {
      const auto unit = number_at<std::uint32_t>(text, at);
      at += kSignal.size();
      const auto signal = number_at<std::uint32_t>(text, at);
      at = behind(text, kValue, at);
      const auto value = number_at<double>(text, at);
      const auto next = std::min(text.find(kPath, at), text.size());
      const bool good = text.substr(at, next - at).find(kGood) != std::string_view::npos;
      ++counts.items;
      counts.wrong += good && check(unit, signal, value, counts) ? 0 : 1;
    }
  }

  bool check(std::uint32_t unit, std::uint32_t signal, double value, Counts& counts) {
    if (unit < 1 || unit > kUnits || signal >= per_unit_) return false;
    int& before = steps_[std::size_t{unit - 1} * per_unit_ + signal];
    const double steps = (value - (unit - 1) * 25'000.0 - signal) * kSteps;
    const int step = static_cast<int>(steps);
    if (before == kNone || steps != step || step < 0 || step >= kSteps) return false;
    if (before != kUnseen)
      counts.skipped += static_cast<std::uint64_t>((step - before + kSteps - 1) % kSteps);
    before = step;
    return true;
  }

  base::Descriptor socket_;
  std::uint32_t per_unit_;
  std::vector<int> steps_;  ///< by signal: the last one seen
  std::string buffer_;
  bool snapshot_ = false;
};

class Crowd {
 public:
  Crowd(std::uint16_t port, std::string_view token, std::size_t count, std::uint32_t per_unit)
      : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    std::mt19937 random(1);
    std::set<std::vector<std::uint32_t>> known;
    auto signals = shuffled(per_unit);
    while (clients_.size() < count) {
      std::ranges::shuffle(signals, random);
      std::vector<std::uint32_t> mine(signals.begin(), signals.begin() + kTagsEach);
      const auto unit = static_cast<std::uint32_t>(clients_.size() % kUnits);
      for (std::uint32_t& each : mine)
        each += unit * per_unit;
      if (!known.insert(mine).second) continue;
      clients_.push_back(std::make_unique<Client>(port, token, mine, per_unit));
      epoll_event wish{.events = EPOLLIN, .data = {.ptr = clients_.back().get()}};
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, clients_.back()->socket(), &wish);
    }
  }

  bool has_snapshots() const {
    return std::ranges::all_of(clients_, [](const auto& each) { return each->has_snapshot(); });
  }

  void listen(double until, Counts& counts, bool until_snapshots) {
    epoll_event events[256];
    while (wall_seconds() < until && !(until_snapshots && has_snapshots())) {
      const int count = ::epoll_wait(epoll_.get(), events, std::size(events), 20);
      for (int i = 0; i < count; ++i)
        static_cast<Client*>(events[i].data.ptr)->read(counts);
    }
  }

 private:
  base::Descriptor epoll_;
  std::vector<std::unique_ptr<Client>> clients_;
};

void run(char** arguments) {
  const auto clients = number_of<std::size_t>(arguments[3]);
  const double seconds = number_of<double>(arguments[4]);
  Crowd crowd(number_of<std::uint16_t>(arguments[1]), arguments[2], clients,
              number_of<std::uint32_t>(arguments[5]));
  Counts before;
  crowd.listen(wall_seconds() + 30, before, true);
  require(crowd.has_snapshots(), "not every client got its snapshot within 30 s");
  // What piled up while the others connected is no steady state.
  crowd.listen(wall_seconds() + 2, before, false);
  fmt::print("ready\n");
  std::fflush(stdout);
  Counts counts;
  crowd.listen(wall_seconds() + seconds, counts, false);
  std::ranges::sort(counts.delays);
  const auto delay = [&](double share) {
    require(!counts.delays.empty(), "no changes arrived");
    return counts
        .delays[static_cast<std::size_t>(share * static_cast<double>(counts.delays.size() - 1))];
  };
  fmt::print(R"({{"items":{},"messages":{},"bytes":{},"skipped":{},"wrong":{},"p50":{},"p99":{}}})"
             "\n",
             counts.items, counts.messages, counts.bytes, counts.skipped,
             counts.wrong + before.wrong, delay(0.5), delay(0.99));
}

}  // namespace
}  // namespace tagwerk::bench

int main(int argc, char** argv) {
  if (argc != 6) {
    fmt::print(stderr, "usage: bench_websocket PORT TOKEN CLIENTS SECONDS SIGNALS_PER_UNIT\n");
    return 2;
  }
  tagwerk::bench::run(argv);
}
