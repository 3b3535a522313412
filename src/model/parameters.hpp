#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "model/document.hpp"
#include "model/value.hpp"

namespace tagwerk::model {

/// The value of one parameter of a type.
struct Parameter {
  Type type = Type::string;  ///< boolean, integer, floating or string
  std::string text;          ///< as it goes into a text
  std::int64_t integer = 0;
};
using Parameters = std::map<std::string, Parameter, std::less<>>;

/// Some value for each parameter, to check texts before there is an instance.
Parameters sample_parameters(const std::map<std::string, Type>& declared);

/// The values an object gives for the declared parameters.
/// Fails: invalid_argument at the first one that is unknown, missing or of another type
Result<Parameters> read_parameters(const std::map<std::string, Type>& declared, const Node& with);

/// Replaces `{name}` and, for int parameters, `{base + 2}`, `{2 * (base - 1)}` in a text; `{{` and
/// `}}` stand for the braces themselves.
/// Fails: invalid_argument, naming the expression: unknown parameter, syntax, overflow
Result<std::string> fill(std::string_view text, const Parameters& parameters);

/// The same in every scalar of a tree. A scalar that is one expression and nothing else takes the
/// parameter's type, so that `scale: "{factor}"` is a number.
Status fill(Node& node, const Parameters& parameters);

/// A letter or '_', then letters, digits, '_'.
bool is_parameter_name(std::string_view name);

}  // namespace tagwerk::model
