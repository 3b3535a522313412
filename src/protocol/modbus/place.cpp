#include "protocol/modbus/place.hpp"

#include "protocol/modbus/function.hpp"

namespace tagwerk::protocol::modbus {
namespace {

using model::Type;

bool is_text(Type type) {
  return type == Type::string;
}
bool is_list(Type type) {
  return type == Type::bool_array || type == Type::int_array || type == Type::float_array;
}

Status check_tag_type(Type type) {
  if (type != Type::json && type != Type::string_array) return {};
  return fail(ErrorCode::invalid_argument,
              "a Modbus address gives bool, int, float, string or a list of the first three; the "
              "tag's type is {}",
              model::to_string(type));
}

/// What a source without dtype means; nothing when it does not say enough.
std::optional<DataType> suggested(const AddressText& where, Type tag_type) {
  if (where.bit) return DataType::bit;
  if (is_text(tag_type)) return DataType::string;
  const bool bools = tag_type == Type::boolean || tag_type == Type::bool_array;
  if (is_bit_table(where.address.table) || bools) return DataType::boolean;
  if (is_list(tag_type)) return DataType::uint16;
  const bool real = tag_type == Type::floating;
  switch (where.count.value_or(1)) {
    case 1:
      return DataType::uint16;
    case 2:
      return real ? DataType::float32 : DataType::uint32;
    case 4:
      return real ? DataType::float64 : DataType::int64;
    default:
      return std::nullopt;
  }
}

Result<DataTypeText> data_type_of(const PlaceText& text, const AddressText& where) {
  if (!text.dtype.empty()) return parse_data_type(text.dtype);
  if (const auto type = suggested(where, text.tag_type)) return DataTypeText{.type = *type};
  return fail(ErrorCode::invalid_argument,
              "{} registers are no single number; make the tag a list such as float[], or name the "
              "dtype",
              *where.count);
}

/// The bit's number may stand behind the address or the dtype.
Status take_bit(const PlaceText& text, const AddressText& where, DataTypeText& type) {
  if (where.bit && type.type == DataType::boolean) type.type = DataType::bit;
  if (type.type != DataType::bit) {
    if (!where.bit) return {};
    return fail(ErrorCode::invalid_argument,
                "'{}' names a bit and dtype '{}' does not hold any; remove '.{}' or the dtype",
                text.address, text.dtype, *where.bit);
  }
  if (where.bit && type.bit && *where.bit != *type.bit)
    return fail(ErrorCode::invalid_argument, "'{}' names bit {} and the dtype bit {}; keep one",
                text.address, *where.bit, *type.bit);
  if (!where.bit && !type.bit)
    return fail(ErrorCode::invalid_argument, "dtype 'bit' of which number? write {}.0 or bit0",
                text.address);
  if (where.count)
    return fail(ErrorCode::invalid_argument,
                "a bit is one of one register; remove ':{}' from '{}', or use dtype bool for a "
                "list of registers",
                *where.count, text.address);
  type.bit = where.bit ? where.bit : type.bit;
  return {};
}

Status check_type_fits(DataType type, Address address, Type tag_type) {
  if (is_bit_table(address.table) && type != DataType::boolean)
    return fail(ErrorCode::invalid_argument, "{} is a {}: its dtype can only be bool, not {}",
                to_string(address), to_string(address.table), to_string(type));
  if (is_text(tag_type) != (type == DataType::string))
    return fail(ErrorCode::invalid_argument,
                "dtype {} and a tag of type {} do not go together; text has dtype string and tag "
                "type string",
                to_string(type), model::to_string(tag_type));
  if (type == DataType::bit && is_list(tag_type))
    return fail(ErrorCode::invalid_argument, "a bit is a single value, the tag's type is {}",
                model::to_string(tag_type));
  return {};
}

Result<std::uint16_t> count_of(const PlaceText& text, const AddressText& where, DataType type) {
  const bool list = is_list(text.tag_type);
  const std::uint16_t width = width_of(type);
  if (!where.count && (list || type == DataType::string))
    return fail(ErrorCode::invalid_argument, "how many? write {}:8 for {}, which counts {}",
                text.address, list ? "a list" : "a text",
                is_bit_table(where.address.table) ? "coils or inputs" : "registers");
  const std::uint16_t count = where.count.value_or(width);
  if (type == DataType::string) return count;
  if (count % width != 0)
    return fail(ErrorCode::invalid_argument, "a {} takes {} registers; {} do not divide by that",
                to_string(type), width, count);
  if (!list && count != width)
    return fail(ErrorCode::invalid_argument,
                "'{}' are {} values of type {}; make the tag a list such as float[], or the count "
                "{}",
                text.address, count / width, to_string(type), width);
  return count;
}

Status check_reach(Address address, const Layout& layout) {
  const bool bits = is_bit_table(address.table);
  const std::uint16_t most = bits ? kMaxReadCoils : kMaxReadRegisters;
  if (layout.count > most)
    return fail(ErrorCode::invalid_argument, "{} {} do not fit one request, which reads {}",
                layout.count, bits ? "coils or inputs" : "registers", most);
  if (address.number + std::uint32_t{layout.count} <= 65536) return {};
  return fail(ErrorCode::invalid_argument, "a {} at {} would pass the last {}, 65535",
              data_type_text(layout), to_string(address), bits ? "one" : "register");
}

}  // namespace

Result<Place> parse_place(const PlaceText& text, const PlaceDefaults& defaults) {
  if (auto checked = check_tag_type(text.tag_type); !checked)
    return std::unexpected(checked.error());
  const auto where = parse_address_text(text.address, defaults.base);
  if (!where) return std::unexpected(where.error());
  auto type = data_type_of(text, *where);
  if (!type) return std::unexpected(type.error());
  Order order = defaults.order;
  if (!text.order.empty()) {
    const auto parsed = parse_order(text.order);
    if (!parsed) return std::unexpected(parsed.error());
    order = *parsed;
  }
  if (auto taken = take_bit(text, *where, *type); !taken) return std::unexpected(taken.error());
  if (auto fits = check_type_fits(type->type, where->address, text.tag_type); !fits)
    return std::unexpected(fits.error());
  const auto count = count_of(text, *where, type->type);
  if (!count) return std::unexpected(count.error());
  const Layout layout{.type = type->type,
                      .order = order,
                      .count = *count,
                      .array = is_list(text.tag_type),
                      .bit = type->bit.value_or(0),
                      .encoding = type->encoding,
                      .padding = type->padding};
  if (auto reach = check_reach(where->address, layout); !reach)
    return std::unexpected(reach.error());
  return Place{where->address, layout};
}

std::string address_text(const Place& place) {
  const std::string first = to_string(place.address);
  if (place.layout.type == DataType::bit) return fmt::format("{}.{}", first, place.layout.bit);
  const bool counted = place.layout.array || place.layout.type == DataType::string;
  return counted ? fmt::format("{}:{}", first, place.layout.count) : first;
}

}  // namespace tagwerk::protocol::modbus
