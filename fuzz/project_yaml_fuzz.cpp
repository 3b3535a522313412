#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/catalogue_for_test.hpp"
#include "model/project_file.hpp"

/// Any bytes as a project file: check_project must answer. A project without faults must also come
/// back from its own YAML.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tagwerk::model;
  const FieldCatalogue catalogue;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto first = check_project({{"fuzz.yaml", text}}, {}, catalogue);
  if (!first.ok()) return 0;
  const auto second = check_project({{"again.yaml", to_yaml(first.project)}}, {}, catalogue);
  if (!second.ok() || !difference(first.project, second.project, true).empty()) std::abort();
  return 0;
}
