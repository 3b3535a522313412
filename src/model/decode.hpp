#pragma once

#include <cstddef>
#include <string_view>

#include "model/definitions.hpp"
#include "model/faults.hpp"

namespace tagwerk::model {

/// The decoders behind project_file.hpp, with every fault instead of the first. Internal to model.

/// Bytes of any `description`.
inline constexpr std::size_t kMaxDescription = 4000;

struct TagForm {
  bool templated = false;  ///< body of a type: texts may hold `{parameter}`
  bool partial = false;    ///< an override: nothing is required
};

/// `path` is taken as it is. What is returned is only good when no fault was added.
TagDefinition decode_tag(std::string_view path, const Node& body, Faults& faults,
                         TagForm form = {});
/// What is allowed and most likely not meant: key and sentence.
std::vector<std::pair<std::string_view, std::string_view>> tag_warnings(const TagDefinition& tag);
ObjectDefinition decode_object(std::string_view path, const Node& body, Faults& faults);
ConnectorDefinition decode_connector(std::string_view name, const Node& body, Faults& faults);
TypeDefinition decode_type(std::string_view name, const Node& body, Faults& faults);

}  // namespace tagwerk::model
