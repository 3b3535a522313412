#include "access/explanation.hpp"

#include <algorithm>

namespace tagwerk::access {
namespace {

using model::Quality;

constexpr Quality kBadDecodingError{0x80070000};
constexpr Quality kBadServerTooBusy{0x80EE0000};
constexpr Quality kBadRequestNotComplete{0x81130000};
constexpr Quality kBadEncodingLimitsExceeded{0x80080000};

std::string with_exception(std::string sentence, const Circumstances& known) {
  return known.exception.empty() ? sentence : fmt::format("{} ({})", sentence, known.exception);
}

const supervisor::DeviceStatus* device_of(const Circumstances& known) {
  if (known.connector == nullptr || !known.tag.definition.source) return nullptr;
  const auto& devices = known.connector->devices;
  const auto found = std::ranges::find(devices, known.tag.definition.source->device,
                                       &supervisor::DeviceStatus::name);
  return found == devices.end() ? nullptr : &*found;
}

/// How the tag's connector is, as the end of a sentence.
std::string connector_state(const Circumstances& known) {
  const std::string& name = known.tag.definition.source->connector;
  if (known.connector == nullptr) return fmt::format("connector '{}'", name);
  const std::string_view detail = known.connector->detail;
  return fmt::format("connector '{}' is {}{}{}", name, to_string(known.connector->state),
                     detail.empty() ? "" : ": ", detail);
}

std::string no_communication(const Circumstances& known) {
  const supervisor::DeviceStatus* device = device_of(known);
  if (!known.exception.empty())
    return with_exception(
        "Somebody answers for the device, but nobody behind it does; check the unit and the "
        "device behind the gateway",
        known);
  if (device == nullptr) return "The device does not answer; check cable, address, port and unit";
  return fmt::format(
      "Device '{}' ({}) does not answer{}{}; check cable, address, port and unit. It "
      "is tried again by itself",
      device->name, device->address, device->error.empty() ? "" : ": ", device->error);
}

std::string configuration_error(const Circumstances& known) {
  const std::string prefix = known.tag.definition.path + ": ";
  if (known.connector != nullptr)
    for (const std::string& fault : known.connector->faults)
      if (fault.starts_with(prefix))
        return fmt::format("The connector cannot serve this tag: {}", fault.substr(prefix.size()));
  return "The connector cannot serve this tag; its log says why";
}

std::string out_of_range(const Circumstances& known) {
  const auto& range = known.tag.definition.range;
  const std::string limits =
      range ? fmt::format("its range of {} to {}", range->low, range->high) : "its range";
  return fmt::format(
      "The value lies outside {}; check scale, offset, dtype and order, or widen the "
      "range",
      limits);
}

std::string waiting(const Circumstances& known) {
  if (!known.tag.definition.source) return "Nothing was written to the tag yet";
  return fmt::format("No value has come since the server started; {}", connector_state(known));
}

std::string stale(const Circumstances& known) {
  const std::string silence = base::to_string(known.tag.stale_after);
  if (!known.tag.definition.source)
    return fmt::format("Nothing new was written for longer than {}; this is the last value",
                       silence);
  return fmt::format("Nothing new came for longer than {}; this is the last value, and {}", silence,
                     connector_state(known));
}

std::string refused(const Circumstances& known) {
  return with_exception(
      "The device refuses this address; compare table and number with its data sheet, which may "
      "count from 1 (base: 1)",
      known);
}

/// Of what the device said or did.
std::string device_sentence(Quality base, const Circumstances& known) {
  if (base == model::kBadNoCommunication) return no_communication(known);
  if (base == model::kBadNotReadable) return refused(known);
  if (base == model::kBadOutOfRange)
    return with_exception(
        "The device refuses what was asked; try fewer registers at once "
        "(max_registers)",
        known);
  if (base == model::kBadDeviceFailure)
    return with_exception("The device says that it or its sensor failed; look at the device",
                          known);
  if (base == model::kBadNotSupported)
    return with_exception("The device does not know the function for this table; try another table",
                          known);
  if (base == kBadServerTooBusy || base == kBadRequestNotComplete)
    return with_exception("The device is busy; ask it less often (period)", known);
  if (base == kBadDecodingError)
    return fmt::format("The registers hold nothing that dtype {} could mean; check dtype and order",
                       known.tag.definition.source ? known.tag.definition.source->dtype : "");
  return {};
}

/// Of what the server made of it.
std::string server_sentence(Quality base, const Circumstances& known) {
  if (base == model::kGoodLocalOverride) return "The value is forced by hand";
  if (base == model::kUncertainEngineeringUnitsExceeded) return out_of_range(known);
  if (base == model::kUncertainLastUsableValue) return stale(known);
  if (base == model::kBadWaitingForInitialData) return waiting(known);
  if (base == model::kBadConfigurationError) return configuration_error(known);
  if (base == model::kBadNotConnected && known.tag.definition.source)
    return fmt::format(
        "Nobody reads the device: {}; start the connector, its log says why it ended",
        connector_state(known));
  if (base == model::kBadTypeMismatch)
    return fmt::format(
        "What the device gives cannot be a value of type {}; change the tag's type, "
        "the dtype or the scale",
        to_string(known.tag.definition.type));
  if (base == kBadEncodingLimitsExceeded) return "The value is too long for where it is shown";
  return {};
}

std::string quality_sentence(const Circumstances& known) {
  const Quality base = known.current.quality.base();
  if (base == model::kGood)
    return known.tag.definition.source
               ? "The value is good: the device answered, and what it said makes sense."
               : "The value is good.";
  std::string sentence = server_sentence(base, known);
  if (sentence.empty()) sentence = device_sentence(base, known);
  if (sentence.empty()) sentence = "The connector's log may say more";
  return fmt::format("{}: {}.", model::name(base), sentence);
}

std::string source_sentence(const model::PlantTag& tag) {
  if (!tag.definition.source) return "The tag has no source: it shows what was last written to it.";
  const model::SourceDefinition& source = *tag.definition.source;
  return fmt::format("It is read from {} of device '{}' by connector '{}' every {}.",
                     source.address, source.device, source.connector, base::to_string(tag.period));
}

std::string carried_sentence(const Circumstances& known) {
  const std::string scaling = describe_scaling(known.tag.definition);
  std::string out = fmt::format("The registers {} mean {}", known.registers, known.raw);
  if (!scaling.empty() && scaling != "raw") out += fmt::format("; the value is {}", scaling);
  return out + ".";
}

std::string write_sentence(const store::AuditEntry& write) {
  return fmt::format("{} wrote {} at {}: {}{}{}.", write.who, write.new_value,
                     base::to_rfc3339(write.at), write.outcome, write.detail.empty() ? "" : ", ",
                     write.detail);
}

}  // namespace

std::string describe_scaling(const model::TagDefinition& tag) {
  const bool number = tag.type == model::Type::integer || tag.type == model::Type::floating ||
                      tag.type == model::Type::int_array || tag.type == model::Type::float_array;
  if (!tag.source || !number) return {};
  const model::SourceDefinition& source = *tag.source;
  std::string out = "raw";
  if (source.scale != 1 || source.offset != 0)
    out = fmt::format("raw × {} {} {}", source.scale, source.offset < 0 ? "-" : "+",
                      source.offset < 0 ? -source.offset : source.offset);
  if (source.clamp)
    out += fmt::format(", limited to {} … {}", source.clamp->low, source.clamp->high);
  return out;
}

std::vector<std::string> explain(const Circumstances& known) {
  std::vector<std::string> out{source_sentence(known.tag)};
  if (!known.registers.empty()) out.push_back(carried_sentence(known));
  out.push_back(quality_sentence(known));
  if (known.current.quality.overflow())
    out.emplace_back("Values before this one were dropped: the connector's buffer was full.");
  if (known.last_write != nullptr) out.push_back(write_sentence(*known.last_write));
  return out;
}

}  // namespace tagwerk::access
