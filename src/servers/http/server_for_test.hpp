#pragma once

#include <filesystem>
#include <future>
#include <gtest/gtest.h>
#include <unistd.h>

#include "access/server_access.hpp"
#include "auth/memory_accounts.hpp"
#include "base/worker.hpp"
#include "engine/table_sink.hpp"
#include "model/catalogue_for_test.hpp"
#include "net/http_client.hpp"
#include "net/http_server.hpp"
#include "servers/http/http_api.hpp"
#include "store/database.hpp"
#include "supervisor/supervisor.hpp"
#include "table/writer.hpp"

namespace tagwerk::servers::http {

/// The body of an answer.
inline model::Node json(const Result<net::HttpAnswer>& answer) {
  EXPECT_TRUE(answer);
  auto node = model::parse_json(answer->body, "answer");
  EXPECT_TRUE(node) << answer->body;
  return node ? *node : model::Node{};
}

/// A member of it as text.
inline std::string text(const model::Node& node, std::string_view key) {
  const model::Node* found = node.find(key);
  return found == nullptr ? "(missing)" : found->is_null() ? "(null)" : found->text;
}

/// A server in this process: real engine, table, stores and access; no connector processes. Its
/// plant has tags without source, which take what is written at once, and one connector that is
/// never started. Users: admin, operator and viewer, password "long enough".
class ServerForTest {
 public:
  static constexpr std::string_view kPassword = "long enough";
  static constexpr std::string_view kProject = R"(
connectors:
  plc1: {type: field, enabled: false, host: 127.0.0.1}
types:
  Pump:
    parameters: {base: int}
    tags:
      Running: {type: bool, write: operator}
      Current: {type: float, unit: A, source: {connector: plc1, address: "HR:{base}"}}
objects:
  Plant/Pump1: {type: Pump, with: {base: 10}, description: First pump}
tags:
  Plant/SetPoint: {type: float, unit: bar, range: [0, 10], write: operator, confirm: true}
  Plant/Mode: {type: int, states: {0: "Off", 1: Auto}, write: engineer}
  Plant/Note: {type: string, write: operator}
)";

  explicit ServerForTest(HttpApiOptions options = {}, net::HttpServerOptions network = {})
      : directory_(make_directory()) {
    open_stores();
    make_access();
    start_http(std::move(options), std::move(network));
  }

  ~ServerForTest() {
    http_->stop();
    auto stopped = std::make_shared<std::promise<void>>();
    supervisor_->stop([stopped] { stopped->set_value(); });
    stopped->get_future().wait_for(std::chrono::seconds(5));
    engine_->stop();
    hasher_.reset();
    backup_worker_.stop();
    worker_->stop();
    loop_thread_->stop();
    // What has timers goes before the loop.
    http_.reset();
    access_.reset();
    supervisor_.reset();
    std::filesystem::remove_all(directory_);
  }

  net::HttpClient client(std::string_view user = {}) {
    net::HttpClient made({.url = url()});
    if (!user.empty()) made.set_bearer(token(user));
    return made;
  }
  /// An access token, without the time that a login takes.
  std::string token(std::string_view user) {
    net::HttpClient plain({.url = url()});
    const auto answer =
        plain.post(base_path_ + "/login",
                   fmt::format(R"({{"username":"{}","password":"{}"}})", user, kPassword));
    EXPECT_EQ(answer->status, 200) << answer->body;
    return std::string(model::parse_json(answer->body, "login")->find("access_token")->text);
  }
  std::string url() const { return fmt::format("http://127.0.0.1:{}", http_->port()); }
  std::uint16_t port() const { return http_->port(); }
  access::ServerAccess& access() { return *access_; }
  auth::Authenticator& authenticator() { return *authenticator_; }
  auth::UserId user_id(std::string_view name) {
    return authenticator_->directory().load()->find(name)->account.id;
  }

  /// Sets a tag as a device would.
  void set(const std::string& path, Value value) {
    std::promise<void> done;
    access_->write({auth::Principal::system("test"), "test"}, {{path, std::move(value)}},
                   std::chrono::seconds(5), [&](auto) { done.set_value(); });
    done.get_future().get();
  }
  void import(std::string yaml) {
    std::promise<void> done;
    access_->import({auth::Principal::system("test"), "test"}, {{"test.yaml", std::move(yaml)}}, {},
                    [&](Result<access::ImportResult> result) {
                      EXPECT_TRUE(result) << result.error().message;
                      EXPECT_TRUE(result->errors.empty()) << result->errors.front().to_string();
                      done.set_value();
                    });
    done.get_future().get();
  }

 private:
  static std::filesystem::path make_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "tagwerk-http-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    return name;
  }

  void open_stores() {
    database_ = std::move(*store::Database::open(directory_ / "config.sqlite", base::utc_now()));
    configuration_ = std::make_unique<store::ConfigurationStore>(*database_);
    audit_ = std::make_unique<store::AuditStore>(*database_);
    locks_ = std::make_unique<store::LockStore>(*database_);
    worker_ = std::make_unique<base::Worker>("store");
    hasher_ = std::make_unique<auth::PasswordHasher>();
    const std::string hash = *auth::hash_password(kPassword);
    for (const char* name : {"admin", "operator", "viewer"}) {
      auth::UserAdmin admin(accounts_);
      EXPECT_TRUE(admin.add({.name = name, .password_hash = hash, .role = name}, base::utc_now()));
    }
    authenticator_ = std::make_unique<auth::Authenticator>(
        accounts_, *hasher_,
        [this](std::move_only_function<void()> job) -> Status {
          if (worker_->post(std::move(job))) return {};
          return fail(ErrorCode::unavailable, "stopping");
        },
        std::move(*auth::load_or_create_secret(directory_ / "secret")),
        auth::Authenticator::Settings{.secret_file = directory_ / "secret"});
    EXPECT_TRUE(authenticator_->start(base::utc_now()));
  }

  void make_access() {
    static std::atomic<int> count{0};
    const std::string instance = fmt::format("http{}-{}", ::getpid(), count++);
    loop_thread_ = std::make_unique<net::EventLoopThread>("io");
    table_ = std::move(*table::Writer::create(instance));
    table_sink_ = std::make_unique<engine::TableSink>(*table_);
    engine_ = std::make_unique<engine::EngineRunner>(
        [] { return engine::Now{base::utc_now(), base::mono_now()}; });
    supervisor_ =
        std::move(*supervisor::Supervisor::make(loop_thread_->loop(), *engine_,
                                                {.executable = "/nonexistent",
                                                 .data_dir = directory_.string(),
                                                 .link_socket = (directory_ / "link.sock").string(),
                                                 .instance = instance}));
    backups_ = std::make_unique<store::Backups>(
        store::BackupSource{directory_, "test", instance, "test"}, backup_worker_);
    access_ = std::make_unique<access::ServerAccess>(access::ServerAccess::Parts{
        *engine_, *supervisor_, *configuration_, *audit_, *locks_, *worker_, table_->reader(),
        catalogue_, instance, "test", *backups_});
    engine_->engine().add_sink(table_sink_.get());
    engine_->engine().add_sink(&access_->broadcaster());
    engine_->engine().set_target(supervisor_.get());
    engine_->start();
    std::promise<Status> started;
    EXPECT_TRUE(worker_->post([&] { started.set_value(access_->start()); }));
    EXPECT_TRUE(started.get_future().get());
    import(std::string(kProject));
    access_->set_ready("");
  }

  void start_http(HttpApiOptions options, net::HttpServerOptions network) {
    base_path_ = options.base_path;
    network.port = 0;
    network.common_headers = common_headers();
    net::EventLoop* const loop = &loop_thread_->loop();
    auto api = std::make_shared<HttpApi>(
        *access_, *authenticator_, std::span<net::EventLoop* const>{&loop, 1}, std::move(options));
    http_ = std::move(*net::HttpServer::start({&loop, 1}, std::move(network), api));
    api->show_counters_of(http_.get());
  }

  const std::filesystem::path directory_;
  std::string base_path_;
  auth::MemoryAccounts accounts_;
  base::Worker backup_worker_{"backup"};
  std::unique_ptr<store::Backups> backups_;
  model::FieldCatalogue catalogue_;
  std::unique_ptr<store::Database> database_;
  std::unique_ptr<store::ConfigurationStore> configuration_;
  std::unique_ptr<store::AuditStore> audit_;
  std::unique_ptr<store::LockStore> locks_;
  std::unique_ptr<net::EventLoopThread> loop_thread_;
  std::unique_ptr<table::Writer> table_;
  std::unique_ptr<engine::TableSink> table_sink_;
  std::unique_ptr<engine::EngineRunner> engine_;
  std::unique_ptr<supervisor::Supervisor> supervisor_;
  std::unique_ptr<auth::PasswordHasher> hasher_;
  std::unique_ptr<base::Worker> worker_;
  std::unique_ptr<auth::Authenticator> authenticator_;
  std::unique_ptr<access::ServerAccess> access_;
  std::unique_ptr<net::HttpServer> http_;
};

}  // namespace tagwerk::servers::http
