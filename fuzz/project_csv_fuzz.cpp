#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/any_catalogue_for_test.hpp"
#include "model/project_csv.hpp"
#include "model/project_file.hpp"

/// Any bytes as a table of tags: check_project must answer. Tags without faults must also come back
/// from a table of their own, in every form.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tagwerk::model;
  const AnyCatalogue catalogue;
  Project base;
  base.connectors["c"] = {.name = "c", .type = "test"};
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto first = check_project({{"fuzz.csv", text}}, base, catalogue);
  if (!first.ok()) return 0;
  for (const CsvForm form : {CsvForm{}, CsvForm::semicolon()}) {
    const std::string again = tags_to_csv(first.project, "/", form);
    const auto second = check_project({{"again.csv", again}}, base, catalogue);
    if (!second.ok() || second.project.tags != first.project.tags) std::abort();
  }
  return 0;
}
