#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "protocol/modbus/value.hpp"

namespace tagwerk::protocol::modbus {

/// Texts in registers, two bytes in each, the first one in the high byte unless the order swaps
/// them. Part of decode_value and encode_value, which say the rest.
Reading decode_text(const Layout& layout, std::span<const std::uint16_t> raw);
Result<std::vector<std::uint16_t>> encode_text(const Layout& layout, std::string_view text);

}  // namespace tagwerk::protocol::modbus
