#include "servers/http/json_body.hpp"

#include <algorithm>

namespace tagwerk::servers::http {
namespace {

using model::Node;

constexpr std::size_t kMaxItems = 10'000;
constexpr double kDefaultTimeout = 5;

/// The items as T when every one of them is that; nothing otherwise.
template <class T, class Read>
std::optional<std::vector<T>> all_as(const Node& list, Read read) {
  std::vector<T> out;
  out.reserve(list.items.size());
  for (const Node& item : list.items) {
    auto one = read(item);
    if (!one) return std::nullopt;
    out.push_back(std::move(*one));
  }
  return out;
}

std::optional<std::string> text_of(const Node& node) {
  if (!node.is_scalar() || !node.quoted) return std::nullopt;
  return node.text;
}

Value array_of(const Node& list) {
  if (auto bools = all_as<bool>(list, [](const Node& n) { return n.as_bool(); });
      bools && !bools->empty())
    return Value::array(std::move(*bools));
  if (auto ints = all_as<std::int64_t>(list, [](const Node& n) { return n.as_integer(); });
      ints && !ints->empty())
    return Value::array(std::move(*ints));
  if (auto numbers = all_as<double>(list, [](const Node& n) { return n.as_number(); }))
    return Value::array(std::move(*numbers));
  if (auto texts = all_as<std::string>(list, text_of)) return Value::array(std::move(*texts));
  return Value::json(model::to_json(list));
}

Result<access::WriteItem> read_item(const Node& node, std::size_t number) {
  if (!node.is_mapping())
    return fail(ErrorCode::invalid_argument, "item {} must be an object with path and value",
                number);
  BodyFields fields(node);
  access::WriteItem item{fields.text("path"), {}};
  fields.allow("value");
  const Status read = fields.finish();
  if (!read) return fail(ErrorCode::invalid_argument, "item {}: {}", number, read.error().message);
  const Node* value = node.find("value");
  if (value == nullptr) return fail(ErrorCode::invalid_argument, "item {} has no 'value'", number);
  item.value = value_of(*value);
  return item;
}

}  // namespace

BodyFields::BodyFields(const Node& object) : object_(object) {
  if (!object.is_mapping()) fault_ = "the body must be a JSON object";
}

const Node* BodyFields::take(std::string_view name) {
  taken_.push_back(name);
  const Node* found = object_.find(name);
  return found == nullptr || found->is_null() ? nullptr : found;
}

void BodyFields::refuse(std::string_view name, std::string_view expected) {
  if (fault_.empty()) fault_ = fmt::format("'{}' must be {}", name, expected);
}

std::string BodyFields::text(std::string_view name) {
  auto found = optional_text(name);
  if (!found) refuse(name, "there, as a text");
  return found.value_or("");
}

std::optional<std::string> BodyFields::optional_text(std::string_view name) {
  const Node* found = take(name);
  if (found == nullptr) return std::nullopt;
  auto text = text_of(*found);
  if (!text) refuse(name, "a text");
  return text;
}

std::optional<bool> BodyFields::optional_bool(std::string_view name) {
  const Node* found = take(name);
  if (found == nullptr) return std::nullopt;
  const auto yes = found->as_bool();
  if (!yes) refuse(name, "true or false");
  return yes;
}

std::optional<double> BodyFields::optional_number(std::string_view name) {
  const Node* found = take(name);
  if (found == nullptr) return std::nullopt;
  const auto number = found->as_number();
  if (!number) refuse(name, "a number");
  return number;
}

std::optional<std::int64_t> BodyFields::optional_integer(std::string_view name) {
  const Node* found = take(name);
  if (found == nullptr) return std::nullopt;
  const auto number = found->as_integer();
  if (!number) refuse(name, "a whole number");
  return number;
}

std::optional<UtcTime> BodyFields::optional_time(std::string_view name) {
  const Node* found = take(name);
  if (found == nullptr) return std::nullopt;
  const auto text = text_of(*found);
  const auto time = base::parse_rfc3339(text.value_or(""));
  if (time) return *time;
  refuse(name, "a time like 2026-11-20T23:19:33Z, or null");
  return std::nullopt;
}

const Node* BodyFields::list(std::string_view name) {
  const Node* found = take(name);
  if (found != nullptr && found->is_sequence()) return found;
  refuse(name, "a list");
  return nullptr;
}

const Node* BodyFields::optional_list(std::string_view name) {
  return object_.find(name) == nullptr ? nullptr : list(name);
}

void BodyFields::allow(std::string_view name) {
  taken_.push_back(name);
}

Status BodyFields::finish() {
  if (object_.is_mapping() && fault_.empty())
    for (const auto& [key, value] : object_.entries)
      if (std::ranges::find(taken_, key) == taken_.end())
        fault_ = fmt::format("unknown member '{}'", key);
  if (!fault_.empty()) return fail(ErrorCode::invalid_argument, "{}", fault_);
  return {};
}

Value value_of(const Node& node) {
  if (node.is_null()) return {};
  if (node.is_mapping()) return Value::json(model::to_json(node));
  if (node.is_sequence()) return array_of(node);
  if (const auto yes = node.as_bool()) return Value::of(*yes);
  if (const auto integer = node.as_integer()) return Value::of(*integer);
  if (const auto number = node.as_number()) return Value::of(*number);
  return Value::string(node.text);
}

Result<WriteBody> read_write(BodyFields& fields) {
  WriteBody out;
  const double seconds = fields.optional_number("timeout").value_or(kDefaultTimeout);
  const Node* items = fields.list("items");
  if (const Status read = fields.finish(); !read) return std::unexpected(read.error());
  if (items->items.empty() || items->items.size() > kMaxItems)
    return fail(ErrorCode::invalid_argument, "'items' must hold 1 to {} items, not {}", kMaxItems,
                items->items.size());
  if (!(seconds >= 0.1 && seconds <= 60))
    return fail(ErrorCode::invalid_argument, "'timeout' must be 0.1 to 60 seconds");
  out.timeout = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
  for (const Node& node : items->items) {
    auto item = read_item(node, out.items.size() + 1);
    if (!item) return std::unexpected(std::move(item.error()));
    out.items.push_back(std::move(*item));
  }
  return out;
}

}  // namespace tagwerk::servers::http
