#include "model/value.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/assert.hpp"

namespace tagwerk::model {
namespace {

constexpr std::array<std::string_view, 10> kTypeNames{
    "null", "bool", "int", "float", "string", "json", "bool[]", "int[]", "float[]", "string[]"};

std::unexpected<Error> not_convertible(const Value& value, Type type) {
  return fail(ErrorCode::invalid_argument, "{} {} cannot be used as {}", to_string(value.type()),
              value.to_json(), to_string(type));
}

bool is_whole_int64(double v) {
  return v >= -0x1p63 && v < 0x1p63 && std::trunc(v) == v;
}

}  // namespace

std::string_view to_string(Type type) {
  return kTypeNames[static_cast<std::size_t>(type)];
}

Result<Type> parse_type(std::string_view text) {
  for (std::size_t i = 1; i < kTypeNames.size(); ++i)
    if (kTypeNames[i] == text) return static_cast<Type>(i);
  return fail(ErrorCode::invalid_argument,
              "unknown type '{}'; use bool, int, float, string, json or one of the first four "
              "with [] for an array",
              text);
}

template <class T>
Value Value::buffered(Type type, T content) {
  Value value;
  value.payload_.buffer = new Buffer{.content = Content(std::move(content))};
  value.type_ = type;
  return value;
}

template <class T>
const T& Value::content() const {
  TAGWERK_ASSERT(has_buffer());
  const T* content = std::get_if<T>(&payload_.buffer->content);
  TAGWERK_ASSERT(content != nullptr);
  return *content;
}

Value Value::of(bool v) {
  Value value;
  value.payload_.integer = v ? 1 : 0;
  value.type_ = Type::boolean;
  return value;
}

Value Value::of(std::int64_t v) {
  Value value;
  value.payload_.integer = v;
  value.type_ = Type::integer;
  return value;
}

Value Value::of(double v) {
  Value value;
  value.payload_.floating = v;
  value.type_ = Type::floating;
  return value;
}

Value Value::string(std::string_view v) {
  return buffered(Type::string, std::string(v));
}
Value Value::json(std::string_view text) {
  return buffered(Type::json, std::string(text));
}
Value Value::array(std::vector<bool> v) {
  return buffered(Type::bool_array, std::move(v));
}
Value Value::array(std::vector<std::int64_t> v) {
  return buffered(Type::int_array, std::move(v));
}
Value Value::array(std::vector<double> v) {
  return buffered(Type::float_array, std::move(v));
}
Value Value::array(std::vector<std::string> v) {
  return buffered(Type::string_array, std::move(v));
}

void Value::release() noexcept {
  if (payload_.buffer->references.fetch_sub(1, std::memory_order_acq_rel) == 1)
    delete payload_.buffer;
}

bool Value::as_bool() const {
  TAGWERK_ASSERT(type_ == Type::boolean);
  return payload_.boolean;
}

std::int64_t Value::as_int() const {
  TAGWERK_ASSERT(type_ == Type::integer);
  return payload_.integer;
}

double Value::as_float() const {
  TAGWERK_ASSERT(type_ == Type::floating);
  return payload_.floating;
}

std::string_view Value::as_text() const {
  return content<std::string>();
}
const std::vector<bool>& Value::as_bools() const {
  return content<std::vector<bool>>();
}
const std::vector<std::int64_t>& Value::as_ints() const {
  return content<std::vector<std::int64_t>>();
}
const std::vector<double>& Value::as_floats() const {
  return content<std::vector<double>>();
}
const std::vector<std::string>& Value::as_strings() const {
  return content<std::vector<std::string>>();
}

double Value::number() const {
  switch (type_) {
    case Type::boolean:
      return payload_.boolean ? 1.0 : 0.0;
    case Type::integer:
      return static_cast<double>(payload_.integer);
    case Type::floating:
      return payload_.floating;
    default:
      return std::numeric_limits<double>::quiet_NaN();
  }
}

bool Value::operator==(const Value& other) const {
  if (type_ != other.type_) return false;
  if (type_ == Type::null) return true;
  // Bools are kept as a whole integer, doubles compare by their bits.
  if (!has_buffer()) return payload_.integer == other.payload_.integer;
  if (payload_.buffer == other.payload_.buffer) return true;
  if (type_ != Type::float_array) return payload_.buffer->content == other.payload_.buffer->content;
  const auto& a = as_floats();
  const auto& b = other.as_floats();
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (std::bit_cast<std::uint64_t>(a[i]) != std::bit_cast<std::uint64_t>(b[i])) return false;
  return true;
}

Result<Value> Value::to(Type type) const {
  if (type == type_ || is_null()) return *this;
  if (type == Type::floating && (type_ == Type::integer || type_ == Type::boolean))
    return Value::of(number());
  if (type == Type::integer && type_ == Type::boolean)
    return Value::of(std::int64_t{payload_.boolean});
  if (type == Type::integer && type_ == Type::floating && is_whole_int64(payload_.floating))
    return Value::of(static_cast<std::int64_t>(payload_.floating));
  if (type == Type::boolean && is_number() && (number() == 0 || number() == 1))
    return Value::of(number() == 1);
  if (type == Type::float_array && type_ == Type::int_array)
    return Value::array(std::vector<double>(as_ints().begin(), as_ints().end()));
  if (type == Type::json) return Value::json(to_json());
  return not_convertible(*this, type);
}

std::string Value::to_json() const {
  std::string out;
  append_json(out, *this);
  return out;
}

void append_json_number(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  std::array<char, 32> text;
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), number);
  out.append(text.data(), end);
}

namespace {

/// The length of the UTF-8 sequence that begins here, 0 when it is not one.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const std::size_t length = first < 0x80             ? 1
                             : (first & 0xe0) == 0xc0 ? 2
                             : (first & 0xf0) == 0xe0 ? 3
                             : (first & 0xf8) == 0xf0 ? 4
                                                      : 0;
  if (length == 0 || length > text.size()) return 0;
  if (length == 1) return 1;
  std::uint32_t code = first & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3fu);
  }
  constexpr std::array<std::uint32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  return code < kSmallest[length] || code > 0x10ffff || surrogate ? 0 : length;
}

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
  }
}

template <class Range, class Append>
void append_json_array(std::string& out, const Range& range, Append append) {
  out += '[';
  bool first = true;
  for (const auto& each : range) {
    if (!first) out += ',';
    first = false;
    append(each);
  }
  out += ']';
}

}  // namespace

std::size_t find_bad_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto ascii = static_cast<unsigned char>(text[at]) < 0x80;
    const std::size_t length = ascii ? 1 : utf8_length(text.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return std::string_view::npos;
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const auto c = static_cast<unsigned char>(text[0]);
    if (length == 0) {
      out += "\xef\xbf\xbd";
    } else if (length == 1 && (c < 0x20 || c == '"' || c == '\\')) {
      append_escaped(out, text[0]);
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

void append_json(std::string& out, const Value& value) {
  switch (value.type()) {
    case Type::null:
      out += "null";
      return;
    case Type::boolean:
      out += value.as_bool() ? "true" : "false";
      return;
    case Type::integer:
      fmt::format_to(std::back_inserter(out), "{}", value.as_int());
      return;
    case Type::floating:
      append_json_number(out, value.as_float());
      return;
    case Type::string:
      append_json_string(out, value.as_text());
      return;
    case Type::json:
      out += value.as_text().empty() ? "null" : value.as_text();
      return;
    case Type::bool_array:
      append_json_array(out, value.as_bools(), [&](bool v) { out += v ? "true" : "false"; });
      return;
    case Type::int_array:
      append_json_array(out, value.as_ints(),
                        [&](std::int64_t v) { fmt::format_to(std::back_inserter(out), "{}", v); });
      return;
    case Type::float_array:
      append_json_array(out, value.as_floats(), [&](double v) { append_json_number(out, v); });
      return;
    case Type::string_array:
      append_json_array(out, value.as_strings(),
                        [&](const std::string& v) { append_json_string(out, v); });
      return;
  }
}

}  // namespace tagwerk::model
