#include "connectors/modbus/connector.hpp"

#include "connectors/modbus/settings.hpp"
#include "model/document.hpp"

namespace tagwerk::connectors::modbus {
namespace {

Error all_in_one(const std::vector<Error>& errors) {
  std::string message;
  for (const Error& each : errors)
    message += (message.empty() ? "" : "\n") + each.message;
  return Error{ErrorCode::invalid_argument, std::move(message), {}};
}

/// The points of a group that can be read; what is wrong with the others goes to `problems`.
std::vector<Point> points_of(const ScanGroup& group, const Settings& settings,
                             const model::Node& body, std::vector<BindingProblem>& problems) {
  std::vector<Point> points;
  const DeviceSettings* device = settings.find(group.device);
  for (const Binding& each : group.bindings) {
    if (device == nullptr) {
      problems.push_back({each.handle, unknown_device(group.device, body).message});
      continue;
    }
    const auto place =
        read_place(each.address, each.dtype, each.order, each.type, each.writable, *device);
    if (place)
      points.push_back({each.handle, *place});
    else
      problems.push_back({each.handle, place.error().message});
  }
  return points;
}

}  // namespace

void ModbusConnector::start(boost::asio::io_context& loop, ConnectorHost& host) {
  loop_ = &loop;
  host_ = &host;
}

Result<std::vector<BindingProblem>> ModbusConnector::configure(
    const ConnectorConfiguration& configuration) {
  const auto body = model::parse_json(configuration.settings, "settings");
  if (!body) return std::unexpected(body.error());
  model::Faults faults("");
  const Settings settings = read_settings(*body, name_, faults);
  if (faults.count() > 0) return std::unexpected(all_in_one(faults.errors()));
  take_devices(settings);
  std::vector<BindingProblem> problems;
  std::map<std::string, std::map<std::uint32_t, PointGroup>> groups;
  for (const ScanGroup& group : configuration.groups) {
    auto points = points_of(group, settings, *body, problems);
    if (!points.empty())
      groups[group.device].emplace(
          group.id, PointGroup(std::move(points), settings.find(group.device)->limits()));
  }
  for (auto& [name, device] : devices_)
    device->set_groups(std::move(groups[name]));
  return problems;
}

/// Devices whose settings are the same keep their connection.
void ModbusConnector::take_devices(const Settings& settings) {
  std::erase_if(devices_, [&](const auto& each) {
    const DeviceSettings* now = settings.find(each.first);
    if (now != nullptr && *now == each.second->settings()) return false;
    host_->lost(each.first, Error{ErrorCode::unavailable, "its settings have changed", {}});
    return true;
  });
  for (const auto& [name, device] : settings.devices) {
    if (devices_.contains(name)) continue;
    Device::Events events;
    events.lost = [this, name = name](Error why) { host_->lost(name, std::move(why)); };
    events.refused = [this, name = name](const std::string& what) {
      host_->log(ConnectorLog::warn, fmt::format("device '{}': {}", name, what));
    };
    devices_[name] = std::make_unique<Device>(*loop_, device, std::move(events));
  }
}

std::string ModbusConnector::address(const std::string& device) const {
  const Device* found = find(device);
  return found == nullptr ? "" : found->settings().to_string();
}

Device* ModbusConnector::find(const std::string& device) const {
  const auto found = devices_.find(device);
  return found == devices_.end() ? nullptr : found->second.get();
}

void ModbusConnector::connect(const std::string& device, Done done) {
  if (Device* found = find(device)) return found->connect(std::move(done));
  done(fail(ErrorCode::not_found, "no device '{}' in the settings", device));
}

void ModbusConnector::disconnect(const std::string& device) {
  if (Device* found = find(device)) found->disconnect();
}

void ModbusConnector::poll(const ScanGroup& group, PollDone done) {
  if (Device* found = find(group.device)) return found->poll(group.id, std::move(done));
  done({fail(ErrorCode::not_found, "no device '{}' in the settings", group.device), {}});
}

void ModbusConnector::write(const WriteOrder& order, WriteDone done) {
  if (Device* found = find(order.binding.device)) return found->write(order, std::move(done));
  done({model::kBadConfigurationError, "not sent: no such device in the settings", Value(), {}});
}

}  // namespace tagwerk::connectors::modbus
