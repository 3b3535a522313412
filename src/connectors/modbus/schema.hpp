#pragma once

#include "model/definitions.hpp"

namespace tagwerk::connectors::modbus {

/// What the model cannot know about connectors of type modbus: their keys, addresses and periods.
/// Threads: any
class Schema final : public model::ConnectorCatalogue {
 public:
  std::vector<std::string> types() const override { return {"modbus"}; }
  std::vector<Error> check_settings(const model::ConnectorDefinition& connector,
                                    const std::string& file) const override;
  Status check_source(const model::ConnectorDefinition& connector,
                      const model::TagDefinition& tag) const override;
  Duration default_period(const model::ConnectorDefinition& connector,
                          const model::SourceDefinition& source) const override;
  Result<std::string> connection_string(const model::ConnectorDefinition& connector,
                                        const std::string& device) const override;
};

}  // namespace tagwerk::connectors::modbus
