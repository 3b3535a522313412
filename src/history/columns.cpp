#include "history/columns.hpp"

#include <algorithm>

namespace tagwerk::history {

using model::Type;

namespace {

template <class T>
std::vector<T> slice(const std::vector<T>& from, std::size_t begin, std::size_t end) {
  return {from.begin() + static_cast<std::ptrdiff_t>(begin),
          from.begin() + static_cast<std::ptrdiff_t>(end)};
}

/// Texts that follow each other are mostly the same one.
void append_text(Columns& columns, std::string_view text) {
  if (columns.texts.empty() || columns.texts.back() != text) columns.texts.emplace_back(text);
  columns.codes.push_back(static_cast<std::uint32_t>(columns.texts.size() - 1));
}

std::size_t elements_of(const Columns& columns) {
  switch (columns.type) {
    case Type::float_array:
      return columns.floats.size();
    case Type::string_array:
      return columns.codes.size();
    default:
      return columns.integers.size();
  }
}

void append_elements(Columns& columns, const Value& value) {
  switch (value.type()) {
    case Type::bool_array:
      for (const bool each : value.as_bools())
        columns.integers.push_back(each ? 1 : 0);
      break;
    case Type::int_array:
      columns.integers.insert(columns.integers.end(), value.as_ints().begin(),
                              value.as_ints().end());
      break;
    case Type::float_array:
      columns.floats.insert(columns.floats.end(), value.as_floats().begin(),
                            value.as_floats().end());
      break;
    case Type::string_array:
      for (const std::string& each : value.as_strings())
        append_text(columns, each);
      break;
    default:
      break;
  }
  columns.ends.push_back(static_cast<std::uint32_t>(elements_of(columns)));
}

void append_value(Columns& columns, const Value& value) {
  switch (value.type()) {
    case Type::boolean:
      columns.integers.push_back(value.as_bool() ? 1 : 0);
      return;
    case Type::integer:
      columns.integers.push_back(value.as_int());
      return;
    case Type::floating:
      columns.floats.push_back(value.as_float());
      return;
    case Type::string:
    case Type::json:
      append_text(columns, value.as_text());
      return;
    default:
      append_elements(columns, value);
  }
}

/// An entry for a null, in the vector that the type uses.
void append_placeholders(Columns& columns, std::size_t count) {
  switch (columns.type) {
    case Type::null:
      return;
    case Type::boolean:
    case Type::integer:
      columns.integers.resize(columns.integers.size() + count);
      return;
    case Type::floating:
      columns.floats.resize(columns.floats.size() + count);
      return;
    case Type::string:
    case Type::json:
      columns.codes.resize(columns.codes.size() + count);
      return;
    default:
      columns.ends.resize(columns.ends.size() + count,
                          static_cast<std::uint32_t>(elements_of(columns)));
  }
}

}  // namespace

std::size_t Columns::null_count() const {
  return static_cast<std::size_t>(std::ranges::count(nulls, 1));
}

Value Columns::value(std::size_t i) const {
  if (is_null(i)) return {};
  switch (type) {
    case Type::null:
      return {};
    case Type::boolean:
      return Value::of(integers[i] != 0);
    case Type::integer:
      return Value::of(integers[i]);
    case Type::floating:
      return Value::of(floats[i]);
    case Type::string:
      return Value::string(texts[codes[i]]);
    case Type::json:
      return Value::json(texts[codes[i]]);
    case Type::bool_array: {
      const auto elements = slice(integers, begin_of(i), ends[i]);
      return Value::array(std::vector<bool>(elements.begin(), elements.end()));
    }
    case Type::int_array:
      return Value::array(slice(integers, begin_of(i), ends[i]));
    case Type::float_array:
      return Value::array(slice(floats, begin_of(i), ends[i]));
    case Type::string_array: {
      std::vector<std::string> elements;
      for (std::size_t at = begin_of(i); at < ends[i]; ++at)
        elements.push_back(texts[codes[at]]);
      return Value::array(std::move(elements));
    }
  }
  return {};
}

Point Columns::point(std::size_t i) const {
  return {UtcTime(Duration(times[i])), Quality{qualities[i]}, value(i)};
}

bool Columns::append(const Point& point) {
  if (point.value.is_null()) {
    nulls.resize(size());
    nulls.push_back(1);
    append_placeholders(*this, 1);
  } else {
    if (type == Type::null) {
      type = point.value.type();
      append_placeholders(*this, size());
    }
    if (type != point.value.type()) return false;
    append_value(*this, point.value);
    if (!nulls.empty()) nulls.push_back(0);
  }
  times.push_back(point.time.time_since_epoch().count());
  qualities.push_back(point.quality.code);
  return true;
}

void Columns::clear() {
  type = Type::null;
  times.clear();
  qualities.clear();
  nulls.clear();
  integers.clear();
  floats.clear();
  codes.clear();
  texts.clear();
  ends.clear();
}

}  // namespace tagwerk::history
