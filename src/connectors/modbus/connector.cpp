#include "connectors/modbus/connector.hpp"

#include "connectors/modbus/evidence.hpp"
#include "connectors/modbus/exchange.hpp"
#include "connectors/modbus/settings.hpp"
#include "model/document.hpp"
#include "model/nearest_name.hpp"

namespace tagwerk::connectors::modbus {
namespace {

Error all_in_one(const std::vector<Error>& errors) {
  std::string message;
  for (const Error& each : errors)
    message += (message.empty() ? "" : "\n") + each.message;
  return Error{ErrorCode::invalid_argument, std::move(message), {}};
}

std::string text_of(const model::Node& body, std::string_view key, std::string_view otherwise) {
  const model::Node* node = body.find(key);
  return std::string(node != nullptr && node->is_scalar() ? node->text : otherwise);
}

std::vector<std::string> names_of(const std::map<std::string, std::unique_ptr<Device>>& devices) {
  std::vector<std::string> names;
  for (const auto& [name, device] : devices)
    names.push_back(name);
  return names;
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
    devices_[name] =
        std::make_unique<Device>(*loop_, device, Traced{host_->trace(), name}, std::move(events));
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
  write_joined({order}, [done = std::move(done)](std::vector<WriteOutcome> outcomes) mutable {
    done(std::move(outcomes.front()));
  });
}

bool ModbusConnector::joins(const WriteOrder& first, const WriteOrder& next) const {
  const Device* device = find(first.binding.device);
  if (device == nullptr) return false;
  const auto a = device->place_of(first.binding);
  const auto b = device->place_of(next.binding);
  using protocol::modbus::DataType;
  return a && b && a->address == b->address && a->layout.type == DataType::bit &&
         b->layout.type == DataType::bit;
}

void ModbusConnector::write_joined(std::vector<WriteOrder> orders, WritesDone done) {
  if (Device* found = find(orders.front().binding.device))
    return found->write(std::move(orders), std::move(done));
  done(std::vector<WriteOutcome>(orders.size(), {model::kBadConfigurationError,
                                                 "not sent: no such device in the settings",
                                                 Value(),
                                                 {},
                                                 false}));
}

std::string ModbusConnector::describe(const link::TraceRing& ring, std::uint64_t number) const {
  return describe_frame(ring, number);
}

void ModbusConnector::request(std::string_view what, std::string_view json, ReplyDone done) {
  if (what != "test" && what != "evidence") return Connector::request(what, json, std::move(done));
  const auto body = model::parse_json(json, what);
  if (!body) return done(std::unexpected(body.error()));
  if (what == "evidence") return done(evidence(*body));
  test(*body, std::move(done));
}

void ModbusConnector::test(const model::Node& body, ReplyDone done) {
  if (const model::Node* settings = body.find("settings"); settings && !settings->is_null())
    return test_unsaved(*settings, body, std::move(done));
  const std::string name = text_of(body, "device", "default");
  Device* device = find(name);
  if (device == nullptr)
    return done(fail(ErrorCode::not_found, "connector '{}' has no device '{}'{}", name_, name,
                     model::suggestion(name, names_of(devices_))));
  auto request = read_test_request(body, device->settings());
  if (!request) return done(std::unexpected(request.error()));
  device->test(*request,
               [done = std::move(done)](std::string json) mutable { done(std::move(json)); });
}

/// Settings that nobody has saved: checked as if somebody did, tried over a connection of their
/// own.
void ModbusConnector::test_unsaved(const model::Node& settings, const model::Node& body,
                                   ReplyDone done) {
  model::Faults faults("");
  const Settings read = read_settings(settings, text_of(body, "name", name_), faults);
  if (faults.count() > 0) return done(std::unexpected(all_in_one(faults.errors())));
  const std::string only = read.devices.size() == 1 ? read.devices.begin()->first : "default";
  const std::string name = text_of(body, "device", only);
  const DeviceSettings* device = read.find(name);
  if (device == nullptr) return done(std::unexpected(unknown_device(name, settings)));
  auto request = read_test_request(body, *device);
  if (!request) return done(std::unexpected(request.error()));
  std::make_shared<TestRead>(
      *loop_, *device, Traced{host_->trace(), name}, *request,
      [done = std::move(done)](std::string json) mutable { done(std::move(json)); })
      ->run(nullptr);
}

Result<std::string> ModbusConnector::evidence(const model::Node& body) const {
  const std::string name = text_of(body, "device", "default");
  const Device* device = find(name);
  if (device == nullptr)
    return fail(ErrorCode::not_found, "connector '{}' has no device '{}'", name_, name);
  const auto type = model::parse_type(text_of(body, "type", "float"));
  if (!type) return std::unexpected(type.error());
  const auto place = read_place(text_of(body, "address", ""), text_of(body, "dtype", ""),
                                text_of(body, "order", ""), *type, false, device->settings());
  if (!place) return std::unexpected(place.error());
  return evidence_json(host_->trace(), name, device->settings().unit, *place);
}

}  // namespace tagwerk::connectors::modbus
