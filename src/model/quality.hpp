#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tagwerk::model {

/// How far a value can be trusted: an OPC UA StatusCode; 0 is Good.
/// The two top bits are the severity, the low 16 bits carry flags such as Overflow.
/// Source: OPC UA Part 4, 7.39 StatusCode
struct Quality {
  std::uint32_t code = 0;

  constexpr bool good() const { return (code >> 30) == 0; }
  constexpr bool uncertain() const { return (code >> 30) == 1; }
  constexpr bool bad() const { return (code >> 30) >= 2; }
  /// The code without its flag bits: what names and comparisons go by.
  constexpr Quality base() const { return {code & 0xffff0000u}; }
  constexpr bool overflow() const { return (code & kOverflowBits) == kOverflowBits; }
  /// Samples were dropped on the way to this one.
  constexpr Quality with_overflow() const { return {code | kOverflowBits}; }

  constexpr bool operator==(const Quality&) const = default;

  /// InfoType DataValue together with the Overflow bit.
  static constexpr std::uint32_t kOverflowBits = 0x0480;
};

inline constexpr Quality kGood{0x00000000};
inline constexpr Quality kGoodLocalOverride{0x00960000};
inline constexpr Quality kUncertainLastUsableValue{0x40900000};
inline constexpr Quality kUncertainEngineeringUnitsExceeded{0x40940000};
inline constexpr Quality kUncertainSensorNotAccurate{0x40930000};
inline constexpr Quality kBad{0x80000000};
inline constexpr Quality kBadInternalError{0x80020000};
inline constexpr Quality kBadCommunicationError{0x80050000};
inline constexpr Quality kBadTimeout{0x800A0000};
inline constexpr Quality kBadWaitingForInitialData{0x80320000};
inline constexpr Quality kBadNoCommunication{0x80310000};
inline constexpr Quality kBadNotConnected{0x808A0000};
inline constexpr Quality kBadNotReadable{0x803A0000};
inline constexpr Quality kBadNotWritable{0x803B0000};
inline constexpr Quality kBadOutOfRange{0x803C0000};
inline constexpr Quality kBadNotSupported{0x803D0000};
inline constexpr Quality kBadTypeMismatch{0x80740000};
inline constexpr Quality kBadDeviceFailure{0x808B0000};
inline constexpr Quality kBadSensorFailure{0x808C0000};
inline constexpr Quality kBadOutOfService{0x808D0000};
inline constexpr Quality kBadConfigurationError{0x80890000};
inline constexpr Quality kBadUserAccessDenied{0x801F0000};
inline constexpr Quality kBadNoData{0x809B0000};

/// "Good", "BadNoCommunication", …; a code this program does not know has the name of its severity.
/// Threads: any
std::string_view name(Quality quality);
/// The reverse; also accepts "0x…" and decimal numbers.
std::optional<Quality> quality_from(std::string_view text);

}  // namespace tagwerk::model

namespace tagwerk {
using model::Quality;
}
