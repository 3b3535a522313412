#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.hpp"

namespace tagwerk::model {

/// What a tag can hold. The numbers are part of docs/formats/link.md and table.md: never change
/// one.
enum class Type : std::uint8_t {
  null = 0,  ///< unknown; a hole in history that nobody interpolates across
  boolean = 1,
  integer = 2,   ///< 64-bit signed
  floating = 3,  ///< IEEE 754 double
  string = 4,    ///< UTF-8
  json = 5,      ///< JSON text
  bool_array = 6,
  int_array = 7,
  float_array = 8,
  string_array = 9,
};

/// "bool", "int", "float", "string", "json", "bool[]", "int[]", "float[]", "string[]", "null".
std::string_view to_string(Type type);
/// Fails: invalid_argument, listing the names there are
Result<Type> parse_type(std::string_view text);

/// One value of a tag, 16 bytes. Numbers and bools live inside; texts and arrays behind a shared,
/// immutable, reference-counted buffer, so a copy never allocates.
/// Threads: a Value is one thread's; copies that share a buffer may live on several threads
class Value {
 public:
  Value() = default;
  static Value of(bool v);
  static Value of(std::int64_t v);
  static Value of(double v);
  static Value string(std::string_view v);
  static Value json(std::string_view text);
  static Value array(std::vector<bool> v);
  static Value array(std::vector<std::int64_t> v);
  static Value array(std::vector<double> v);
  static Value array(std::vector<std::string> v);

  Value(const Value& other) noexcept : payload_(other.payload_), type_(other.type_) { retain(); }
  Value(Value&& other) noexcept
      : payload_(other.payload_), type_(std::exchange(other.type_, Type::null)) {}
  Value& operator=(const Value& other) noexcept {
    Value copy(other);
    swap(copy);
    return *this;
  }
  Value& operator=(Value&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Value() {
    if (has_buffer()) release();
  }
  void swap(Value& other) noexcept {
    std::swap(payload_, other.payload_);
    std::swap(type_, other.type_);
  }

  Type type() const { return type_; }
  bool is_null() const { return type_ == Type::null; }
  bool is_number() const { return type_ == Type::integer || type_ == Type::floating; }
  bool is_array() const { return type_ >= Type::bool_array; }
  /// Texts and arrays: the value lives behind a pointer.
  bool has_buffer() const { return type_ >= Type::string; }

  /// The caller has looked at type(); another one is a broken invariant.
  bool as_bool() const;
  std::int64_t as_int() const;
  double as_float() const;
  std::string_view as_text() const;  ///< string or json
  const std::vector<bool>& as_bools() const;
  const std::vector<std::int64_t>& as_ints() const;
  const std::vector<double>& as_floats() const;
  const std::vector<std::string>& as_strings() const;

  /// The number in it: bool as 0 or 1, int, float; anything else NaN.
  double number() const;

  /// Same type and same content; a NaN equals a NaN of the same bits, 0.0 differs from -0.0.
  bool operator==(const Value& other) const;

  /// The value as this type. Lossless or refused: 3.0 becomes the int 3, 3.5 does not; numbers and
  /// bools are never made from text. Null stays null.
  /// Fails: invalid_argument, naming value and type
  Result<Value> to(Type type) const;

  /// JSON text: numbers in shortest form, NaN and infinities as null.
  std::string to_json() const;

 private:
  using Content = std::variant<std::string, std::vector<bool>, std::vector<std::int64_t>,
                               std::vector<double>, std::vector<std::string>>;
  struct Buffer {
    std::atomic<std::uint32_t> references{1};
    Content content;
  };
  union Payload {
    bool boolean;
    std::int64_t integer;
    double floating;
    Buffer* buffer;
  };

  template <class T>
  static Value buffered(Type type, T content);
  template <class T>
  const T& content() const;
  void retain() noexcept {
    if (has_buffer()) payload_.buffer->references.fetch_add(1, std::memory_order_relaxed);
  }
  void release() noexcept;

  Payload payload_{.integer = 0};
  Type type_ = Type::null;
};

static_assert(sizeof(Value) == 16);

/// Where a text stops being UTF-8; npos when all of it is.
std::size_t find_bad_utf8(std::string_view text);

/// Appends a JSON string with quotes, escaped as RFC 8259 asks; bytes that are not UTF-8 become
/// U+FFFD.
void append_json_string(std::string& out, std::string_view text);
/// Appends a JSON number in shortest form; null for NaN and infinities.
void append_json_number(std::string& out, double number);
void append_json(std::string& out, const Value& value);

}  // namespace tagwerk::model

namespace tagwerk {
using model::Value;
}
