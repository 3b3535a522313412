#include "console/value_lines.hpp"

#include "console/answer.hpp"
#include "net/url.hpp"

namespace tagwerk::console {

std::vector<std::string> value_cells(const model::Node& item, const std::string& unit) {
  std::string value = plain(item.find("value"));
  if (!unit.empty()) value += " " + unit;
  return {text_of(item, "path"), std::move(value), text_of(item, "status"), text_of(item, "time")};
}

std::string query_of_paths(const std::vector<std::string>& paths) {
  std::string out;
  for (const std::string& path : paths)
    out += (out.empty() ? "path=" : "&path=") + net::percent_encode(path);
  return out;
}

}  // namespace tagwerk::console
