#include "link/device.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "link/frame.hpp"

namespace tagwerk::link {
namespace {

/// Last resort against a connector that never says done.
constexpr Duration kOperationLimit = std::chrono::minutes(5);

std::chrono::steady_clock::time_point timer_time(MonoTime time) {
  return std::chrono::time_point_cast<std::chrono::steady_clock::duration>(time);
}

}  // namespace

std::string_view to_string(DeviceState state) {
  switch (state) {
    case DeviceState::idle:
      return "idle";
    case DeviceState::connecting:
      return "connecting";
    case DeviceState::connected:
      return "connected";
    case DeviceState::unreachable:
      return "unreachable";
  }
  return "idle";
}

Device::Device(boost::asio::io_context& loop, Connector& connector, DeviceSink& sink,
               std::string name, MonoTime origin)
    : loop_(loop),
      connector_(connector),
      sink_(sink),
      name_(std::move(name)),
      origin_(origin),
      timer_(loop),
      backoff_(
          static_cast<std::uint32_t>(std::hash<std::string>{}(name_) ^
                                     static_cast<std::size_t>(origin.time_since_epoch().count()))),
      since_(base::utc_now()) {}

void Device::configure(std::vector<const ScanGroup*> groups, std::vector<std::uint32_t> handles) {
  groups_ = std::move(groups);
  handles_ = std::move(handles);
  read_all_now();
  if (bad_) report_unreachable();
  wake();
}

void Device::read_all_now() {
  std::vector<Duration> periods(groups_.size());
  std::ranges::transform(groups_, periods.begin(), &ScanGroup::period);
  schedule_.configure(periods, origin_, base::mono_now());
}

void Device::write(PendingWrite write) {
  if (state_ == DeviceState::unreachable)
    return answer(write, {model::kBadNoCommunication,
                          fmt::format("not sent: {} is not reachable: {}", name_, error_),
                          Value(),
                          {}});
  if (auto replaced = writes_.push(std::move(write)))
    answer(
        *replaced,
        {kBadOperationAbandoned, "not sent: a later write to this tag replaced it", Value(), {}});
  wake();
}

void Device::hold() {
  held_ = true;
  wake();
}

void Device::release() {
  held_ = false;
  wake();
}

void Device::shut_down(std::string_view why) {
  held_ = true;
  break_off(Error{ErrorCode::unavailable, std::string(why), {}});
  enter(DeviceState::idle);
  timer_.cancel();
}

void Device::wake() {
  if (std::exchange(woken_, true)) return;
  boost::asio::post(loop_, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->woken_ = false;
    self->drive();
  });
}

void Device::drive() {
  const MonoTime now = base::mono_now();
  expire(now);
  if (held_) {
    if (!busy()) return sink_.on_idle();
    return arm();
  }
  if (state_ == DeviceState::connected) {
    if (!writing_)
      if (auto write = writes_.pop()) start_write(std::move(*write));
    if (const auto group = schedule_.due(now);
        group && !polling_ && state_ == DeviceState::connected)
      start_poll(*group, now);
  } else if (!connecting_ && wanted() && now >= retry_at_) {
    connect(now);
  }
  arm();
}

void Device::expire(MonoTime now) {
  for (const PendingWrite& each : writes_.take_expired(now))
    answer(
        each,
        {model::kBadTimeout, fmt::format("not sent: {} had no time for it", name_), Value(), {}});
  if (writing_ && !writing_->answered && writing_->write.order.deadline <= now) {
    writing_->answered = true;
    answer(writing_->write,
           {model::kBadTimeout,
            fmt::format("sent, but {} did not answer in time: its effect is unknown", name_),
            Value(),
            {}});
  }
  if ((connecting_ || polling_) && now - started_ > kOperationLimit)
    fell(Error{ErrorCode::timeout, "the connector did not finish an operation", {}});
}

void Device::arm() {
  MonoTime wake_at = MonoTime::max();
  const auto at = [&](MonoTime time) { wake_at = std::min(wake_at, time); };
  if (const auto deadline = writes_.next_deadline()) at(*deadline);
  if (writing_ && !writing_->answered) at(writing_->write.order.deadline);
  if (connecting_ || polling_) at(started_ + kOperationLimit + std::chrono::seconds(1));
  if (!held_ && state_ == DeviceState::connected && !polling_)
    if (const auto due = schedule_.next()) at(*due);
  if (!held_ && state_ != DeviceState::connected && !connecting_ && wanted()) at(retry_at_);
  if (wake_at == MonoTime::max()) return;
  timer_.expires_at(timer_time(wake_at));
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& code) {
    if (code) return;
    if (const auto self = weak.lock()) self->drive();
  });
}

void Device::connect(MonoTime now) {
  connecting_ = true;
  proven_ = false;
  started_ = now;
  if (state_ == DeviceState::idle) enter(DeviceState::connecting);
  connector_.connect(name_, [weak = weak_from_this(), round = round_](Status status) {
    const auto self = weak.lock();
    if (self && self->round_ == round) self->on_connected(status);
  });
}

void Device::on_connected(const Status& status) {
  connecting_ = false;
  if (!status) return fell(status.error());
  ++counters_.connects;
  enter(DeviceState::connected);
  if (bad_) {
    // Whatever its period, every group is read now: its tags have been bad.
    read_all_now();
  } else {
    schedule_.resume(base::mono_now());
  }
  wake();
}

void Device::start_poll(std::size_t group, MonoTime now) {
  counters_.overruns += schedule_.start(group, now);
  polling_ = true;
  started_ = now;
  connector_.poll(*groups_[group], [weak = weak_from_this(), round = round_](PollOutcome outcome) {
    const auto self = weak.lock();
    if (self && self->round_ == round) self->on_polled(std::move(outcome));
  });
}

std::string Device::address() const {
  return connector_.address(name_);
}

void Device::on_polled(PollOutcome outcome) {
  polling_ = false;
  ++counters_.polls;
  latency_.add(base::mono_now() - started_);
  if (!outcome.samples.empty()) sink_.on_samples(std::move(outcome.samples));
  if (!outcome.device) {
    ++counters_.failed;
    return fell(outcome.device.error());
  }
  counters_.last_data = base::utc_now();
  went_well();
  wake();
}

void Device::start_write(PendingWrite write) {
  writing_ = RunningWrite{std::move(write), false};
  ++counters_.writes;
  // A copy: the connector may be done at once.
  const WriteOrder order = writing_->write.order;
  connector_.write(order, [weak = weak_from_this(), round = round_](WriteOutcome outcome) {
    const auto self = weak.lock();
    if (self && self->round_ == round) self->on_written(std::move(outcome));
  });
}

void Device::on_written(WriteOutcome outcome) {
  if (!writing_) return;
  RunningWrite done = std::move(*writing_);
  writing_.reset();
  const Status device = std::move(outcome.device);
  if (!outcome.read_back.is_null())
    sink_.on_samples(
        {Sample{outcome.read_back, kNever, model::kGood, done.write.order.binding.handle}});
  if (!done.answered) answer(done.write, std::move(outcome));
  if (!device) return fell(device.error());
  went_well();
  wake();
}

void Device::answer(const PendingWrite& write, WriteOutcome outcome) {
  if (!outcome.quality.good()) ++counters_.writes_failed;
  sink_.on_written(write.id, std::move(outcome));
  sink_.on_change();
}

void Device::went_well() {
  proven_ = true;
  backoff_.reset();
  if (std::exchange(bad_, false)) {
    error_.clear();
    sink_.on_log(ConnectorLog::info, fmt::format("device '{}' answers again", name_));
  }
  sink_.on_change();
}

void Device::lost(const Error& why) {
  if (state_ != DeviceState::connected) return;
  if (!proven_ || polling_ || writing_) return fell(why);
  // It answered until now: its tags stay as they are unless it does not come back at once.
  break_off(why);
  enter(DeviceState::connecting);
  retry_at_ = base::mono_now();
  wake();
}

void Device::fell(const Error& why) {
  error_ = why.message;
  break_off(why);
  retry_at_ = base::mono_now() + backoff_.next();
  enter(DeviceState::unreachable);
  if (!std::exchange(bad_, true)) {
    sink_.on_log(ConnectorLog::warn, fmt::format("device '{}' is unreachable: {}", name_, error_));
    report_unreachable();
  }
  wake();
}

void Device::break_off(const Error& why) {
  connector_.disconnect(name_);
  ++round_;
  connecting_ = polling_ = proven_ = false;
  if (auto running = std::exchange(writing_, std::nullopt); running && !running->answered)
    answer(running->write, {model::kBadTimeout,
                            fmt::format("sent, but {} did not answer: {}; its effect is unknown",
                                        name_, why.message),
                            Value(),
                            {}});
  for (const PendingWrite& each : writes_.take_all())
    answer(each, {model::kBadNoCommunication,
                  fmt::format("not sent: {} is not reachable: {}", name_, why.message),
                  Value(),
                  {}});
}

void Device::report_unreachable() {
  std::vector<Sample> samples;
  samples.reserve(handles_.size());
  const UtcTime now = base::utc_now();
  for (const std::uint32_t handle : handles_)
    samples.push_back(Sample{Value(), now, model::kBadNoCommunication, handle});
  if (!samples.empty()) sink_.on_samples(std::move(samples));
}

void Device::enter(DeviceState state) {
  if (state_ == state) return;
  state_ = state;
  since_ = base::utc_now();
  sink_.on_change();
}

}  // namespace tagwerk::link
