#pragma once

#include "model/definitions.hpp"
#include "model/nearest_name.hpp"

namespace tagwerk::model {

/// A small connector world for the tests of model: one type "field" with a host, addresses HR:n.
class FieldCatalogue final : public ConnectorCatalogue {
 public:
  std::vector<std::string> types() const override { return {"field"}; }
  std::vector<Error> check_settings(const ConnectorDefinition& connector,
                                    const std::string& file) const override {
    std::vector<Error> out;
    for (const auto& [key, value] : connector.settings.entries)
      if (key != "host" && key != "period")
        out.push_back(Error{ErrorCode::invalid_argument, "unknown key '" + key + "'",
                            base::SourceLocation{file, value.line, value.column}});
    return out;
  }
  Status check_source(const ConnectorDefinition&, const TagDefinition& tag) const override {
    if (tag.source->address.starts_with("HR:")) return {};
    return fail(ErrorCode::invalid_argument, "address '{}' is none of 'field'; write it like HR:0",
                tag.source->address);
  }
  Duration default_period(const ConnectorDefinition& connector,
                          const SourceDefinition&) const override {
    const Node* period = connector.settings.find("period");
    return period == nullptr ? std::chrono::seconds(1) : *base::parse_duration(period->text);
  }
};

}  // namespace tagwerk::model
