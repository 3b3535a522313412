#include "app/server.hpp"

#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <optional>
#include <sodium/core.h>
#include <unistd.h>

#include "access/server_access.hpp"
#include "app/data_directory.hpp"
#include "app/first_user.hpp"
#include "app/io_threads.hpp"
#include "app/machine.hpp"
#include "app/nightly_backup.hpp"
#include "app/server_certificate.hpp"
#include "app/version.hpp"
#include "auth/authenticator.hpp"
#include "auth/database_accounts.hpp"
#include "base/assert.hpp"
#include "base/log.hpp"
#include "connectors/modbus/schema.hpp"
#include "engine/table_sink.hpp"
#include "net/http_server.hpp"
#include "servers/http/http_api.hpp"
#include "store/database.hpp"
#include "store/database_summary.hpp"
#include "supervisor/supervisor.hpp"
#include "table/writer.hpp"

namespace tagwerk::app {
namespace {

using namespace std::chrono_literals;

constexpr Duration kHeartbeat = 500ms;
constexpr Duration kStopPatience = 4500ms;
constexpr Duration kSweepPeriod = 1h;
constexpr Duration kCertificateCheck = 2s;

engine::Now read_clocks() {
  return {base::utc_now(), base::mono_now()};
}

Result<std::vector<model::ProjectText>> read_projects(const std::vector<std::string>& files) {
  std::vector<model::ProjectText> out;
  for (const std::string& file : files) {
    std::ifstream in(file);
    if (!in) return base::fail_errno(fmt::format("cannot read project '{}'", file));
    out.push_back({file, std::string(std::istreambuf_iterator<char>(in), {})});
  }
  return out;
}

}  // namespace

/// Members in the order in which they are made; destroyed in reverse, after stop().
struct Server::Parts {
  explicit Parts(ServerSettings given) : settings(std::move(given)), io(settings.io_threads) {}
  ~Parts() { stop(); }

  Status start();
  Status open_data();
  Status prepare_backups();
  Status make_plant();
  Status apply_projects();
  Status load_certificate();
  Status start_http();
  void start_timers();
  void beat();
  void sweep();
  access::PartStatus table_status() const;
  void stop();

  std::string url() const;

  const ServerSettings settings;
  std::unique_ptr<DataDirectory> data;
  std::string instance;
  std::unique_ptr<store::Database> database;
  std::unique_ptr<store::ConfigurationStore> configuration;
  std::unique_ptr<store::AuditStore> audit;
  std::unique_ptr<store::LockStore> locks;
  std::unique_ptr<base::Worker> backup_worker;
  std::unique_ptr<store::Backups> backups;
  std::unique_ptr<NightlyBackup> nightly;
  std::unique_ptr<auth::DatabaseAccounts> accounts;
  std::unique_ptr<auth::PasswordHasher> hasher;
  std::unique_ptr<auth::Authenticator> authenticator;
  connectors::modbus::Schema catalogue;
  IoThreads io;
  std::unique_ptr<table::Writer> table;
  std::unique_ptr<engine::TableSink> table_sink;
  std::unique_ptr<engine::EngineRunner> engine;
  std::unique_ptr<supervisor::Supervisor> supervisor;
  std::optional<Result<store::Configuration>> read_ahead;  ///< the store's thread's
  std::unique_ptr<base::Worker> store_worker;
  std::unique_ptr<access::ServerAccess> access;
  std::shared_ptr<servers::http::HttpApi> api;
  std::unique_ptr<ServerCertificate> certificate;
  std::unique_ptr<net::Timer> heartbeat;
  std::unique_ptr<net::Timer> certificate_timer;
  std::unique_ptr<net::HttpServer> http;
  std::string project_failure;
  std::optional<MonoTime> swept_at;  ///< of the heartbeat
  bool stopped = false;
};

Status Server::Parts::open_data() {
  auto opened = DataDirectory::open(settings.data);
  if (!opened) return std::unexpected(opened.error());
  data = std::move(*opened);
  instance = settings.instance.empty() ? data->default_instance() : settings.instance;
  auto database_opened = store::Database::open(data->config_database(), base::utc_now(),
                                               {.backup_directory = data->backups()});
  if (!database_opened) return std::unexpected(database_opened.error());
  database = std::move(*database_opened);
  configuration = std::make_unique<store::ConfigurationStore>(*database);
  audit = std::make_unique<store::AuditStore>(*database);
  locks = std::make_unique<store::LockStore>(*database);
  if (auto prepared = prepare_backups(); !prepared) return prepared;
  accounts = std::make_unique<auth::DatabaseAccounts>(*database);
  auto keys = auth::load_or_create_secret(data->path() / "secret");
  if (!keys) return std::unexpected(keys.error());
  hasher = std::make_unique<auth::PasswordHasher>();
  store_worker = std::make_unique<base::Worker>("store");
  authenticator = std::make_unique<auth::Authenticator>(
      *accounts, *hasher,
      [worker = store_worker.get()](std::move_only_function<void()> job) -> Status {
        if (worker->post(std::move(job))) return {};
        return fail(ErrorCode::unavailable, "too many requests wait for the database; try again");
      },
      std::move(*keys), auth::Authenticator::Settings{.secret_file = data->path() / "secret"});
  auto started =
      base::run_on(*store_worker, [this] { return authenticator->start(base::utc_now()); });
  if (!started) return started;
  // The project is read while the table is made or taken over.
  const bool posted = store_worker->post([this] { read_ahead = configuration->load(); });
  TAGWERK_ASSERT(posted);
  return {};
}

Status Server::Parts::prepare_backups() {
  const store::BackupSource source{data->path(), kVersion, instance, host_name()};
  store::remove_unfinished_backups(source);
  auto reader = store::Database::open_to_read(data->config_database());
  if (!reader) return std::unexpected(reader.error());
  const auto since = store::made_at(**reader);
  if (!since) return std::unexpected(since.error());
  backup_worker = std::make_unique<base::Worker>("backup");
  backups = std::make_unique<store::Backups>(source, *backup_worker);
  nightly = std::make_unique<NightlyBackup>(
      NightlyBackup::Plan{settings.backup, *since, base::mono_now()}, *backups);
  return {};
}

Status Server::Parts::make_plant() {
  auto writer = table::Writer::create(instance, settings.table);
  if (!writer) return std::unexpected(writer.error());
  table = std::move(*writer);
  if (!table->start_note().empty()) base::logger("table")->warn("{}", table->start_note());
  table_sink = std::make_unique<engine::TableSink>(*table);
  engine = std::make_unique<engine::EngineRunner>(read_clocks);
  const auto link_socket = data->socket("link.sock");
  if (!link_socket) return std::unexpected(link_socket.error());
  auto made = supervisor::Supervisor::make(
      io.first(), *engine,
      {.executable = std::filesystem::read_symlink("/proc/self/exe").string(),
       .data_dir = data->path().string(),
       .link_socket = *link_socket,
       .instance = instance});
  if (!made) return std::unexpected(made.error());
  supervisor = std::move(*made);
  access = std::make_unique<access::ServerAccess>(access::ServerAccess::Parts{
      *engine, *supervisor, *configuration, *audit, *locks, *store_worker, table->reader(),
      catalogue, instance, kVersion, *backups});
  access->add_part([this]() -> access::PartStatus {
    return {"configuration", project_failure.empty() ? "good" : "bad",
            project_failure.empty() ? "as configured" : project_failure};
  });
  access->add_part([this] { return table_status(); });
  access->add_part([this] { return nightly->status(); });
  if (certificate) access->add_part([this] { return certificate->status(base::utc_now()); });
  engine->engine().add_sink(table_sink.get());
  engine->engine().add_sink(&access->broadcaster());
  engine->engine().set_target(supervisor.get());
  engine->start();
  return base::run_on(*store_worker,
                      [this] { return access->start(std::exchange(read_ahead, std::nullopt)); });
}

Status Server::Parts::apply_projects() {
  auto files = read_projects(settings.projects);
  if (!files) return std::unexpected(files.error());
  files->insert(files->end(), settings.built_in_projects.begin(), settings.built_in_projects.end());
  if (files->empty()) return {};
  auto result = base::run_on(*store_worker, [&] { return access->import_changed(*files); });
  if (!result) return std::unexpected(result.error());
  for (const Error& error : result->errors)
    base::logger("project")->error("{}", error.to_string());
  for (const Error& warning : result->warnings)
    base::logger("project")->warn("{}", warning.to_string());
  if (result->errors.empty()) return {};
  // A plant that ran yesterday runs today, whatever was written into the file since.
  project_failure = fmt::format("a project file has {} faults and was not applied: {}",
                                result->errors.size(), result->errors.front().to_string());
  if (access->plant()->revision() == 0)
    return fail(ErrorCode::invalid_argument, "{}", project_failure);
  return {};
}

/// From the files that the settings name, or with --lan one of our own making.
Status Server::Parts::load_certificate() {
  if (!settings.secure()) return {};
  net::TlsFiles files = settings.tls;
  std::optional<LanCertificate> own;
  if (!settings.has_certificate()) {
    own.emplace(data->path() / "tls");
    const auto made = own->refresh(read_machine_names(), base::utc_now());
    if (!made) return std::unexpected(made.error());
    files = own->files();
    files.min_version = settings.tls.min_version;
  }
  auto loaded = ServerCertificate::load(std::move(files), std::move(own));
  if (!loaded) return std::unexpected(loaded.error());
  certificate = std::move(*loaded);
  return {};
}

Status Server::Parts::start_http() {
  const auto unix_path = data->socket("http.sock");
  if (!unix_path) return std::unexpected(unix_path.error());
  api = std::make_shared<servers::http::HttpApi>(
      *access, *authenticator, io.loops(),
      servers::http::HttpApiOptions{.base_path = settings.base_path,
                                    .assets = servers::http::embedded_assets(),
                                    .cors_origins = settings.cors_origins,
                                    .hsts = settings.hsts});
  const ListenAddress address = settings.listen_address();
  auto server = net::HttpServer::start(
      io.loops(),
      {.address = address.host,
       .port = address.port,
       .unix_path = *unix_path,
       .common_headers = std::string(servers::http::common_headers()),
       .tls = certificate ? certificate->context() : nullptr,
       .proxies = *net::TrustedProxies::parse(settings.trusted_proxies, settings.forwarded_header),
       .limits = settings.limits},
      api);
  if (!server) return std::unexpected(server.error());
  http = std::move(*server);
  api->show_counters_of(http.get());
  if (certificate)
    certificate->tell([this](const ServerCertificate::Context& fresh) { http->set_tls(fresh); });
  if (!certificate && !address.loopback())
    base::logger("http")->warn("plain HTTP on {}: passwords and values can be read on the way",
                               url());
  return {};
}

access::PartStatus Server::Parts::table_status() const {
  auto failure = table_sink->failure();
  if (!failure.empty()) return {"table", "bad", std::move(failure)};
  const auto key = settings.table.sysv_key;
  return {"table", "good",
          table::segment_path(instance) +
              (key == 0 ? "" : ", System V key " + table::to_string_of_key(key))};
}

std::string Server::Parts::url() const {
  const ListenAddress address = settings.listen_address();
  return server_url(settings.secure(), address.any() ? reachable_address() : address.host,
                    http->port()) +
         settings.base_path;
}

void Server::Parts::start_timers() {
  heartbeat = std::make_unique<net::Timer>(io.first());
  heartbeat->start_every(kHeartbeat, [this] { beat(); });
  if (!certificate) return;
  certificate_timer = std::make_unique<net::Timer>(io.first());
  certificate_timer->start_every(kCertificateCheck, [this] {
    (void)store_worker->post([this] { certificate->check(base::utc_now()); });
  });
}

void Server::Parts::beat() {
  engine->post(
      [sink = table_sink.get()](engine::Engine&, engine::Now now) { sink->heartbeat(now.utc); });
  access->tick(base::utc_now());
  nightly->tick(base::utc_now(), base::mono_now());
  sweep();
}

/// Refresh tokens that have expired would pile up.
void Server::Parts::sweep() {
  const MonoTime now = base::mono_now();
  if (swept_at && now - *swept_at < kSweepPeriod) return;
  swept_at = now;
  static_cast<void>(store_worker->post([this] {
    if (const auto swept = authenticator->sweep(base::utc_now()); !swept)
      base::logger("auth")->warn("expired sessions stay for now: {}", swept.error().message);
  }));
}

Status Server::Parts::start() {
  if (sodium_init() < 0) return fail(ErrorCode::internal, "libsodium cannot be used");
  for (const auto step :
       {&Parts::open_data, &Parts::load_certificate, &Parts::make_plant, &Parts::apply_projects}) {
    if (auto done = (this->*step)(); !done) return done;
  }
  auto first = prepare_first_user(settings, *data, *authenticator, *store_worker);
  if (!first) return std::unexpected(first.error());
  if (auto done = start_http(); !done) return done;
  io.first().post([this] { start_timers(); });
  // Connectors come after the clients: whoever reconnects at once misses nothing of what they kept.
  supervisor->start();
  access->set_ready("");
  announce_first_user(*first, url(), *data);
  if (settings.lan && certificate) announce_certificate(certificate->context()->certificate());
  return {};
}

void Server::Parts::stop() {
  if (std::exchange(stopped, true)) return;
  if (access) access->set_ready("stopping");
  if (certificate) certificate->tell({});
  if (backups) backups->stop();
  if (http) http->stop();
  if (supervisor && engine) {
    auto done = std::make_shared<std::promise<void>>();
    auto over = done->get_future();
    supervisor->stop([done] { done->set_value(); });
    over.wait_for(kStopPatience);
  }
  if (engine) engine->stop();
  hasher.reset();
  // Who waits for a backup hears through the store that there is none.
  if (backup_worker) backup_worker->stop();
  if (store_worker) store_worker->stop();
  io.stop();
  // What has timers goes before the loops; nothing runs on these any more.
  heartbeat.reset();
  certificate_timer.reset();
  http.reset();
  api.reset();
  access.reset();
  supervisor.reset();
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(ServerSettings settings) {
  if (auto checked = check_settings(settings); !checked) return std::unexpected(checked.error());
  auto parts = std::make_unique<Parts>(std::move(settings));
  if (auto started = parts->start(); !started) return std::unexpected(started.error());
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

std::string Server::url() const {
  return parts_->url();
}

void Server::reload() {
  if (!parts_->certificate) return;
  (void)parts_->store_worker->post([parts = parts_.get()] { parts->certificate->reload(); });
}

}  // namespace tagwerk::app
