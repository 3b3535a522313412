#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "model/value.hpp"

namespace tagwerk::servers::http {

/// Appends JSON to a text, member by member; commas come by themselves. Whoever opens closes.
/// Threads: one
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& open_object() { return open('{'); }
  JsonWriter& close_object() { return close('}'); }
  JsonWriter& open_array() { return open('['); }
  JsonWriter& close_array() { return close(']'); }
  JsonWriter& key(std::string_view name) {
    separate();
    model::append_json_string(out_, name);
    out_.push_back(':');
    return *this;
  }

  JsonWriter& value(std::string_view text) {
    separate();
    model::append_json_string(out_, text);
    return *this;
  }
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(bool yes) { return raw(yes ? "true" : "false"); }
  JsonWriter& value(double number) {
    separate();
    model::append_json_number(out_, number);
    return *this;
  }
  template <std::integral T>
  JsonWriter& value(T number) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
    return raw({digits, static_cast<std::size_t>(end - digits)});
  }
  JsonWriter& value(const Value& any) {
    separate();
    model::append_json(out_, any);
    return *this;
  }
  /// RFC 3339; null for never.
  JsonWriter& value(UtcTime time) {
    return time == kNever ? null() : value(std::string_view(base::to_rfc3339(time)));
  }
  /// Seconds.
  JsonWriter& value(Duration duration) {
    return value(std::chrono::duration<double>(duration).count());
  }
  JsonWriter& null() { return raw("null"); }
  /// Text that is JSON already.
  JsonWriter& raw(std::string_view json) {
    separate();
    out_.append(json);
    return *this;
  }

  template <class T>
  JsonWriter& member(std::string_view name, const T& content) {
    return key(name).value(content);
  }
  /// Null when the text is empty.
  JsonWriter& member_or_null(std::string_view name, std::string_view text) {
    return text.empty() ? key(name).null() : member(name, text);
  }

 private:
  JsonWriter& open(char bracket) {
    separate();
    out_.push_back(bracket);
    return *this;
  }
  JsonWriter& close(char bracket) {
    out_.push_back(bracket);
    return *this;
  }
  void separate() {
    if (out_.empty()) return;
    const char last = out_.back();
    if (last != '{' && last != '[' && last != ':') out_.push_back(',');
  }

  std::string& out_;
};

}  // namespace tagwerk::servers::http
