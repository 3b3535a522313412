#pragma once

#include <string_view>

#include "base/error.hpp"
#include "model/value.hpp"
#include "protocol/modbus/address.hpp"
#include "protocol/modbus/layout.hpp"

namespace tagwerk::protocol::modbus {

/// Where a tag lies in its device, and how.
struct Place {
  Address address;
  Layout layout;

  bool operator==(const Place&) const = default;
};

/// What a source says about it, each empty where it says nothing.
struct PlaceText {
  std::string_view address;
  std::string_view dtype{};
  std::string_view order{};
  model::Type tag_type = model::Type::floating;
};

/// What holds where a source says nothing.
struct PlaceDefaults {
  Order order = Order::abcd;
  std::uint16_t base = 0;  ///< the first number of each table: 0 or 1
};

/// Puts together what address, dtype, order and the tag's type say. Without dtype: a bit where the
/// address names one, text for string tags, bool for coils, inputs and bool tags; numbers by the
/// count of the address: uint16, for two registers uint32 or float32, for four int64 or float64.
/// Fails: invalid_argument, with the remedy: what does not go together, a text or list without
///        count, what passes the last address or one request
Result<Place> parse_place(const PlaceText& text, const PlaceDefaults& defaults = {});

/// "HR:100:8", "HR:5.3", "CO:1": the address text that means this place.
std::string address_text(const Place& place);

}  // namespace tagwerk::protocol::modbus
