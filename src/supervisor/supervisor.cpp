#include "supervisor/supervisor.hpp"

#include <algorithm>
#include <boost/asio/local/stream_protocol.hpp>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.hpp"
#include "net/asio.hpp"

namespace tagwerk::supervisor {
namespace {

using namespace std::chrono_literals;
using Local = boost::asio::local::stream_protocol;

constexpr Duration kMarkPeriod = 1s;
constexpr Duration kMarkPeriodAtEnd = 50ms;
constexpr Duration kStatusPeriod = 500ms;
constexpr Duration kStopPatience = 3s;
constexpr Duration kReapPatience = 500ms;
constexpr Duration kAcceptPause = 200ms;
constexpr std::size_t kMaxStrangers = 64;
constexpr std::size_t kMaxProbes = 4;
constexpr Duration kTracePatience = 5s;

std::shared_ptr<spdlog::logger> log_of_part() {
  return base::logger("supervisor");
}

std::unexpected<Error> no_connector(std::string_view name) {
  return fail(ErrorCode::not_found, "there is no connector '{}'", name);
}

/// Process and user of a local peer, as the kernel says.
ucred peer_of(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size);
  return credentials;
}

}  // namespace

struct Supervisor::Acceptor {
  Acceptor(net::EventLoop& loop, const std::string& path)
      : acceptor(net::io_context(loop)), endpoint(path) {}

  Local::acceptor acceptor;
  Local::endpoint endpoint;
};

Result<std::unique_ptr<Supervisor>> Supervisor::make(net::EventLoop& loop,
                                                     engine::EngineRunner& engine,
                                                     Options options) {
  auto store = MarkStore::open(options.data_dir + "/marks.sqlite");
  if (!store) return std::unexpected(store.error());
  auto marks = (*store)->load();
  if (!marks) return std::unexpected(marks.error());
  return std::unique_ptr<Supervisor>(
      new Supervisor(loop, engine, std::move(options), std::move(*store), std::move(*marks)));
}

Supervisor::Supervisor(net::EventLoop& loop, engine::EngineRunner& engine, Options options,
                       std::unique_ptr<MarkStore> store, Marks marks)
    : loop_(loop),
      engine_(engine),
      options_(std::move(options)),
      context_{loop,
               engine,
               options_.executable,
               options_.data_dir,
               options_.link_socket,
               options_.instance,
               options_.lane_samples,
               [this] { publish_soon(); }},
      store_(std::move(store)),
      marks_(std::move(marks)),
      delay_timer_(loop),
      mark_timer_(loop),
      status_timer_(loop),
      statuses_(std::make_shared<std::vector<ConnectorStatus>>()) {}

Supervisor::~Supervisor() = default;

template <class Task>
void Supervisor::post(Task task) {
  loop_.post([alive = std::weak_ptr(alive_), task = std::move(task)]() mutable {
    if (!alive.expired()) task();
  });
}

void Supervisor::start() {
  post([this] {
    delay_timer_.start_after(options_.link_delay, [this] { open_link(); });
    mark_timer_.start_every(kMarkPeriod, [this] { save_marks(false); });
    status_timer_.start_every(kStatusPeriod, [this] { publish_status(); });
  });
}

void Supervisor::open_link() {
  if (auto listening = listen(); !listening) {
    set_failure(listening.error().message + "; connectors cannot reach the server");
    return;
  }
  Probe::remove_leftovers(options_.data_dir);
  accept_next();
  launch_all();
}

Status Supervisor::listen() {
  const std::string& path = options_.link_socket;
  if (path.size() >= sizeof(sockaddr_un::sun_path))
    return fail(ErrorCode::invalid_argument,
                "cannot listen on '{}': its {} bytes are above the system's {}", path, path.size(),
                sizeof(sockaddr_un::sun_path) - 1);
  acceptor_ = std::make_unique<Acceptor>(loop_, path);
  ::unlink(path.c_str());
  boost::system::error_code error;
  acceptor_->acceptor.open(acceptor_->endpoint.protocol(), error);
  if (!error) {
    const mode_t before = ::umask(0177);
    acceptor_->acceptor.bind(acceptor_->endpoint, error);
    ::umask(before);
  }
  if (!error) acceptor_->acceptor.listen(64, error);
  if (error) return fail(ErrorCode::io, "cannot listen on '{}': {}", path, error.message());
  return {};
}

void Supervisor::accept_next() {
  if (!acceptor_->acceptor.is_open()) return;
  acceptor_->acceptor.async_accept(
      [this, alive = std::weak_ptr(alive_)](const boost::system::error_code& error,
                                            Local::socket incoming) {
        if (alive.expired() || error == boost::asio::error::operation_aborted) return;
        // Out of descriptors, most likely: give the others time to end.
        if (error) return delay_timer_.start_after(kAcceptPause, [this] { accept_next(); });
        accepted(incoming.release());
        accept_next();
      });
}

void Supervisor::accepted(int socket) {
  const ucred peer = peer_of(socket);
  auto session = std::make_shared<Session>(
      loop_,
      link::Socket(net::io_context(loop_), boost::asio::generic::stream_protocol(Local()), socket),
      peer.pid);
  strangers_.push_back(session);
  session->start(
      [this](const std::shared_ptr<Session>& who, link::Hello hello) { greet(who, hello); },
      [this](const std::shared_ptr<Session>& who, const std::string& why) {
        log_of_part()->warn("a connection from process {} was closed: {}", who->peer_pid(), why);
        std::erase(strangers_, who);
      });
  if (peer.uid != ::geteuid() && peer.uid != 0)
    session->refuse(true, fmt::format("user {} may not serve this server", peer.uid));
  else if (strangers_.size() > kMaxStrangers)
    session->refuse(false, "too many connections without hello");
}

void Supervisor::greet(const std::shared_ptr<Session>& session, const link::Hello& hello) {
  const auto keep = session;  // the list may hold the last one
  std::erase(strangers_, session);
  if (hello.version != link::kProtocolVersion)
    return session->refuse(true, fmt::format("this server speaks version {} of the link, not {}",
                                             link::kProtocolVersion, hello.version));
  const auto probe = std::ranges::find(probes_, hello.name, &Probe::name);
  if (probe != probes_.end()) return (*probe)->accept(session, hello);
  const auto found = connectors_.find(hello.name);
  if (found == connectors_.end())
    return session->refuse(true, fmt::format("there is no connector '{}'", hello.name));
  found->second->accept(session, hello);
  publish_status();
}

bool Supervisor::process_may_come_back(const std::string& name) const {
  const std::string file = options_.data_dir + "/connectors/" + name + "/lock";
  const int lock = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
  if (lock < 0) return false;
  const bool held = ::flock(lock, LOCK_EX | LOCK_NB) != 0;
  ::close(lock);
  return held;
}

void Supervisor::launch_all() {
  launched_ = true;
  for (const auto& [name, connector] : connectors_)
    launch(name, *connector);
}

void Supervisor::launch(const std::string& name, ManagedConnector& connector) {
  if (process_may_come_back(name))
    connector.await(options_.adoption);
  else
    connector.start();
}

void Supervisor::apply(std::shared_ptr<const model::Plant> plant) {
  post([this, plant = std::move(plant)] { take_over(plant); });
}

void Supervisor::take_over(const std::shared_ptr<const model::Plant>& plant) {
  if (stopping_) return;
  remove_missing(*plant);
  for (const auto& connector : leaving_)
    connector->apply(plant);
  for (const model::ConnectorDefinition& definition : plant->connectors()) {
    auto& connector = connectors_[definition.name];
    const bool fresh = connector == nullptr;
    if (fresh) {
      connector =
          std::make_unique<ManagedConnector>(context_, definition.name, marks_[definition.name]);
      const std::lock_guard lock(shared_mutex_);
      logs_[definition.name] = connector->log();
    }
    connector->apply(plant);
    if (fresh && launched_) launch(definition.name, *connector);
  }
  assign_owners(*plant);
  publish_status();
}

void Supervisor::remove_missing(const model::Plant& plant) {
  for (auto it = connectors_.begin(); it != connectors_.end();) {
    if (plant.connector(it->first) != nullptr) {
      ++it;
      continue;
    }
    leaving_.push_back(std::move(it->second));
    const std::lock_guard lock(shared_mutex_);
    logs_.erase(it->first);
    it = connectors_.erase(it);
  }
}

void Supervisor::assign_owners(const model::Plant& plant) {
  owners_.assign(plant.slot_count(), {});
  for (const model::PlantTag& tag : plant.tags()) {
    if (!tag.definition.source) continue;
    const auto found = connectors_.find(tag.definition.source->connector);
    if (found != connectors_.end()) owners_[tag.slot] = {found->second.get(), tag.id};
  }
  for (const auto& [name, connector] : connectors_) {
    const BindingMap* bindings = connector->bindings();
    if (bindings == nullptr) continue;
    const std::vector<Slot>& slots = bindings->slots();
    for (std::uint32_t handle = 0; handle < slots.size(); ++handle) {
      // Bindings that are not in force any more may name tags that another connector serves now.
      if (slots[handle] >= owners_.size()) continue;
      if (SlotOwner& owner = owners_[slots[handle]]; owner.connector == connector.get())
        owner.handle = handle;
    }
  }
}

void Supervisor::control(std::string name, Control what, std::string who, ControlDone done) {
  post([this, name = std::move(name), what, who = std::move(who),
        done = std::move(done)]() mutable {
    const auto found = connectors_.find(name);
    if (found == connectors_.end()) return done(no_connector(name));
    ManagedConnector& connector = *found->second;
    if (what != Control::stop && !connector.status().enabled)
      return done(fail(ErrorCode::conflict,
                       "connector '{}' is disabled; set enabled: true in its configuration", name));
    if (what == Control::start) connector.start();
    if (what == Control::stop) connector.stop(who);
    if (what == Control::restart) connector.restart(who);
    publish_status();
    done(connector.status());
  });
}

void Supervisor::write(engine::DeviceWrite write, engine::WriteDone done) {
  post([this, write = std::move(write), done = std::move(done)]() mutable {
    const SlotOwner owner = write.slot < owners_.size() ? owners_[write.slot] : SlotOwner{};
    // The engine's plant may be newer or older than this one: the slot alone proves nothing.
    if (owner.connector == nullptr || owner.tag != write.tag)
      return done({model::kBadNotConnected, "no connector serves this tag yet; try again", {}});
    owner.connector->write(owner.handle, write, std::move(done));
  });
}

void Supervisor::ask(std::string connector, std::string what, std::string json, Duration within,
                     Session::Replied done) {
  post([this, connector = std::move(connector), what = std::move(what), json = std::move(json),
        within, done = std::move(done)]() mutable {
    const auto found = connectors_.find(connector);
    if (found == connectors_.end()) return done(no_connector(connector));
    found->second->request(std::move(what), std::move(json), within, std::move(done));
  });
}

void Supervisor::try_out(Probe::Question question, Session::Replied done) {
  post([this, question = std::move(question), done = std::move(done)]() mutable {
    std::erase_if(probes_, [](const auto& probe) { return probe->ended(); });
    if (stopping_) return done(fail(ErrorCode::unavailable, "the server stops"));
    if (probes_.size() >= kMaxProbes)
      return done(fail(ErrorCode::limit_exceeded, "{} tests run already; try again in a moment",
                       probes_.size()));
    probes_.push_back(std::make_unique<Probe>(context_, Probe::name_of(++last_probe_),
                                              std::move(question), std::move(done)));
    probes_.back()->start();
  });
}

void Supervisor::ask_for_trace(const std::string& connector, link::TraceRequest request,
                               Session::Traced done) {
  const auto found = connectors_.find(connector);
  if (found == connectors_.end()) return done(no_connector(connector));
  found->second->trace(std::move(request), kTracePatience, std::move(done));
}

void Supervisor::trace(std::string connector, link::TraceRequest request,
                       TraceCollector::Done done) {
  post([this, connector = std::move(connector), request = std::move(request),
        done = std::move(done)]() mutable {
    auto ask = [this, alive = std::weak_ptr(alive_), connector = std::move(connector)](
                   link::TraceRequest next, Session::Traced traced) {
      if (alive.expired()) return traced(fail(ErrorCode::unavailable, "the server stops"));
      ask_for_trace(connector, std::move(next), std::move(traced));
    };
    std::make_shared<TraceCollector>(std::move(ask), std::move(request), std::move(done))->run();
  });
}

void Supervisor::save_marks(bool now) {
  for (const auto& [name, connector] : connectors_)
    connector->tend();
  if (saving_) return;
  Marks marks;
  for (const auto& [name, connector] : connectors_)
    if (auto mark = connector->next_mark(now)) marks[name] = *mark;
  if (marks.empty()) return;
  saving_ = marks_worker_.post([this, marks]() mutable {
    Status status = store_->save(marks);
    post([this, marks = std::move(marks), status = std::move(status)] {
      marks_saved(marks, status);
    });
  });
}

void Supervisor::marks_saved(const Marks& marks, const Status& status) {
  saving_ = false;
  set_failure(status ? "" : status.error().message + "; connectors keep their samples meanwhile");
  if (!status) return;
  for (const auto& [name, mark] : marks) {
    marks_[name] = mark;
    if (const auto found = connectors_.find(name); found != connectors_.end())
      found->second->made_durable(mark);
  }
}

void Supervisor::set_failure(std::string why) {
  const std::lock_guard lock(shared_mutex_);
  if (why == failure_) return;
  // Logged once when it starts and once when it ends.
  if (why.empty())
    log_of_part()->info("mended: {}", failure_);
  else
    log_of_part()->error("{}", why);
  failure_ = std::move(why);
}

std::string Supervisor::failure() const {
  const std::lock_guard lock(shared_mutex_);
  return failure_;
}

void Supervisor::publish_soon() {
  if (std::exchange(publishing_, true)) return;
  post([this] {
    publishing_ = false;
    publish_status();
  });
}

void Supervisor::publish_status() {
  std::erase_if(leaving_, [](const auto& connector) { return connector->ended(); });
  std::erase_if(probes_, [](const auto& probe) { return probe->ended(); });
  auto statuses = std::make_shared<std::vector<ConnectorStatus>>();
  for (const auto& [name, connector] : connectors_)
    statuses->push_back(connector->status());
  const std::lock_guard lock(shared_mutex_);
  statuses_ = std::move(statuses);
}

std::shared_ptr<const std::vector<ConnectorStatus>> Supervisor::connectors() const {
  const std::lock_guard lock(shared_mutex_);
  return statuses_;
}

Result<std::vector<LogLine>> Supervisor::log(std::string_view name, std::size_t lines) const {
  std::shared_ptr<LogRing> ring;
  {
    const std::lock_guard lock(shared_mutex_);
    if (const auto found = logs_.find(name); found != logs_.end()) ring = found->second;
  }
  if (ring == nullptr) return no_connector(name);
  return ring->tail(lines);
}

void Supervisor::stop(std::move_only_function<void()> done) {
  post([this, done = std::move(done)]() mutable {
    stopping_ = true;
    stopped_ = std::move(done);
    stop_deadline_ = base::mono_now() + kStopPatience;
    delay_timer_.cancel();
    probes_.clear();
    for (const auto& [name, connector] : connectors_)
      connector->shut_down("the server stops");
    mark_timer_.start_every(kMarkPeriodAtEnd, [this] {
      save_marks(true);
      check_stopped();
    });
  });
}

void Supervisor::check_stopped() {
  publish_status();
  bool all_ended = leaving_.empty();
  for (const auto& [name, connector] : connectors_)
    all_ended &= connector->ended();
  const Duration late = base::mono_now() - stop_deadline_;
  if (late > Duration::zero()) {
    for (const auto& [name, connector] : connectors_)
      connector->kill();
    for (const auto& connector : leaving_)
      connector->kill();
  }
  // Who was killed is still waited for a moment, so that it is not left as a zombie.
  if ((!all_ended && late < kReapPatience) || (saving_ && late < kReapPatience) || !stopped_)
    return;
  mark_timer_.cancel();
  status_timer_.cancel();
  if (acceptor_) {
    boost::system::error_code ignored;
    acceptor_->acceptor.close(ignored);
    ::unlink(options_.link_socket.c_str());
  }
  strangers_.clear();
  std::exchange(stopped_, nullptr)();
}

}  // namespace tagwerk::supervisor
