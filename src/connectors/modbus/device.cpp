#include "connectors/modbus/device.hpp"

#include "connectors/modbus/poll.hpp"
#include "connectors/modbus/write.hpp"

namespace tagwerk::connectors::modbus {
namespace {

std::vector<GroupPlan::Item> items_of(const std::vector<Point>& points) {
  std::vector<GroupPlan::Item> items;
  items.reserve(points.size());
  for (std::uint32_t i = 0; i < points.size(); ++i)
    items.push_back({points[i].place.address, points[i].place.layout.count, i});
  return items;
}

std::unexpected<Error> not_connected() {
  return fail(ErrorCode::unavailable, "not connected");
}

std::vector<WriteOutcome> same_for_all(std::size_t count, const WriteOutcome& outcome) {
  return std::vector<WriteOutcome>(count, outcome);
}

}  // namespace

PointGroup::PointGroup(std::vector<Point> all, const protocol::modbus::ReadLimits& limits)
    : points(std::move(all)), plan(items_of(points), limits) {}

Device::Device(boost::asio::io_context& loop, DeviceSettings settings, Traced traced, Events events)
    : loop_(loop),
      settings_(std::move(settings)),
      traced_(std::move(traced)),
      events_(std::move(events)),
      mask_write_(settings_.mask_write) {}

Device::~Device() {
  disconnect();
}

Result<Place> Device::place_of(const Binding& binding) const {
  return read_place(binding.address, binding.dtype, binding.order, binding.type, binding.writable,
                    settings_);
}

void Device::connect(Connector::Done done) {
  if (was_open_ && !settings_.auto_open)
    return done(fail(ErrorCode::unavailable,
                     "the connection was lost and auto_open is false; restart the connector to "
                     "connect again"));
  open(std::move(done));
}

void Device::open(Connector::Done done) {
  close();
  client_ = std::make_shared<Client>(loop_, settings_.timeout, settings_.unit, traced_);
  client_->on_lost(events_.lost);
  client_->connect(settings_.host, settings_.port,
                   [this, done = std::move(done)](Status status) mutable {
                     was_open_ = was_open_ || status.has_value();
                     done(std::move(status));
                   });
}

void Device::close() {
  if (client_) client_->close();
  client_.reset();
  running_ = 0;
}

void Device::disconnect() {
  close();
  waiting_.clear();
}

/// With auto_close the connection is made when it is needed.
void Device::when_open(Opened then) {
  if (client_ && waiting_.empty()) return then({});
  if (!client_ && !settings_.auto_close) return then(not_connected());
  waiting_.push_back(std::move(then));
  if (waiting_.size() == 1) open([this](const Status& status) { opened(status); });
}

void Device::opened(const Status& status) {
  if (!status) client_.reset();
  for (Opened& each : std::exchange(waiting_, {}))
    each(status);
}

void Device::end() {
  if (running_ > 0 && --running_ == 0 && settings_.auto_close) close();
}

void Device::poll(std::uint32_t group, Connector::PollDone done) {
  const auto found = groups_.find(group);
  if (found == groups_.end()) return done({{}, {}, false});
  when_open([this, &points = found->second, done = std::move(done)](const Status& open) mutable {
    if (!open) return done({open, {}});
    begin();
    auto finished = [this, done = std::move(done)](PollOutcome outcome) mutable {
      end();
      done(std::move(outcome));
    };
    std::make_shared<Poll>(client_, points, std::move(finished), events_.refused)->run();
  });
}

void Device::write(std::vector<WriteOrder> orders, Connector::WritesDone done) {
  std::vector<PlacedOrder> placed;
  for (WriteOrder& each : orders) {
    auto place = place_of(each.binding);
    if (!place)
      return done(same_for_all(orders.size(), {model::kBadConfigurationError,
                                               "not sent: " + place.error().message,
                                               Value(),
                                               {},
                                               false}));
    placed.push_back({std::move(*place), std::move(each)});
  }
  when_open([this, placed = std::move(placed), done = std::move(done)](const Status& open) mutable {
    if (!open)
      return done(same_for_all(
          placed.size(),
          {model::kBadNoCommunication, "not sent: " + open.error().message, Value(), open}));
    begin();
    auto finished = [this, done = std::move(done)](std::vector<WriteOutcome> outcomes) mutable {
      end();
      done(std::move(outcomes));
    };
    std::make_shared<Write>(loop_, client_, std::move(placed), mask_write_, std::move(finished))
        ->run();
  });
}

void Device::test(TestRequest request, TestRead::Done done) {
  auto finished = [this, alive = std::weak_ptr(alive_),
                   done = std::move(done)](std::string json) mutable {
    if (!alive.expired()) end();
    done(std::move(json));
  };
  const bool open = client_ && waiting_.empty();
  if (open) begin();
  std::make_shared<TestRead>(loop_, settings_, traced_, std::move(request), std::move(finished))
      ->run(open ? client_ : nullptr);
}

}  // namespace tagwerk::connectors::modbus
