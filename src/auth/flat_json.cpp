#include "auth/flat_json.hpp"

#include <charconv>
#include <fmt/format.h>
#include <iterator>

namespace tagwerk::auth {
namespace {

constexpr std::size_t kMaxMembers = 16;

/// Takes one thing after the other off a text; each step says whether it was there.
class Scanner {
 public:
  explicit Scanner(std::string_view in) : in_(in) {}

  bool take(char c) {
    skip_blanks();
    if (in_.empty() || in_[0] != c) return false;
    in_.remove_prefix(1);
    return true;
  }
  bool done() {
    skip_blanks();
    return in_.empty();
  }
  bool scalar(FlatObject::Scalar& out) {
    skip_blanks();
    if (in_.empty()) return false;
    if (in_[0] == '"') return text(out.emplace<std::string>());
    if (word("true")) return out = true, true;
    if (word("false")) return out = false, true;
    if (word("null")) return out = nullptr, true;
    return number(out.emplace<std::int64_t>());
  }
  bool text(std::string& out) {
    if (!take('"')) return false;
    while (!in_.empty()) {
      const char c = in_[0];
      in_.remove_prefix(1);
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\')
        out += c;
      else if (!escape(out))
        return false;
    }
    return false;
  }

 private:
  void skip_blanks() {
    while (!in_.empty() && (in_[0] == ' ' || in_[0] == '\t' || in_[0] == '\r' || in_[0] == '\n'))
      in_.remove_prefix(1);
  }
  bool word(std::string_view expected) {
    if (!in_.starts_with(expected)) return false;
    in_.remove_prefix(expected.size());
    return true;
  }
  bool number(std::int64_t& out) {
    const auto digits = in_.substr(in_[0] == '-' ? 1 : 0);
    if (digits.size() > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9') return false;
    const auto [end, error] = std::from_chars(in_.data(), in_.data() + in_.size(), out);
    if (error != std::errc{}) return false;
    in_.remove_prefix(static_cast<std::size_t>(end - in_.data()));
    return in_.empty() || (in_[0] != '.' && in_[0] != 'e' && in_[0] != 'E');
  }
  bool escape(std::string& out) {
    if (in_.empty()) return false;
    const char c = in_[0];
    in_.remove_prefix(1);
    constexpr std::string_view kFrom = "\"\\/bfnrt";
    constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
    if (c == 'u') return code_point(out);
    const auto at = kFrom.find(c);
    if (at == std::string_view::npos) return false;
    out += kTo[at];
    return true;
  }
  bool hex4(std::uint32_t& out) {
    if (in_.size() < 4) return false;
    const auto [end, error] = std::from_chars(in_.data(), in_.data() + 4, out, 16);
    if (error != std::errc{} || end != in_.data() + 4) return false;
    in_.remove_prefix(4);
    return true;
  }
  bool code_point(std::string& out) {
    std::uint32_t point = 0;
    if (!hex4(point)) return false;
    if (point >= 0xd800 && point < 0xdc00) {
      std::uint32_t low = 0;
      if (!word("\\u") || !hex4(low) || low < 0xdc00 || low > 0xdfff) return false;
      point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
    } else if (point >= 0xdc00 && point <= 0xdfff) {
      return false;
    }
    append_utf8(out, point);
    return true;
  }
  static void append_utf8(std::string& out, std::uint32_t point) {
    const auto tail = [&](int shift) {
      out += static_cast<char>(0x80 | ((point >> shift) & 0x3f));
    };
    if (point < 0x80) {
      out += static_cast<char>(point);
    } else if (point < 0x800) {
      out += static_cast<char>(0xc0 | (point >> 6));
      tail(0);
    } else if (point < 0x10000) {
      out += static_cast<char>(0xe0 | (point >> 12));
      tail(6), tail(0);
    } else {
      out += static_cast<char>(0xf0 | (point >> 18));
      tail(12), tail(6), tail(0);
    }
  }

  std::string_view in_;
};

}  // namespace

std::optional<FlatObject> FlatObject::parse(std::string_view json) {
  Scanner in(json);
  FlatObject object;
  if (!in.take('{')) return std::nullopt;
  if (!in.take('}')) {
    do {
      std::pair<std::string, Scalar> member;
      if (object.members_.size() == kMaxMembers || !in.text(member.first) || !in.take(':') ||
          !in.scalar(member.second) || object.has(member.first))
        return std::nullopt;
      object.members_.push_back(std::move(member));
    } while (in.take(','));
    if (!in.take('}')) return std::nullopt;
  }
  if (!in.done()) return std::nullopt;
  return object;
}

const FlatObject::Scalar* FlatObject::find(std::string_view name) const {
  for (const auto& [key, value] : members_)
    if (key == name) return &value;
  return nullptr;
}

const std::string* FlatObject::text(std::string_view name) const {
  return std::get_if<std::string>(find(name));
}

const std::int64_t* FlatObject::number(std::string_view name) const {
  return std::get_if<std::int64_t>(find(name));
}

void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20)
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  out += '"';
}

}  // namespace tagwerk::auth
