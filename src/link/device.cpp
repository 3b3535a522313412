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
  if (state_ == DeviceState::unreachable && !open_)
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
  if (open_) {
    if (writing_.empty() && !writes_.empty())
      start_writes(writes_.pop([this](const WriteOrder& first, const WriteOrder& next) {
        return connector_.joins(first, next);
      }));
    if (const auto group = schedule_.due(now); group && !polling_ && open_) start_poll(*group, now);
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
  for (RunningWrite& each : writing_) {
    if (each.answered || each.write.order.deadline > now) continue;
    each.answered = true;
    answer(each.write,
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
  for (const RunningWrite& each : writing_)
    if (!each.answered) at(each.write.order.deadline);
  if (connecting_ || polling_) at(started_ + kOperationLimit + std::chrono::seconds(1));
  if (!held_ && open_ && !polling_)
    if (const auto due = schedule_.next()) at(*due);
  if (!held_ && !open_ && !connecting_ && wanted()) at(retry_at_);
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
  open_ = true;
  sink_.on_change();
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
  if (outcome.asked) {
    counters_.last_data = base::utc_now();
    went_well();
  }
  wake();
}

void Device::start_writes(std::vector<PendingWrite> writes) {
  counters_.writes += writes.size();
  std::vector<WriteOrder> orders;
  for (PendingWrite& each : writes) {
    orders.push_back(each.order);
    writing_.push_back({std::move(each), false});
  }
  auto done = [weak = weak_from_this(), round = round_](std::vector<WriteOutcome> outcomes) {
    const auto self = weak.lock();
    if (self && self->round_ == round) self->on_written(std::move(outcomes));
  };
  if (orders.size() > 1) return connector_.write_joined(std::move(orders), std::move(done));
  connector_.write(orders.front(), [done = std::move(done)](WriteOutcome outcome) {
    std::vector<WriteOutcome> one;
    one.push_back(std::move(outcome));
    done(std::move(one));
  });
}

void Device::on_written(std::vector<WriteOutcome> outcomes) {
  const std::vector<RunningWrite> done = std::exchange(writing_, {});
  Status device;
  bool asked = false;
  for (std::size_t i = 0; i < std::min(done.size(), outcomes.size()); ++i) {
    WriteOutcome& outcome = outcomes[i];
    const PendingWrite& write = done[i].write;
    if (!outcome.device) device = std::move(outcome.device);
    asked |= outcome.asked;
    if (!outcome.read_back.is_null())
      sink_.on_samples(
          {Sample{outcome.read_back, kNever, model::kGood, write.order.binding.handle}});
    if (!done[i].answered) answer(write, std::move(outcome));
  }
  if (!device) return fell(device.error());
  if (asked) went_well();
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
  enter(DeviceState::connected);
  if (std::exchange(bad_, false)) {
    error_.clear();
    sink_.on_log(ConnectorLog::info, fmt::format("device '{}' answers again", name_));
  }
  sink_.on_change();
}

void Device::lost(const Error& why) {
  if (!open_) return;
  if (!proven_ || polling_ || !writing_.empty()) return fell(why);
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
  connecting_ = polling_ = proven_ = open_ = false;
  for (const RunningWrite& each : std::exchange(writing_, {}))
    if (!each.answered)
      answer(each.write, {model::kBadTimeout,
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
