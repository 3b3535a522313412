#include "link/runtime.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <set>
#include <unistd.h>

#include "base/log.hpp"
#include "link/samples.hpp"
#include "link/state_json.hpp"
#include "link/trace_frame.hpp"

namespace tagwerk::link {
namespace {

namespace asio = boost::asio;

constexpr auto kTick = std::chrono::seconds(1);
constexpr auto kStopWithin = std::chrono::seconds(2);
constexpr std::size_t kUnsentLimit = std::size_t{256} * 1024;
constexpr std::size_t kLogLines = 200;

std::vector<ScanGroup> make_groups(const std::vector<Binding>& bindings) {
  std::map<std::pair<std::string, Duration>, ScanGroup> groups;
  for (const Binding& each : bindings) {
    ScanGroup& group = groups[{each.device, each.period}];
    group.device = each.device;
    group.period = each.period;
    group.bindings.push_back(each);
  }
  std::vector<ScanGroup> out;
  for (auto& [key, group] : groups) {
    group.id = static_cast<std::uint32_t>(out.size());
    out.push_back(std::move(group));
  }
  return out;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

LogLevel level_of(ConnectorLog level) {
  return static_cast<LogLevel>(level);
}

void print(ConnectorLog level, std::string_view name, std::string_view text) {
  const auto logger = base::logger(name);
  switch (level) {
    case ConnectorLog::debug:
      return logger->debug("{}", text);
    case ConnectorLog::info:
      return logger->info("{}", text);
    case ConnectorLog::warn:
      return logger->warn("{}", text);
    case ConnectorLog::error:
      return logger->error("{}", text);
  }
}

}  // namespace

Runtime::Runtime(asio::io_context& loop, RunOptions options, std::unique_ptr<Connector> connector)
    : loop_(loop),
      options_(std::move(options)),
      connector_(std::move(connector)),
      session_(loop, options_.link, *this, options_.link_times),
      tick_timer_(loop),
      stop_timer_(loop),
      origin_(base::mono_now()),
      buffer_(options_.buffer),
      alone_since_(origin_) {}

Runtime::~Runtime() = default;

Status Runtime::start(std::function<void(int)> finished) {
  finished_ = std::move(finished);
  auto directory = DataDirectory::open(options_.data);
  if (!directory) return std::unexpected(directory.error());
  directory_.emplace(std::move(*directory));
  const auto now = static_cast<std::uint64_t>(base::utc_now().time_since_epoch().count());
  const auto epoch = directory_->next_epoch(now);
  if (!epoch) return std::unexpected(epoch.error());
  epoch_ = *epoch;
  connector_->start(loop_, *this);
  load_configuration();
  session_.start();
  tick();
  return {};
}

void Runtime::load_configuration() {
  const auto bytes = directory_->load_configuration();
  if (!bytes) return log(ConnectorLog::warn, bytes.error().message);
  if (!*bytes) return;
  auto configuration = decode_configuration(**bytes);
  if (!configuration)
    return log(ConnectorLog::warn,
               fmt::format("kept configuration is not used: {}", configuration.error().message));
  if (const auto applied = apply(std::move(*configuration)); !applied)
    log(ConnectorLog::warn,
        fmt::format("kept configuration is not used: {}", applied.error().message));
}

// Configuration

Status Runtime::on_configure(base::ByteView payload) {
  Configure part;
  if (auto decoded = decode(payload, part); !decoded) return decoded;
  auto whole = assembler_.add(std::move(part));
  if (!whole) return std::unexpected(whole.error());
  if (*whole) take(std::move(**whole));
  return {};
}

/// What follows on the link refers to the new revision, so nothing more is read until it is in
/// force.
void Runtime::take(Configuration configuration) {
  waiting_ = std::move(configuration);
  session_.pause();
  for (const auto& [name, device] : devices_)
    device->hold();
  later([this] { try_apply(); });
}

bool Runtime::all_idle() const {
  return std::ranges::none_of(devices_, [](const auto& each) { return each.second->busy(); });
}

void Runtime::on_idle() {
  // Never inside a device's own call: it may be taken away.
  later([this] {
    try_apply();
    if (stopping_ && !done_ && all_idle() && (buffer_.empty() || !session_.is_up()))
      finish(kExitStopped);
  });
}

void Runtime::try_apply() {
  if (!waiting_ || !all_idle() || stopping_) return;
  Configuration configuration = std::move(*waiting_);
  waiting_.reset();
  const std::uint64_t revision = configuration.revision;
  if (const auto applied = apply(std::move(configuration)); !applied) {
    log(ConnectorLog::error,
        fmt::format("configuration {} refused: {}", revision, applied.error().message));
    session_.send(ConfigurationError{revision, lines_of(applied.error().message)});
    for (const auto& [name, device] : devices_)
      device->release();
  }
  session_.resume();
}

Status Runtime::apply(Configuration configuration) {
  auto next = std::make_unique<ConnectorConfiguration>();
  next->revision = configuration.revision;
  next->settings = configuration.settings;
  next->groups = make_groups(configuration.bindings);
  auto problems = connector_->configure(*next);
  if (!problems) return std::unexpected(problems.error());
  keep(configuration);
  bindings_ = std::move(configuration.bindings);
  filter_.configure(bindings_);
  const auto former = std::exchange(current_, std::move(next));
  install(*problems);
  changed_ = true;
  return {};
}

void Runtime::keep(const Configuration& configuration) {
  base::Bytes frames;
  auto saved = encode_configuration(configuration, frames);
  if (saved) saved = directory_->save_configuration(frames);
  if (!saved)
    log(ConnectorLog::warn, fmt::format("the configuration could not be kept: {}; without server "
                                        "the connector would start with the former one",
                                        saved.error().message));
}

void Runtime::install(const std::vector<BindingProblem>& problems) {
  std::set<std::uint32_t> faulty;
  for (const BindingProblem& each : problems)
    faulty.insert(each.handle);
  faulty_ = faulty.size();
  problems_ = std::move(problems);
  report_problems();

  std::map<std::string, std::pair<std::vector<const ScanGroup*>, std::vector<std::uint32_t>>>
      by_device;
  for (const ScanGroup& group : current_->groups) {
    auto& [groups, handles] = by_device[group.device];
    groups.push_back(&group);
    for (const Binding& each : group.bindings)
      if (!faulty.contains(each.handle)) handles.push_back(each.handle);
  }
  std::erase_if(devices_, [&](const auto& each) {
    if (by_device.contains(each.first)) return false;
    each.second->shut_down("it is not configured any more");
    return true;
  });
  for (auto& [name, parts] : by_device) {
    auto& [groups, handles] = parts;
    std::ranges::sort(handles);
    // A device of which no binding can be served is not even connected.
    if (handles.empty()) groups.clear();
    auto& device = devices_[name];
    if (!device)
      device = std::make_shared<Device>(loop_, *connector_, static_cast<DeviceSink&>(*this), name,
                                        origin_);
    device->configure(std::move(groups), std::move(handles));
    device->release();
  }
}

void Runtime::report_problems() {
  Configured configured{current_->revision, {}};
  std::vector<Sample> samples;
  for (const BindingProblem& each : problems_) {
    configured.faults.push_back({each.handle, each.message});
    samples.push_back(Sample{Value(), kNever, model::kBadConfigurationError, each.handle});
  }
  session_.send(configured);
  if (!samples.empty()) emit(std::move(samples));
}

// The session

Hello Runtime::hello() {
  Hello hello;
  hello.name = options_.name;
  hello.type = connector_->type();
  hello.token = options_.token;
  hello.epoch = epoch_;
  hello.pid = static_cast<std::uint32_t>(::getpid());
  hello.revision = current_ ? current_->revision : 0;
  hello.next = next_sequence_;
  hello.oldest = buffer_.empty() ? next_sequence_ : buffer_.oldest();
  return hello;
}

void Runtime::on_welcome(const Welcome& welcome) {
  buffer_.acknowledge(welcome.acknowledged);
  buffer_.rewind();
  assembler_ = {};
  for (const Log& each : log_)
    session_.send(each);
  log_.clear();
  if (buffer_.frames() > 0)
    log(ConnectorLog::info,
        fmt::format("sending {} samples that waited for the server", buffer_.samples()));
  sent_state_.clear();
  changed_ = true;
  pump();
  tell_again();
}

/// The server may have started anew, and it shows every tag of a lost session as not connected:
/// what is not polled again and again is said again, after what waited.
void Runtime::tell_again() {
  if (!current_) return;
  filter_.configure(bindings_);
  if (!problems_.empty()) report_problems();
  for (const auto& [name, device] : devices_)
    device->tell_again();
}

void Runtime::on_refused(const Refused& refused) {
  log(ConnectorLog::error, fmt::format("the server refused: {}", refused.reason));
  if (refused.final) later([this] { finish(kExitRefused); });
}

void Runtime::on_gone(const Error& why) {
  alone_since_ = base::mono_now();
  // A configuration that was arriving is lost with its session; the one waiting is whole.
  assembler_ = {};
  log(ConnectorLog::warn, fmt::format("{}; collecting goes on", why.message));
}

Status Runtime::on_frame(FrameType type, base::ByteView payload) {
  switch (type) {
    case FrameType::configure:
      return on_configure(payload);
    case FrameType::ack:
      return on_ack(payload);
    case FrameType::write:
      return on_write(payload);
    case FrameType::request:
      return on_request(payload);
    case FrameType::trace_request:
      return on_trace_request(payload);
    case FrameType::stop: {
      Stop frame;
      if (auto decoded = decode(payload, frame); !decoded) return decoded;
      stop(frame.reason);
      return {};
    }
    default:
      return fail(ErrorCode::corrupt, "a server does not send {}", to_string(type));
  }
}

Status Runtime::on_ack(base::ByteView payload) {
  Ack ack;
  if (auto decoded = decode(payload, ack); !decoded) return decoded;
  if (ack.epoch != epoch_) return {};
  buffer_.acknowledge(ack.sequence);
  if (stopping_) on_idle();
  pump();
  return {};
}

Status Runtime::on_write(base::ByteView payload) {
  Write frame;
  if (auto decoded = decode(payload, frame); !decoded) return decoded;
  const auto refuse = [&](Quality quality, std::string why) {
    on_written(frame.id, WriteOutcome{quality, "not sent: " + std::move(why), Value(), {}});
    return Status{};
  };
  if (stopping_) return refuse(model::kBadNoCommunication, "the connector stops");
  if (!current_ || frame.revision != current_->revision || frame.handle >= bindings_.size())
    return refuse(
        model::kBadConfigurationError,
        fmt::format("handle {} of revision {} is unknown; the connector holds revision {}",
                    frame.handle, frame.revision, current_ ? current_->revision : 0));
  const Binding& binding = bindings_[frame.handle];
  if (!binding.writable)
    return refuse(model::kBadNotWritable, fmt::format("'{}' is not writable", binding.path));
  const auto device = devices_.find(binding.device);
  if (device == devices_.end())
    return refuse(model::kBadConfigurationError, fmt::format("no device '{}'", binding.device));
  device->second->write({frame.id,
                         {binding, std::move(frame.value), frame.read_back || binding.read_back,
                          base::mono_now() + std::chrono::milliseconds(frame.deadline_ms)}});
  return {};
}

Status Runtime::on_request(base::ByteView payload) {
  Request frame;
  if (auto decoded = decode(payload, frame); !decoded) return decoded;
  connector_->request(
      frame.what, frame.json,
      [this, alive = std::weak_ptr(alive_), id = frame.id](Result<std::string> reply) {
        if (alive.expired()) return;
        session_.send(Reply{id, reply.has_value(), reply ? *reply : reply.error().message});
      });
  return {};
}

Status Runtime::on_trace_request(base::ByteView payload) {
  TraceRequest frame;
  if (auto decoded = decode(payload, frame); !decoded) return decoded;
  session_.send(answer_from(trace_, frame, [this](std::uint64_t number) {
    return connector_->describe(trace_, number);
  }));
  return {};
}

// Samples

void Runtime::samples(std::span<Sample> samples) {
  emit({samples.begin(), samples.end()});
}

void Runtime::on_samples(std::vector<Sample> samples) {
  emit(std::move(samples));
}

void Runtime::emit(std::vector<Sample> samples) {
  if (!current_) return;
  const MonoTime now = base::mono_now();
  filter_.apply(samples, base::utc_now(), now);
  std::span<const Sample> rest(samples);
  while (!rest.empty()) {
    auto frame = std::make_shared<base::Bytes>();
    const std::uint64_t sequence = next_sequence_++;
    const std::size_t taken = encode_samples({sequence, current_->revision}, rest, *frame);
    rest = rest.subspan(taken);
    frame->shrink_to_fit();
    for (const auto& each : buffer_.push({sequence, taken, now, std::move(frame)}))
      drop(each);
  }
  changed_ = true;
  pump();
}

void Runtime::drop(const FrameBuffer::Entry& entry) {
  if (dropped_ == 0) log(ConnectorLog::warn, "the buffer is full; the oldest samples are dropped");
  dropped_ += entry.samples;
  marks_.add(*entry.frame);
}

void Runtime::pump() {
  while (session_.is_up() && session_.unsent() < kUnsentLimit) {
    auto frame = buffer_.next();
    if (!frame) return;
    session_.send_buffer(marks_.apply(std::move(frame)));
  }
}

void Runtime::on_written(std::uint64_t id, WriteOutcome outcome) {
  session_.send(WriteResult{id, outcome.quality, std::move(outcome.detail), outcome.read_back});
}

void Runtime::lost(const std::string& device, Error why) {
  const auto found = devices_.find(device);
  if (found == devices_.end()) return;
  // The connector may be inside configure() or poll().
  asio::post(loop_, [weak = std::weak_ptr(found->second), why = std::move(why)] {
    if (const auto self = weak.lock()) self->lost(why);
  });
}

// State and log

void Runtime::log(ConnectorLog level, std::string_view text) {
  print(level, options_.name, text);
  Log line{level_of(level), base::utc_now(), std::string(text)};
  if (session_.is_up()) return session_.send(line);
  if (log_.size() == kLogLines) log_.pop_front();
  log_.push_back(std::move(line));
}

void Runtime::tick() {
  tick_timer_.expires_after(kTick);
  tick_timer_.async_wait(
      [this, alive = std::weak_ptr(alive_)](const boost::system::error_code& code) {
        if (code || alive.expired() || done_) return;
        const MonoTime now = base::mono_now();
        if (!session_.is_up() && now - alone_since_ > options_.alone) {
          log(ConnectorLog::error,
              fmt::format("no server for {}; the connector ends", base::to_string(options_.alone)));
          return finish(kExitAlone);
        }
        send_state();
        tick();
      });
}

void Runtime::send_state() {
  if (!session_.is_up() || !std::exchange(changed_, false)) return;
  std::string json = state_json();
  if (json == sent_state_) return;
  sent_state_ = json;
  session_.send(State{std::move(json)});
}

std::string Runtime::state_json() const {
  StateNumbers numbers;
  numbers.state = stopping_ ? "stopping" : current_ ? "running" : "waiting";
  numbers.revision = current_ ? current_->revision : 0;
  numbers.bindings = bindings_.size();
  numbers.faults = faulty_;
  numbers.dropped = dropped_;
  return make_state_json(numbers, buffer_, devices_);
}

void Runtime::later(std::move_only_function<void()> what) {
  asio::post(loop_, [alive = std::weak_ptr(alive_), what = std::move(what)]() mutable {
    if (!alive.expired()) what();
  });
}

// The end

void Runtime::stop(std::string_view why) {
  if (std::exchange(stopping_, true)) return;
  log(ConnectorLog::info, fmt::format("stopping: {}", why));
  for (const auto& [name, device] : devices_)
    device->hold();
  session_.resume();
  stop_timer_.expires_after(kStopWithin);
  stop_timer_.async_wait(
      [this, alive = std::weak_ptr(alive_)](const boost::system::error_code& code) {
        if (!code && !alive.expired()) finish(kExitStopped);
      });
  on_idle();
}

void Runtime::finish(int code) {
  if (std::exchange(done_, true)) return;
  for (const auto& [name, device] : devices_)
    device->shut_down("the connector stops");
  if (!buffer_.empty())
    log(ConnectorLog::warn, fmt::format("{} samples were not acknowledged", buffer_.samples()));
  session_.stop();
  tick_timer_.cancel();
  stop_timer_.cancel();
  if (finished_) finished_(code);
}

int run_connector(const RunOptions& options, std::unique_ptr<Connector> connector) {
  asio::io_context loop(1);
  Runtime runtime(loop, options, std::move(connector));
  int exit_code = kExitFailed;
  const auto started = runtime.start([&](int code) {
    exit_code = code;
    loop.stop();
  });
  if (!started) {
    print(ConnectorLog::error, options.name, started.error().message);
    return started.error().code == ErrorCode::conflict ? kExitLocked : kExitFailed;
  }
  asio::signal_set signals(loop, SIGTERM, SIGINT);
  signals.async_wait([&](const boost::system::error_code& code, int number) {
    if (!code) runtime.stop(number == SIGTERM ? "SIGTERM" : "SIGINT");
  });
  loop.run();
  return exit_code;
}

}  // namespace tagwerk::link
