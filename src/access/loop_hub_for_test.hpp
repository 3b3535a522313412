#pragma once

#include <condition_variable>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>
#include <unistd.h>

#include "access/loop_hub.hpp"
#include "access/plant_for_test.hpp"
#include "engine/table_sink.hpp"
#include "table/writer.hpp"

/// A hub between a real engine, table and loop, for the tests of this folder.
namespace tagwerk::access::testing {

using namespace std::chrono_literals;

using PlantPointer = std::shared_ptr<const model::Plant>;

inline std::string text_of(std::span<const Update> updates) {
  std::string out;
  for (const Update& update : updates)
    out += fmt::format("{}{}={}", out.empty() ? "" : " ", update.tag->definition.path,
                       update.current.value.to_json());
  return out;
}

/// Writes down what it is told: "snapshot /A=1", "changes /A=2", "changes+3 /A=5", "plant 2".
class Recorder : public Subscriber {
 public:
  void on_snapshot(std::uint64_t id, PlantPointer plant, std::span<const Update> updates) override {
    held = std::move(plant);
    note("snapshot " + text_of(updates));
    then(id);
  }
  void on_plant(std::uint64_t id, const PlantPointer& plant) override {
    held = plant;
    note(fmt::format("plant {}", plant->revision()));
    then(id);
  }
  void on_changes(std::uint64_t id, std::span<const Update> updates,
                  std::uint64_t skipped) override {
    note((skipped > 0 ? fmt::format("changes+{} ", skipped) : "changes ") + text_of(updates));
    then(id);
  }
  bool ready() const override { return is_ready; }

  std::vector<std::string> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(said_, {});
  }
  template <class Condition>
  bool wait_for(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 20s, [&] { return condition(said_); });
  }

  bool is_ready = true;
  std::function<void(std::uint64_t)> then = [](std::uint64_t) {};
  PlantPointer held;

 private:
  void note(std::string line) {
    {
      const std::lock_guard lock(mutex_);
      said_.push_back(std::move(line));
    }
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> said_;
};

inline std::string next_instance() {
  static std::atomic<int> count{0};
  return fmt::format("test-hub-{}-{}", ::getpid(), count++);
}

/// A real engine, table and loop. Unless a test says otherwise the engine is stepped on the loop's
/// thread, so what waits in the hub's queue is known: drain runs when the running task is over.
class LoopHubTest : public ::testing::Test {
 protected:
  LoopHubTest()
      : instance(next_instance()),
        writer(*table::Writer::create(instance, {.slot_capacity = 4096, .area_bytes = 1 << 20})),
        sink(*writer),
        broadcaster([reader = writer->reader()] { return reader.committed(); }),
        hub(std::make_shared<LoopHub>(
            loop, LoopHub::Source{[this] {
                                    const std::lock_guard lock(plant_mutex);
                                    return plant;
                                  },
                                  [reader = writer->reader()](const model::PlantTag& tag) {
                                    table::TableValue value = reader.read(tag.slot, tag.id);
                                    return LoopHub::Numbered{{std::move(value.value), value.quality,
                                                              value.source_time, value.server_time},
                                                             value.number};
                                  },
                                  [reader = writer->reader()] { return reader.committed(); }})) {
    engine.add_sink(&sink);
    engine.add_sink(&broadcaster);
    broadcaster.add(hub);
  }
  ~LoopHubTest() override {
    loop.stop();
    thread.join();
    writer.reset();
    EXPECT_TRUE(table::remove_table(instance));
  }

  /// Runs it on the loop and waits.
  void on_loop(std::function<void()> work) {
    std::promise<void> done;
    loop.post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }
  /// Until everything that was posted is done, also what drain leaves for later.
  void settle() {
    for (int i = 0; i < 8; ++i)
      on_loop([] {});
  }
  void configure(PlantPointer next) {
    {
      const std::lock_guard lock(plant_mutex);
      plant = next;
    }
    engine.configure(std::move(next), now(), {});
  }
  void use_plant(const std::vector<std::string>& paths) {
    on_loop([&] { configure(plant_of(paths, plant.get())); });
    settle();
  }
  engine::Now now() {
    ++ticks;
    return {UtcTime{std::chrono::seconds(1'700'000'000) + ticks * 1ms}, MonoTime{ticks * 1ms}};
  }
  /// One step with one value.
  void set(std::string_view path, double value) {
    const engine::Now at = now();
    Sample sample{Value::of(value), at.utc, {}, plant->find(path)->slot};
    engine.step(at, {&sample, 1});
  }
  Result<std::uint64_t> subscribe(Recorder& to, SubscribeOptions options) {
    return hub->subscribe(who, std::move(options), to);
  }

  const std::string instance;
  net::EventLoop loop{"hub"};
  std::unique_ptr<table::Writer> writer;
  engine::TableSink sink;
  engine::Engine engine;
  Broadcaster broadcaster;
  std::mutex plant_mutex;
  PlantPointer plant;
  std::shared_ptr<const auth::Principal> who = viewer_of("/");
  std::int64_t ticks = 0;
  std::shared_ptr<LoopHub> hub;
  std::thread thread{[this] { loop.run(); }};
};

}  // namespace tagwerk::access::testing
