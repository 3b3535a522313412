#pragma once

#include <future>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <thread>

#include "access/plant_for_test.hpp"
#include "access/server_access.hpp"
#include "engine/table_sink.hpp"
#include "model/catalogue_for_test.hpp"
#include "store/store_for_test.hpp"
#include "table/writer.hpp"

namespace tagwerk::access::testing {

inline constexpr const char* kProject = R"(connectors:
  plc1: {type: field, host: 127.0.0.1}
  plc2: {type: field, host: 127.0.0.2}
tags:
  P/Level: {type: float, range: [0, 10], write: operator, source: {connector: plc1, address: "HR:1", scale: 0.1}}
  P/Valve: {type: bool, write: operator, source: {connector: plc1, address: "HR:2"}}
  P/Deaf: {type: float, write: operator, source: {connector: plc1, address: "HR:3"}}
  P/Local: {type: int, write: engineer}
  P/Fixed: {type: float}
  Q/Level: {type: float, write: operator, source: {connector: plc2, address: "HR:1"}}
)";

/// Devices that answer from threads of their own; the one behind "Deaf" never does in time.
class FakeDevices : public engine::WriteTarget {
 public:
  explicit FakeDevices(ServerAccess*& access) : access_(access) {}

  void write(engine::DeviceWrite write, engine::WriteDone done) override {
    const bool odd = (++count_ & 1) != 0;
    const model::PlantTag* tag = access_->plant()->by_slot(write.slot);
    const bool deaf = tag->definition.path == "/P/Deaf";
    static_cast<void>((odd ? one_ : other_)
                          .post([deaf, write = std::move(write), done = std::move(done)]() mutable {
                            if (deaf)
                              return done(
                                  {model::kBadTimeout, "the device did not answer within 5 s", {}});
                            done({model::kGood, {}, std::move(write.raw)});
                          }));
  }
  void stop() {
    one_.stop();
    other_.stop();
  }

 private:
  ServerAccess*& access_;
  std::atomic<int> count_{0};
  base::Worker one_{"device-1"}, other_{"device-2"};
};

/// Every part that runs in a server, but no connector is started and devices are made up.
class ServerAccessTest : public store::StoreTest {
 protected:
  ServerAccessTest()
      : instance(fmt::format("test-access-{}-{}", ::getpid(), next())),
        writer(*table::Writer::create(instance, {.slot_capacity = 1024, .area_bytes = 1 << 20})),
        sink(*writer),
        database(open()),
        configuration(*database),
        audit(*database),
        lock_rows(*database),
        supervisor(
            *supervisor::Supervisor::make(loop, engine,
                                          {.executable = "/bin/false",
                                           .data_dir = directory_.string(),
                                           .link_socket = (directory_ / "link.sock").string(),
                                           .instance = instance})),
        devices(access_pointer),
        access(std::make_unique<ServerAccess>(
            ServerAccess::Parts{engine, *supervisor, configuration, audit, lock_rows, store,
                                writer->reader(), catalogue, instance, "0.0.0", backups})),
        thread([this] { loop.run(); }) {
    access_pointer = access.get();
    engine.engine().add_sink(&sink);
    engine.engine().add_sink(&access->broadcaster());
    engine.engine().set_target(&devices);
    engine.start();
    EXPECT_TRUE(on_store([this] { return access->start(); }));
  }
  ~ServerAccessTest() override {
    devices.stop();
    engine.stop();
    backup_worker.stop();
    store.stop();
    loop.stop();
    thread.join();
    access.reset();
    writer.reset();
    EXPECT_TRUE(table::remove_table(instance));
  }
  static int next() {
    static std::atomic<int> count{0};
    return count++;
  }

  template <class Work>
  auto on_store(Work work) -> decltype(work()) {
    std::promise<decltype(work())> promise;
    EXPECT_TRUE(store.post([&] { promise.set_value(work()); }));
    return promise.get_future().get();
  }
  Result<ImportResult> import(std::string text, ImportOptions options = {},
                              std::shared_ptr<const auth::Principal> who = nullptr) {
    std::promise<Result<ImportResult>> promise;
    access->import({who ? who : engineer, "test"}, {{"plant.yaml", std::move(text)}}, options,
                   [&](Result<ImportResult> result) { promise.set_value(std::move(result)); });
    return promise.get_future().get();
  }
  void import_project() {
    const auto result = import(kProject);
    ASSERT_TRUE(result) << result.error().message;
    ASSERT_TRUE(result->errors.empty()) << result->errors.front().to_string();
    ASSERT_TRUE(result->applied);
  }
  std::vector<WriteItemResult> write(const std::shared_ptr<const auth::Principal>& who,
                                     std::vector<WriteItem> items,
                                     Duration timeout = std::chrono::seconds(5)) {
    std::promise<std::vector<WriteItemResult>> promise;
    access->write({who, "http 127.0.0.1"}, std::move(items), timeout,
                  [&](std::vector<WriteItemResult> results) {
                    rows_before_answer = audit_rows();
                    promise.set_value(std::move(results));
                  });
    return promise.get_future().get();
  }
  Result<AuditPage> audit_page(const std::shared_ptr<const auth::Principal>& who,
                               AuditFilter filter = {.action = "write"}) {
    std::promise<Result<AuditPage>> promise;
    access->audit({who, "test"}, std::move(filter),
                  [&](Result<AuditPage> page) { promise.set_value(std::move(page)); });
    return promise.get_future().get();
  }
  /// Oldest first: "who origin action target old->new outcome".
  std::vector<std::string> audit_lines(AuditFilter filter = {.action = "write"}) {
    std::vector<std::string> out;
    const AuditPage page = audit_page(engineer, std::move(filter)).value();
    for (const AuditEntry& entry : page.entries)
      out.insert(out.begin(),
                 fmt::format("{} {} {} {}->{} {}", entry.who, entry.action, entry.target,
                             entry.old_value, entry.new_value, entry.outcome));
    return out;
  }
  /// As another process sees them on the disk.
  int audit_rows() {
    sqlite3* raw = nullptr;
    EXPECT_EQ(sqlite3_open_v2(file().c_str(), &raw, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
    int rows = -1;
    sqlite3_exec(
        raw, "SELECT count(*) FROM audit",
        [](void* out, int, char** values, char**) {
          *static_cast<int*>(out) = std::atoi(values[0]);
          return 0;
        },
        &rows, nullptr);
    sqlite3_close(raw);
    return rows;
  }
  Result<EditResult> edit(MakeEdit make, EditOptions options = {},
                          std::shared_ptr<const auth::Principal> who = nullptr) {
    return ask<EditResult>([&](auto done) {
      access->edit({who ? who : engineer, "test"}, std::move(make), std::move(options),
                   std::move(done));
    });
  }
  Result<EditResult> edit(model::ProjectEdit wanted, EditOptions options = {},
                          std::shared_ptr<const auth::Principal> who = nullptr) {
    return edit([wanted = std::move(wanted)](const Configured&) { return wanted; },
                std::move(options), std::move(who));
  }
  /// What a device says.
  void feed(std::string_view path, Value raw) {
    engine.run([&](engine::Engine& running, engine::Now now) {
      Sample sample{std::move(raw), now.utc, {}, running.plant()->find(path)->slot};
      running.step(now, {&sample, 1});
    });
  }
  Value shown(std::string_view path) { return access->current(*access->plant()->find(path)).value; }
  template <class T, class Start>
  Result<T> ask(Start start) {
    std::promise<Result<T>> promise;
    start([&](Result<T> result) { promise.set_value(std::move(result)); });
    return promise.get_future().get();
  }

  const std::string instance;
  net::EventLoop loop{"test"};
  model::FieldCatalogue catalogue;
  std::unique_ptr<table::Writer> writer;
  engine::TableSink sink;
  std::unique_ptr<store::Database> database;
  store::ConfigurationStore configuration;
  store::AuditStore audit;
  store::LockStore lock_rows;
  engine::EngineRunner engine{[] { return engine::Now{base::utc_now(), base::mono_now()}; }};
  base::Worker store{"store"};
  base::Worker backup_worker{"backup"};
  store::Backups backups{{directory_, "0.0.0", instance, "test"}, backup_worker};
  std::unique_ptr<supervisor::Supervisor> supervisor;
  ServerAccess* access_pointer = nullptr;
  FakeDevices devices;
  std::unique_ptr<ServerAccess> access;
  std::thread thread;
  int rows_before_answer = 0;

  std::shared_ptr<const auth::Principal> viewer = person("vera", {{"viewer", "/"}});
  std::shared_ptr<const auth::Principal> operating = person("otto", {{"operator", "/P"}});
  std::shared_ptr<const auth::Principal> engineer = person("emma", {{"engineer", "/"}});
};

}  // namespace tagwerk::access::testing
