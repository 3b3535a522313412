#include "model/connection_string.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "base/time.hpp"

namespace tagwerk::model {
namespace {

constexpr std::size_t kMaxKeys = 64;
constexpr std::string_view kBlanks = " \t\r\n";

/// Walks through the text; positions in messages count from 1.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool at_end() {
    at_ = std::min(text_.find_first_not_of(kBlanks, at_), text_.size());
    return at_ == text_.size();
  }
  /// A `;` on its own is nothing.
  bool skip_semicolon() {
    if (text_[at_] != ';') return false;
    ++at_;
    return true;
  }
  /// Up to the `=`.
  Result<std::string> key() {
    const std::size_t end = text_.find_first_of("=;", at_);
    if (end == std::string_view::npos || text_[end] == ';')
      return fail(ErrorCode::invalid_argument,
                  "'{}' at character {} of the connection string has no value; write key=value",
                  base::trimmed(text_.substr(at_, std::min(end, text_.size()) - at_), kBlanks)
                      .substr(0, 60),
                  at_ + 1);
    const std::string_view name = base::trimmed(text_.substr(at_, end - at_), kBlanks);
    if (name.empty())
      return fail(ErrorCode::invalid_argument,
                  "there is no key before '=' at character {} of the connection string", end + 1);
    at_ = end + 1;
    return base::lower(name);
  }
  Result<std::string> value() {
    if (at_end()) return std::string();
    const char quote = text_[at_];
    if (quote == '"' || quote == '\'') return quoted(quote);
    const std::size_t end = std::min(text_.find(';', at_), text_.size());
    const std::string_view plain = base::trimmed(text_.substr(at_, end - at_), kBlanks);
    at_ = end;
    return std::string(plain);
  }

 private:
  Result<std::string> quoted(char quote) {
    const std::size_t start = at_++;
    std::string out;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] != quote) {
        out.push_back(text_[at_]);
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == quote) {
        out.push_back(quote);
        ++at_;
      } else {
        ++at_;
        return ended(std::move(out));
      }
    }
    return fail(ErrorCode::invalid_argument,
                "the quote at character {} of the connection string does not end", start + 1);
  }
  /// Behind a quoted value comes `;` or nothing.
  Result<std::string> ended(std::string value) {
    if (at_end() || text_[at_] == ';') return value;
    return fail(ErrorCode::invalid_argument,
                "'{}' stands behind a quote at character {} of the connection string; put ';' "
                "between",
                text_.substr(at_, 20), at_ + 1);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

Status take(ConnectionString& out, std::string key, std::string value) {
  if (out.find(key) != nullptr || (key == "connector" && !out.connector.empty()))
    return fail(ErrorCode::invalid_argument, "the connection string has '{}' twice", key);
  if (key == "connector")
    out.connector = base::lower(value);
  else if (out.entries.size() == kMaxKeys)
    return fail(ErrorCode::invalid_argument, "the connection string has more than {} keys",
                kMaxKeys);
  else
    out.entries.emplace_back(std::move(key), std::move(value));
  return {};
}

bool needs_quotes(std::string_view value) {
  return value.empty() || base::trimmed(value, kBlanks).size() != value.size() ||
         value.find_first_of(";'\"") != std::string_view::npos;
}

void append_value(std::string& out, std::string_view value) {
  if (!needs_quotes(value)) {
    out += value;
    return;
  }
  out.push_back('"');
  for (const char c : value)
    out.append(c == '"' ? 2 : 1, c);
  out.push_back('"');
}

}  // namespace

const std::string* ConnectionString::find(std::string_view key) const {
  const auto found = std::ranges::find(entries, key, &std::pair<std::string, std::string>::first);
  return found == entries.end() ? nullptr : &found->second;
}

Result<ConnectionString> parse_connection_string(std::string_view text) {
  ConnectionString out;
  Reader reader(text);
  while (!reader.at_end()) {
    if (reader.skip_semicolon()) continue;
    auto key = reader.key();
    if (!key) return std::unexpected(key.error());
    auto value = reader.value();
    if (!value) return std::unexpected(value.error());
    if (auto taken = take(out, std::move(*key), std::move(*value)); !taken)
      return std::unexpected(taken.error());
  }
  if (out.connector.empty())
    return fail(ErrorCode::invalid_argument,
                "the connection string names no connector; begin it with connector=modbus;");
  return out;
}

std::string to_string(const ConnectionString& connection) {
  std::string out = "connector=";
  append_value(out, connection.connector);
  for (const auto& [key, value] : connection.entries) {
    out += fmt::format("; {}=", key);
    append_value(out, value);
  }
  return out;
}

Result<bool> connection_flag(std::string_view key, std::string_view text) {
  static constexpr std::array<std::string_view, 4> kYes{"true", "yes", "on", "1"};
  static constexpr std::array<std::string_view, 4> kNo{"false", "no", "off", "0"};
  const std::string word = base::lower(text);
  if (std::ranges::find(kYes, word) != kYes.end()) return true;
  if (std::ranges::find(kNo, word) != kNo.end()) return false;
  return fail(ErrorCode::invalid_argument, "'{}' must be true or false, not '{}'", key,
              text.substr(0, 60));
}

Result<Duration> connection_duration(std::string_view key, std::string_view text) {
  const bool number = !text.empty() && text.find_first_not_of("0123456789.") == text.npos;
  const auto duration = base::parse_duration(number ? std::string(text) + "s" : std::string(text));
  if (duration && *duration > Duration::zero()) return *duration;
  return fail(ErrorCode::invalid_argument,
              "'{}' must be seconds like 5 or 0.5, or a duration like 500ms, not '{}'", key,
              text.substr(0, 60));
}

}  // namespace tagwerk::model
