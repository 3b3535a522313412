#include "model/quality.hpp"

#include <array>
#include <charconv>

namespace tagwerk::model {
namespace {

struct Named {
  std::uint32_t code;
  std::string_view name;
};

// Source: OPC UA Part 6, StatusCode.csv; the codes a device, a driver or Tagwerk itself can give.
constexpr std::array kNames{
    Named{0x00000000, "Good"},
    Named{0x00960000, "GoodLocalOverride"},
    Named{0x002D0000, "GoodSubscriptionTransferred"},
    Named{0x002F0000, "GoodOverload"},
    Named{0x00300000, "GoodClamped"},
    Named{0x00A20000, "GoodEntryInserted"},
    Named{0x00A50000, "GoodNoData"},
    Named{0x00A60000, "GoodMoreData"},
    Named{0x40000000, "Uncertain"},
    Named{0x406C0000, "UncertainReferenceOutOfServer"},
    Named{0x408F0000, "UncertainNoCommunicationLastUsableValue"},
    Named{0x40900000, "UncertainLastUsableValue"},
    Named{0x40910000, "UncertainSubstituteValue"},
    Named{0x40920000, "UncertainInitialValue"},
    Named{0x40930000, "UncertainSensorNotAccurate"},
    Named{0x40940000, "UncertainEngineeringUnitsExceeded"},
    Named{0x40950000, "UncertainSubNormal"},
    Named{0x80000000, "Bad"},
    Named{0x80010000, "BadUnexpectedError"},
    Named{0x80020000, "BadInternalError"},
    Named{0x80030000, "BadOutOfMemory"},
    Named{0x80040000, "BadResourceUnavailable"},
    Named{0x80050000, "BadCommunicationError"},
    Named{0x80060000, "BadEncodingError"},
    Named{0x80070000, "BadDecodingError"},
    Named{0x80080000, "BadEncodingLimitsExceeded"},
    Named{0x80090000, "BadUnknownResponse"},
    Named{0x800A0000, "BadTimeout"},
    Named{0x800B0000, "BadServiceUnsupported"},
    Named{0x800C0000, "BadShutdown"},
    Named{0x800D0000, "BadServerNotConnected"},
    Named{0x801F0000, "BadUserAccessDenied"},
    Named{0x80310000, "BadNoCommunication"},
    Named{0x80320000, "BadWaitingForInitialData"},
    Named{0x80330000, "BadNodeIdInvalid"},
    Named{0x80340000, "BadNodeIdUnknown"},
    Named{0x80350000, "BadAttributeIdInvalid"},
    Named{0x80360000, "BadIndexRangeInvalid"},
    Named{0x80370000, "BadIndexRangeNoData"},
    Named{0x80380000, "BadDataEncodingInvalid"},
    Named{0x803A0000, "BadNotReadable"},
    Named{0x803B0000, "BadNotWritable"},
    Named{0x803C0000, "BadOutOfRange"},
    Named{0x803D0000, "BadNotSupported"},
    Named{0x803E0000, "BadNotFound"},
    Named{0x80730000, "BadWriteNotSupported"},
    Named{0x80740000, "BadTypeMismatch"},
    Named{0x80890000, "BadConfigurationError"},
    Named{0x808A0000, "BadNotConnected"},
    Named{0x808B0000, "BadDeviceFailure"},
    Named{0x808C0000, "BadSensorFailure"},
    Named{0x808D0000, "BadOutOfService"},
    Named{0x808E0000, "BadDeadbandFilterInvalid"},
    Named{0x809B0000, "BadNoData"},
    Named{0x809D0000, "BadDataLost"},
    Named{0x809E0000, "BadDataUnavailable"},
    Named{0x80AB0000, "BadInvalidArgument"},
    Named{0x80AC0000, "BadConnectionRejected"},
    Named{0x80AD0000, "BadDisconnect"},
    Named{0x80AE0000, "BadConnectionClosed"},
    Named{0x80AF0000, "BadInvalidState"},
    Named{0x80B20000, "BadRequestTimeout"},
    Named{0x80B30000, "BadOperationAbandoned"},
    Named{0x80D40000, "BadDominantValueChanged"},
    Named{0x80EE0000, "BadServerTooBusy"},
    Named{0x81130000, "BadRequestNotComplete"},
};

std::optional<Quality> quality_from_number(std::string_view text, int base) {
  std::uint32_t code = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), code, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return Quality{code};
}

}  // namespace

std::string_view name(Quality quality) {
  for (const Named& each : kNames)
    if (each.code == quality.base().code) return each.name;
  return quality.good() ? "Good" : quality.uncertain() ? "Uncertain" : "Bad";
}

std::optional<Quality> quality_from(std::string_view text) {
  for (const Named& each : kNames)
    if (each.name == text) return Quality{each.code};
  if (text.starts_with("0x") || text.starts_with("0X"))
    return quality_from_number(text.substr(2), 16);
  return quality_from_number(text, 10);
}

}  // namespace tagwerk::model
