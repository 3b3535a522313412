#pragma once

#include "model/definitions.hpp"

namespace tagwerk::model {

/// Connectors of the types "test" and "other" that accept every setting and every address.
class AnyCatalogue final : public ConnectorCatalogue {
 public:
  explicit AnyCatalogue(Duration period = std::chrono::seconds(1)) : period_(period) {}

  std::vector<std::string> types() const override { return {"test", "other"}; }
  std::vector<Error> check_settings(const ConnectorDefinition&, const std::string&) const override {
    return {};
  }
  Status check_source(const ConnectorDefinition&, const TagDefinition&) const override {
    return {};
  }
  Duration default_period(const ConnectorDefinition&, const SourceDefinition&) const override {
    return period_;
  }

 private:
  const Duration period_;
};

}  // namespace tagwerk::model
