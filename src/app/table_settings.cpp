#include "app/table_settings.hpp"

#include <array>
#include <charconv>
#include <grp.h>
#include <vector>

#include "base/assert.hpp"

namespace tagwerk::app {
namespace {

using model::Node;

/// Only the server writes, so nobody else may be allowed to.
Result<std::uint32_t> parse_mode(std::string_view text) {
  std::uint32_t mode = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  const bool whole = fault == std::errc{} && end == text.data() + text.size();
  for (const std::uint32_t allowed : {0600U, 0640U, 0644U})
    if (whole && mode == allowed) return mode;
  return fail(ErrorCode::invalid_argument,
              "'mode' is {}; use 0600 (only the server's user), 0640 (and its group) or 0644 "
              "(everybody may read)",
              text.substr(0, 80));
}

/// A name or a number.
Result<std::int32_t> find_group(const std::string& text) {
  std::int32_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault == std::errc{} && end == text.data() + text.size() && number >= 0) return number;
  std::vector<char> buffer(16'384);
  struct group entry{};
  struct group* found = nullptr;
  if (::getgrnam_r(text.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr)
    return fail(ErrorCode::not_found,
                "'group': this machine has no group '{}'; see /etc/group, or give its number",
                text.substr(0, 80));
  return static_cast<std::int32_t>(found->gr_gid);
}

Result<std::uint32_t> parse_slots(std::string_view text) {
  std::uint32_t slots = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), slots);
  if (fault != std::errc{} || end != text.data() + text.size() || slots == 0 ||
      slots > table::kMaxSlots)
    return fail(ErrorCode::invalid_argument, "'slots' is {}; use 1 to {}", text.substr(0, 80),
                table::kMaxSlots);
  return slots;
}

/// Stores what was parsed; hands on what was not.
template <class T>
Status keep(Result<T> parsed, T& into) {
  if (!parsed) return std::unexpected(parsed.error());
  into = *parsed;
  return {};
}

}  // namespace

Status read_table_setting(std::string_view key, const Node& value, table::WriterOptions& options) {
  if (!value.is_scalar()) return fail(ErrorCode::invalid_argument, "'{}' takes one value", key);
  if (key == "sysv_key") return keep(table::parse_sysv_key(value.text), options.sysv_key);
  if (key == "mode") return keep(parse_mode(value.text), options.mode);
  if (key == "group") return keep(find_group(value.text), options.group);
  TAGWERK_ASSERT(key == "slots");
  return keep(parse_slots(value.text), options.slot_capacity);
}

}  // namespace tagwerk::app
