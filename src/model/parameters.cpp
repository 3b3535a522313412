#include "model/parameters.hpp"

#include <charconv>
#include <vector>

#include "base/text.hpp"
#include "model/nearest_name.hpp"

namespace tagwerk::model {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

std::unexpected<Error> unknown(std::string_view name, const Parameters& parameters) {
  std::vector<std::string_view> names;
  for (const auto& entry : parameters)
    names.push_back(entry.first);
  return fail(ErrorCode::invalid_argument, "unknown parameter '{}'{}", name,
              names.empty() ? "; the type declares none" : suggestion(name, names));
}

/// Recursive descent over + - * ( ) with 64-bit integers.
class Expression {
 public:
  Expression(std::string_view text, const Parameters& parameters)
      : text_(text), rest_(text), parameters_(parameters) {}

  Result<std::int64_t> evaluate() {
    std::int64_t value = 0;
    if (auto status = sum(value, 0); !status) return std::unexpected(status.error());
    skip_blanks();
    if (!rest_.empty()) return syntax();
    return value;
  }

 private:
  static constexpr int kMaxDepth = 32;

  std::unexpected<Error> syntax() const {
    return fail(ErrorCode::invalid_argument,
                "cannot read '{{{}}}'; use a parameter or + - * and parentheses over int "
                "parameters, {{{{ and }}}} for braces",
                text_.substr(0, 60));
  }
  std::unexpected<Error> overflow() const {
    return fail(ErrorCode::invalid_argument, "'{{{}}}' exceeds 64 bits", text_.substr(0, 60));
  }
  void skip_blanks() {
    while (rest_.starts_with(' '))
      rest_.remove_prefix(1);
  }
  bool take(char c) {
    skip_blanks();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  Status sum(std::int64_t& out, int depth) {
    if (depth > kMaxDepth) return syntax();
    if (auto status = product(out, depth); !status) return status;
    while (true) {
      const bool plus = take('+');
      if (!plus && !take('-')) return {};
      std::int64_t right = 0;
      if (auto status = product(right, depth); !status) return status;
      const bool lost = plus ? __builtin_add_overflow(out, right, &out)
                             : __builtin_sub_overflow(out, right, &out);
      if (lost) return overflow();
    }
  }
  Status product(std::int64_t& out, int depth) {
    if (auto status = factor(out, depth); !status) return status;
    while (take('*')) {
      std::int64_t right = 0;
      if (auto status = factor(right, depth); !status) return status;
      if (__builtin_mul_overflow(out, right, &out)) return overflow();
    }
    return {};
  }
  Status factor(std::int64_t& out, int depth) {
    if (depth > kMaxDepth) return syntax();
    if (take('-')) {
      if (auto status = factor(out, depth + 1); !status) return status;
      if (__builtin_sub_overflow(0, out, &out)) return overflow();
      return {};
    }
    if (take('(')) {
      if (auto status = sum(out, depth + 1); !status) return status;
      if (!take(')')) return syntax();
      return {};
    }
    skip_blanks();
    if (rest_.empty()) return syntax();
    if (is_digit(rest_[0])) return literal(out);
    return is_name_start(rest_[0]) ? name(out) : syntax();
  }
  Status literal(std::int64_t& out) {
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), out);
    if (error != std::errc{}) return overflow();
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return {};
  }
  Status name(std::int64_t& out) {
    std::size_t size = 1;
    while (size < rest_.size() && (is_name_start(rest_[size]) || is_digit(rest_[size])))
      ++size;
    const std::string_view found = rest_.substr(0, size);
    const auto at = parameters_.find(found);
    if (at == parameters_.end()) return unknown(found, parameters_);
    if (at->second.type != Type::integer)
      return fail(
          ErrorCode::invalid_argument,
          "'{{{}}}' calculates with '{}', which is a {}; only int parameters can be used so",
          text_.substr(0, 60), found, to_string(at->second.type));
    out = at->second.integer;
    rest_.remove_prefix(size);
    return {};
  }

  std::string_view text_;
  std::string_view rest_;
  const Parameters& parameters_;
};

/// Appends the value of what stands between two braces.
Result<Type> append_value(std::string& out, std::string_view inner, const Parameters& parameters) {
  const auto name = base::trimmed(inner);
  if (is_parameter_name(name)) {
    const auto at = parameters.find(name);
    if (at == parameters.end()) return unknown(name, parameters);
    out += at->second.text;
    return at->second.type;
  }
  const auto value = Expression(inner, parameters).evaluate();
  if (!value) return std::unexpected(value.error());
  out += std::to_string(*value);
  return Type::integer;
}

struct Filled {
  std::string text;
  Type type = Type::string;  ///< of the one expression the text consists of
};

Result<Filled> fill_text(std::string_view text, const Parameters& parameters) {
  Filled out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t brace = std::min(text.find_first_of("{}", at), text.size());
    out.text += text.substr(at, brace - at);
    if (brace == text.size()) break;
    if (brace + 1 < text.size() && text[brace + 1] == text[brace]) {
      out.text += text[brace];
      at = brace + 2;
      continue;
    }
    const std::size_t close = text.find('}', brace);
    if (text[brace] == '}' || close == std::string_view::npos)
      return fail(ErrorCode::invalid_argument,
                  "'{}' has a brace without its partner; write {{{{ or }}}} for the brace itself",
                  text.substr(0, 60));
    const auto type = append_value(out.text, text.substr(brace + 1, close - brace - 1), parameters);
    if (!type) return std::unexpected(type.error());
    const bool whole = brace == 0 && close + 1 == text.size();
    out.type = whole ? *type : Type::string;
    at = close + 1;
  }
  return out;
}

Result<Parameter> read_parameter(const std::string& name, Type type, const Node& value) {
  Parameter out{.type = type, .text = value.text};
  const auto integer = value.as_integer();
  const bool good =
      value.is_scalar() &&
      ((type == Type::string) || (type == Type::integer && integer) ||
       (type == Type::floating && value.as_number()) || (type == Type::boolean && value.as_bool()));
  if (!good)
    return fail(ErrorCode::invalid_argument, "parameter '{}' must be {} {}, not {}", name,
                type == Type::integer ? "an" : "a", to_string(type),
                value.is_scalar() ? "'" + value.text.substr(0, 60) + "'" : "a mapping or list");
  out.integer = integer.value_or(0);
  return out;
}

}  // namespace

bool is_parameter_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || !is_name_start(name[0])) return false;
  for (const char c : name)
    if (!is_name_start(c) && !is_digit(c)) return false;
  return true;
}

Parameters sample_parameters(const std::map<std::string, Type>& declared) {
  Parameters out;
  for (const auto& [name, type] : declared)
    out.emplace(name, Parameter{.type = type, .text = "1", .integer = 1});
  return out;
}

Result<Parameters> read_parameters(const std::map<std::string, Type>& declared, const Node& with) {
  Parameters out;
  std::vector<std::string_view> names;
  for (const auto& [name, type] : declared) {
    names.push_back(name);
    const Node* value = with.find(name);
    if (value == nullptr || value->is_null())
      return fail(ErrorCode::invalid_argument, "parameter '{}' ({}) is missing; add it to 'with'",
                  name, to_string(type));
    auto parameter = read_parameter(name, type, *value);
    if (!parameter) return std::unexpected(parameter.error());
    out.emplace(name, std::move(*parameter));
  }
  for (const auto& entry : with.entries)
    if (!declared.contains(entry.first)) return unknown(entry.first, out);
  return out;
}

Result<std::string> fill(std::string_view text, const Parameters& parameters) {
  auto filled = fill_text(text, parameters);
  if (!filled) return std::unexpected(filled.error());
  return std::move(filled->text);
}

Status fill(Node& node, const Parameters& parameters) {
  if (node.is_scalar()) {
    if (node.text.find_first_of("{}") == std::string::npos) return {};
    auto filled = fill_text(node.text, parameters);
    if (!filled) return std::unexpected(filled.error());
    node.text = std::move(filled->text);
    node.quoted = filled->type == Type::string;
    return {};
  }
  for (auto& entry : node.entries)
    if (auto status = fill(entry.second, parameters); !status) return status;
  for (Node& item : node.items)
    if (auto status = fill(item, parameters); !status) return status;
  return {};
}

}  // namespace tagwerk::model
