#include "connectors/modbus/device.hpp"

#include "connectors/modbus/poll.hpp"
#include "connectors/modbus/write.hpp"

namespace tagwerk::connectors::modbus {
namespace {

std::vector<GroupPlan::Item> items_of(const std::vector<Point>& points) {
  std::vector<GroupPlan::Item> items;
  items.reserve(points.size());
  for (std::uint32_t i = 0; i < points.size(); ++i)
    items.push_back({points[i].place.address, protocol::modbus::width_of(points[i].place.type), i});
  return items;
}

std::unexpected<Error> not_connected() {
  return fail(ErrorCode::unavailable, "not connected");
}

}  // namespace

PointGroup::PointGroup(std::vector<Point> all, const protocol::modbus::ReadLimits& limits)
    : points(std::move(all)), plan(items_of(points), limits) {}

Device::Device(boost::asio::io_context& loop, DeviceSettings settings, Events events)
    : loop_(loop), settings_(std::move(settings)), events_(std::move(events)) {}

Device::~Device() {
  disconnect();
}

void Device::connect(Connector::Done done) {
  disconnect();
  client_ = std::make_shared<Client>(loop_, settings_.timeout, settings_.unit);
  client_->on_lost(events_.lost);
  client_->connect(settings_.host, settings_.port, std::move(done));
}

void Device::disconnect() {
  if (client_) client_->close();
  client_.reset();
}

void Device::poll(std::uint32_t group, Connector::PollDone done) {
  const auto found = groups_.find(group);
  if (found == groups_.end()) return done({{}, {}});
  if (!client_) return done({not_connected(), {}});
  std::make_shared<Poll>(client_, found->second, std::move(done), events_.refused)->run();
}

void Device::write(const WriteOrder& order, Connector::WriteDone done) {
  const Binding& binding = order.binding;
  const auto place = read_place(binding.address, binding.dtype, binding.order, binding.type,
                                binding.writable, settings_);
  if (!place)
    return done({model::kBadConfigurationError, "not sent: " + place.error().message, Value(), {}});
  if (!client_)
    return done({model::kBadNoCommunication, "not sent: not connected", Value(), not_connected()});
  std::make_shared<Write>(loop_, client_, *place, order, std::move(done))->run();
}

}  // namespace tagwerk::connectors::modbus
