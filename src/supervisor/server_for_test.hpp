#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

#include "base/directory_for_test.hpp"
#include "link/frame_reader.hpp"
#include "link/samples.hpp"
#include "model/any_catalogue_for_test.hpp"
#include "supervisor/supervisor.hpp"

/// What the supervisor's tests run against: real loop, real engine, real socket.
namespace tagwerk::supervisor {

using base::TestDirectory;

constexpr Duration kPatience = std::chrono::seconds(20);

/// True as soon as the condition holds, false when it did not in time.
template <class Condition>
bool eventually(Condition condition, Duration limit = kPatience) {
  const MonoTime end = base::mono_now() + limit;
  while (!condition()) {
    if (base::mono_now() > end) return false;
    ::poll(nullptr, 0, 5);
  }
  return true;
}

/// Every address is accepted.
inline const model::AnyCatalogue kAnyCatalogue{std::chrono::milliseconds(50)};

inline model::TagDefinition tag_of(const std::string& path, const std::string& address,
                                   const std::string& connector = "plc1") {
  model::TagDefinition tag{.path = path};
  tag.source = model::SourceDefinition{.connector = connector, .address = address};
  tag.write = "operator";
  tag.stale_after = std::chrono::hours(1);
  return tag;
}

/// One connector "plc1" of type "test" with these tags.
inline model::Project project_of(const std::vector<model::TagDefinition>& tags) {
  model::Project project;
  project.connectors["plc1"] = {.name = "plc1", .type = "test"};
  for (const model::TagDefinition& tag : tags)
    project.tags[tag.path] = tag;
  return project;
}

/// `generation` makes other ids for the same paths: tags made anew.
inline std::shared_ptr<const model::Plant> plant_of(const model::Project& project,
                                                    const model::Plant* previous = nullptr,
                                                    std::uint64_t generation = 0) {
  model::Plant::TagIds ids;
  for (const auto& [path, tag] : project.tags)
    ids[path] = (std::hash<std::string>{}(path) << 8) + generation + 1;
  auto plant = model::Plant::make(project, kAnyCatalogue, ids,
                                  previous == nullptr ? 1 : previous->revision() + 1, previous);
  TAGWERK_ASSERT(plant.has_value());
  return *plant;
}

/// Everything the engine accepted, in order.
class RecordingSink final : public engine::ChangeSink {
 public:
  void on_changes(std::span<const engine::Change> changes) override {
    const std::lock_guard lock(mutex_);
    changes_.insert(changes_.end(), changes.begin(), changes.end());
  }
  void on_plant(const std::shared_ptr<const model::Plant>&) override {}

  /// Values of a tag as integers, in the order in which they came.
  std::vector<int> values(TagId tag) const {
    const std::lock_guard lock(mutex_);
    std::vector<int> out;
    for (const engine::Change& change : changes_)
      if (change.tag == tag && change.sample.value.is_number() && change.sample.quality.good())
        out.push_back(static_cast<int>(change.sample.value.number()));
    return out;
  }
  Quality quality(TagId tag) const {
    const std::lock_guard lock(mutex_);
    Quality last = model::kBadWaitingForInitialData;
    for (const engine::Change& change : changes_)
      if (change.tag == tag) last = change.sample.quality;
    return last;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<engine::Change> changes_;
};

/// One life of a server: loop, engine and supervisor. Its end is that of a kill -9: connectors are
/// not told.
class TestServer {
 public:
  explicit TestServer(Supervisor::Options options)
      : runner([] { return engine::Now{base::utc_now(), base::mono_now()}; }) {
    auto made = Supervisor::make(loop_, runner, std::move(options));
    TAGWERK_ASSERT(made.has_value());
    supervisor = std::move(*made);
    runner.engine().add_sink(&sink);
    runner.engine().set_target(supervisor.get());
    runner.start();
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~TestServer() {
    release();
    loop_.stop();
    thread_.join();
    supervisor.reset();
    runner.stop();
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  void apply(const model::Project& project, std::uint64_t generation = 0) {
    plant = plant_of(project, plant.get(), generation);
    runner.run([&](engine::Engine& engine, engine::Now now) { engine.configure(plant, now, {}); });
    supervisor->apply(plant);
  }
  /// Like apply and start, when the link is open.
  void start(const model::Project& project) {
    apply(project);
    supervisor->start();
  }
  /// False when it did not end within 5 s.
  bool stop() {
    std::atomic<bool> stopped = false;
    supervisor->stop([&] { stopped = true; });
    return eventually([&] { return stopped.load(); }, std::chrono::seconds(5));
  }

  /// The engine takes nothing until release().
  void block() {
    {
      const std::lock_guard lock(mutex_);
      blocked_ = true;
    }
    runner.post([this](engine::Engine&, engine::Now) {
      std::unique_lock lock(mutex_);
      unblocked_.wait_for(lock, kPatience, [this] { return !blocked_; });
    });
  }
  void release() {
    const std::lock_guard lock(mutex_);
    blocked_ = false;
    unblocked_.notify_all();
  }

  TagId id(const std::string& path) const { return plant->find(path)->id; }
  std::vector<int> values(const std::string& path) const { return sink.values(id(path)); }
  Quality quality(const std::string& path) const { return sink.quality(id(path)); }
  ConnectorStatus status(const std::string& name = "plc1") const {
    const auto connectors = supervisor->connectors();
    for (const ConnectorStatus& each : *connectors)
      if (each.name == name) return each;
    return {};
  }
  bool becomes(ConnectorState state, const std::string& name = "plc1") const {
    return eventually([&] { return status(name).state == state && !status(name).name.empty(); });
  }
  std::string control(Supervisor::Control what, const std::string& name = "plc1") {
    return wait_for<std::string>([&](auto done) {
      supervisor->control(name, what, "the test",
                          [done = std::move(done)](Result<ConnectorStatus> status) mutable {
                            done(status ? "" : status.error().message);
                          });
    });
  }
  engine::WriteOutcome write(const std::string& path, double value,
                             Duration within = std::chrono::seconds(10)) {
    return wait_for<engine::WriteOutcome>(
        [&](auto done) { begin_write(path, value, within, std::move(done)); });
  }
  void begin_write(const std::string& path, double value, Duration within, engine::WriteDone done) {
    const model::PlantTag* tag = plant->find(path);
    runner.post([=, done = std::move(done), slot = tag->slot, id = tag->id](
                    engine::Engine& engine, engine::Now now) mutable {
      engine.write(now, slot, id, Value::of(value), now.mono + within, std::move(done));
    });
  }
  /// Runs what is called back later and waits for its answer.
  template <class Answer, class Call>
  static Answer wait_for(Call call) {
    struct Shared {
      std::mutex mutex;
      std::optional<Answer> answer;
    };
    auto shared = std::make_shared<Shared>();
    call([shared](Answer answer) {
      const std::lock_guard lock(shared->mutex);
      shared->answer = std::move(answer);
    });
    const bool answered = eventually([&] {
      const std::lock_guard lock(shared->mutex);
      return shared->answer.has_value();
    });
    TAGWERK_ASSERT(answered);
    return *shared->answer;
  }

 private:
  net::EventLoop loop_{"io"};
  std::mutex mutex_;
  std::condition_variable unblocked_;
  bool blocked_ = false;

 public:
  RecordingSink sink;
  engine::EngineRunner runner;
  std::unique_ptr<Supervisor> supervisor;
  std::shared_ptr<const model::Plant> plant;

 private:
  std::thread thread_;
};

/// A connector that says what the test wants it to say.
class LinkClient {
 public:
  /// Waits until the server listens.
  explicit LinkClient(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const bool connected = eventually([&] {
      return ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    });
    TAGWERK_ASSERT(connected);
  }
  ~LinkClient() { ::close(fd_); }
  LinkClient(const LinkClient&) = delete;
  LinkClient& operator=(const LinkClient&) = delete;

  void send_bytes(base::ByteView bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes = bytes.subspan(static_cast<std::size_t>(sent));
    }
  }
  template <class Frame>
  void send(const Frame& frame) {
    base::Bytes bytes;
    link::encode(frame, bytes);
    send_bytes(bytes);
  }
  /// The value of each of `count` handles is the sequence.
  void send_samples(std::uint64_t sequence, std::uint64_t revision, std::uint32_t count = 1) {
    std::vector<Sample> samples;
    for (std::uint32_t handle = 0; handle < count; ++handle)
      samples.push_back({Value::of(static_cast<double>(sequence)), base::utc_now(), {}, handle});
    base::Bytes bytes;
    link::encode_samples({sequence, revision}, samples, bytes, link::kMaxFrame);
    send_bytes(bytes);
  }

  /// The next frame of this type; others before it are passed over. Nothing when the connection
  /// ends or time is up.
  template <class Frame>
  std::optional<Frame> next(link::FrameType type, Duration limit = kPatience) {
    const MonoTime end = base::mono_now() + limit;
    while (true) {
      const auto view = reader_.next();
      TAGWERK_ASSERT(view.has_value());
      if (!*view) {
        if (!read(end)) return std::nullopt;
        continue;
      }
      if ((*view)->type != type) continue;
      Frame frame;
      TAGWERK_ASSERT(link::decode((*view)->payload, frame).has_value());
      return frame;
    }
  }
  /// The server closes without another word.
  bool is_closed() {
    while (read(base::mono_now() + kPatience)) {
    }
    return ended_;
  }

 private:
  bool read(MonoTime end) {
    pollfd waiting{fd_, POLLIN, 0};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - base::mono_now()).count();
    if (ended_ || left <= 0 || ::poll(&waiting, 1, static_cast<int>(left)) <= 0) return false;
    const auto room = reader_.space();
    const ssize_t got = ::recv(fd_, room.data(), room.size(), 0);
    ended_ = got <= 0;
    if (!ended_) reader_.filled(static_cast<std::size_t>(got));
    return !ended_;
  }

  int fd_;
  link::FrameReader reader_;
  bool ended_ = false;
};

}  // namespace tagwerk::supervisor
