#pragma once

#include <cstdint>
#include <string>

#include "protocol/modbus/pdu.hpp"

namespace tagwerk::protocol::modbus {

/// What a request asks, for people: "read HR 0..9 unit 1", "write HR 5 unit 1 = 7",
/// "write CO 3..4 unit 1 = on off". Of many values the first 16.
std::string describe(const Request& request, std::uint8_t unit);

/// What was answered to it: "HR 0..9 unit 1 = 17 4 …", "HR 5 unit 1 written",
/// "read HR 0..9 unit 1: exception 2 (illegal data address)".
std::string describe(const Request& request, const Response& response, std::uint8_t unit);

}  // namespace tagwerk::protocol::modbus
