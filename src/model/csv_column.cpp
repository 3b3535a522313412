#include "model/csv_column.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>

#include "base/text.hpp"

namespace tagwerk::model {
namespace {

struct Word {
  std::string_view written;
  std::string_view means;
};

/// As spreadsheets and older programs write them.
constexpr std::array kBooleans{
    Word{"true", "true"},  Word{"1", "true"},      Word{"yes", "true"},     Word{"wahr", "true"},
    Word{"ja", "true"},    Word{"ИСТИНА", "true"}, Word{"да", "true"},      Word{"false", "false"},
    Word{"0", "false"},    Word{"no", "false"},    Word{"falsch", "false"}, Word{"nein", "false"},
    Word{"ЛОЖЬ", "false"}, Word{"нет", "false"}};
constexpr std::array kTypeWords{Word{"boolean", "bool"}, Word{"integer", "int"},
                                Word{"long", "int"},     Word{"real", "float"},
                                Word{"double", "float"}, Word{"number", "float"},
                                Word{"str", "string"},   Word{"text", "string"}};

std::optional<std::string_view> meaning(std::span<const Word> words, std::string_view written) {
  const std::string small = base::lower(written);
  for (const Word& word : words)
    if (word.written == small || word.written == written) return word.means;
  return std::nullopt;
}

/// "0.5", "0,5", "+5", ".5"; no thousands separators.
std::optional<double> read_number(std::string_view text) {
  std::string plain(text);
  if (const auto comma = plain.find(','); comma != std::string::npos) {
    if (plain.find('.') != std::string::npos) return std::nullopt;
    plain[comma] = '.';
  }
  std::string_view digits = plain;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  if (!std::isfinite(value) || digits.starts_with('+')) return std::nullopt;
  return value;
}

/// 0=Off|1=Auto, with \ before | \ and before a blank at either end of a name.
std::string states_text(const Node& states) {
  std::string out;
  for (const auto& [number, name] : states.entries) {
    out += fmt::format("{}{}=", out.empty() ? "" : "|", number);
    for (std::size_t i = 0; i < name.text.size(); ++i) {
      const char c = name.text[i];
      const bool end = i == 0 || i + 1 == name.text.size();
      if (c == '|' || c == '\\' || (c == ' ' && end)) out += '\\';
      out += c;
    }
  }
  return out;
}

/// The next name up to '|', unescaped; blanks around it do not count.
std::string take_name(std::string_view& rest) {
  std::string out;
  std::size_t keep = 0;  // up to here blanks are meant
  std::size_t at = 0;
  for (; at < rest.size() && rest[at] != '|'; ++at) {
    if (rest[at] == ' ' && out.empty()) continue;
    const bool escaped = rest[at] == '\\' && at + 1 < rest.size();
    if (escaped) ++at;
    out += rest[at];
    if (escaped || rest[at] != ' ') keep = out.size();
  }
  out.resize(keep);
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return out;
}

std::optional<Node> read_states(std::string_view text) {
  Node out = Node::mapping();
  while (!text.empty()) {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string number(base::trimmed(text.substr(0, equals)));
    text.remove_prefix(equals + 1);
    if (out.find(number) != nullptr) return std::nullopt;
    out.entries.emplace_back(number, Node::text_of(take_name(text)));
  }
  return out;
}

}  // namespace

std::optional<Node> read_cell_value(CellForm form, const std::string& text) {
  switch (form) {
    case CellForm::number:
      if (const auto number = read_number(text)) return Node::number(*number);
      return std::nullopt;
    case CellForm::boolean:
      if (const auto word = meaning(kBooleans, text)) return Node::scalar(*word);
      return std::nullopt;
    case CellForm::states:
      return read_states(text);
    case CellForm::type:
      return Node::text_of(meaning(kTypeWords, text).value_or(base::lower(text)));
    case CellForm::integer:
      return Node::scalar(text);
    case CellForm::text:
    case CellForm::later:
      break;
  }
  return Node::text_of(text);
}

std::string_view cell_example(CellForm form) {
  if (form == CellForm::number) return "a number such as 4, 0.5 or 0,5";
  if (form == CellForm::boolean) return "true or false";
  return "states such as 0=Off|1=Auto, each number once";
}

bool says_no(std::string_view text) {
  return meaning(kBooleans, text) == "false";
}

std::string write_cell_value(CellForm form, const Node& value, bool decimal_comma) {
  if (form == CellForm::states) return states_text(value);
  std::string text = value.text;
  if (form == CellForm::number && decimal_comma) std::ranges::replace(text, '.', ',');
  return text;
}

}  // namespace tagwerk::model
