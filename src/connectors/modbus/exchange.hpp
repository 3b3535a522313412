#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "link/trace.hpp"
#include "protocol/modbus/address.hpp"
#include "protocol/modbus/pdu.hpp"

namespace tagwerk::connectors::modbus {

/// What the frames of a ring mean. Pure.

/// "read HR 0..9 unit 1" of a frame that was sent, "HR 0..9 unit 1 = 17 4 …" of its answer; an
/// answer whose request the ring does not hold any more, and bytes that are no Modbus, say so.
std::string describe_frame(const link::TraceRing& ring, std::uint64_t number);

/// A request and, when there is one, its answer.
struct Exchange {
  std::uint64_t request = 0;  ///< number of the frame
  std::optional<std::uint64_t> answer{};
  protocol::modbus::Request asked{};
  std::optional<protocol::modbus::Response> answered{};
};

/// The newest exchange that read all of these coils or registers of a device's unit; an answered
/// one if there is any.
std::optional<Exchange> find_read(const link::TraceRing& ring, std::string_view device,
                                  std::uint8_t unit, protocol::modbus::Address address,
                                  std::uint16_t count);

}  // namespace tagwerk::connectors::modbus
