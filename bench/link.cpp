#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "base/descriptor.hpp"
#include "bench/measure.hpp"
#include "link/frame_reader.hpp"
#include "link/samples.hpp"

/// Samples from one process's end of a Unix socket to the other's: encoded, sent, cut into frames,
/// validated, decoded. At full speed, and at 100,000 a second how long one is on its way.
namespace tagwerk::bench {
namespace {

constexpr std::uint32_t kTags = 100'000;
constexpr std::size_t kBatch = 1024;
constexpr int kRounds = 5;
constexpr int kPasses = 200;
constexpr int kPacedBatches = 3000;
constexpr std::uint32_t kPacedBatch = 100;  ///< a thousand times a second

struct Pair {
  base::Descriptor from, to;

  static Pair make() {
    int ends[2];
    require(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "no socket pair");
    return {base::Descriptor(ends[0]), base::Descriptor(ends[1])};
  }
};

void send_all(int socket, const base::Bytes& bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const auto sent = ::send(socket, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
    require(sent > 0, "the socket does not take what is sent");
    at += static_cast<std::size_t>(sent);
  }
}

/// Reads frames until `count` samples are there; `take` gets those of each frame.
template <class Take>
void receive(int socket, std::uint64_t count, Take take) {
  link::FrameReader reader;
  std::vector<Sample> samples;
  for (std::uint64_t seen = 0; seen < count;) {
    const auto space = reader.space();
    const auto got = ::read(socket, space.data(), space.size());
    require(got > 0, "the socket ended early");
    reader.filled(static_cast<std::size_t>(got));
    for (;;) {
      const auto frame = reader.next();
      require(frame.has_value(), "a frame is damaged");
      if (!*frame) break;
      samples.clear();
      require(link::decode_samples((*frame)->payload, samples).has_value(), "samples are damaged");
      seen += samples.size();
      take(samples);
    }
  }
}

std::vector<Sample> all_tags() {
  std::vector<Sample> out;
  out.reserve(kTags);
  for (std::uint32_t i = 0; i < kTags; ++i)
    out.push_back({Value::of(i * 0.5), UtcTime(Duration(1)), model::kGood, i});
  return out;
}

void send_passes(int socket, std::span<const Sample> samples) {
  base::Bytes frame;
  std::uint64_t sequence = 0;
  for (int pass = 0; pass < kPasses; ++pass)
    for (std::size_t at = 0; at < samples.size();) {
      frame.clear();
      const auto batch = samples.subspan(at, std::min(kBatch, samples.size() - at));
      at += link::encode_samples({++sequence, 1}, batch, frame);
      send_all(socket, frame);
    }
}

/// Million samples per second, both ends at once.
Rounds measured_speed() {
  const auto samples = all_tags();
  Rounds out;
  for (int round = 0; round < kRounds; ++round) {
    const Pair pair = Pair::make();
    const double begin = wall_seconds();
    std::thread sender([&] { send_passes(pair.from.get(), samples); });
    std::uint64_t wrong = 0;
    std::uint32_t expected = 0;
    receive(pair.to.get(), std::uint64_t{kTags} * kPasses, [&](std::span<const Sample> frame) {
      for (const Sample& each : frame) {
        wrong += each == samples[expected] ? 0 : 1;
        if (++expected == kTags) expected = 0;
      }
    });
    sender.join();
    out.add(kPasses * static_cast<double>(kTags) / (wall_seconds() - begin) / 1e6);
    require(wrong == 0, fmt::format("{} samples arrived changed", wrong));
  }
  return out;
}

std::int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void send_paced(int socket) {
  base::Bytes frame;
  std::vector<Sample> samples(kPacedBatch);
  std::int64_t next = now_ns();
  for (int batch = 0; batch < kPacedBatches; ++batch) {
    next += 1'000'000;
    const timespec until{next / 1'000'000'000, next % 1'000'000'000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
    const UtcTime sent{Duration(now_ns())};
    for (std::uint32_t i = 0; i < kPacedBatch; ++i)
      samples[i] = {Value::of(i * 0.5), sent, model::kGood, i};
    frame.clear();
    (void)link::encode_samples({static_cast<std::uint64_t>(batch) + 1, 1}, samples, frame);
    send_all(socket, frame);
  }
}

/// Microseconds from before the encoding to after the decoding, sorted.
std::vector<double> measured_way() {
  const Pair pair = Pair::make();
  std::vector<double> out;
  std::thread sender([&] { send_paced(pair.from.get()); });
  receive(pair.to.get(), std::uint64_t{kPacedBatches} * kPacedBatch,
          [&](std::span<const Sample> frame) {
            const auto sent = frame.front().time.time_since_epoch().count();
            out.push_back(static_cast<double>(now_ns() - sent) * 1e-3);
          });
  sender.join();
  std::ranges::sort(out);
  return out;
}

void run() {
  const Rounds speed = measured_speed();
  print({"samples over the link, encoded and validated", speed.median(), "M/s", 20, "M/s asked for",
         true, speed.spread()});
  const auto way = measured_way();
  print({"one way at 100,000 samples/s: median", way[way.size() / 2], "us"});
  print({"one way at 100,000 samples/s: p99", way[way.size() * 99 / 100], "us", 150, "us allowed"});
}

}  // namespace
}  // namespace tagwerk::bench

int main() {
  tagwerk::bench::run();
}
