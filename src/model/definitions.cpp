#include "model/definitions.hpp"

namespace tagwerk::model {

Result<std::string> ConnectorCatalogue::connection_string(const ConnectorDefinition& connector,
                                                          const std::string&) const {
  return fail(ErrorCode::invalid_argument,
              "connector '{}' of type {} has no connection string; export its settings instead",
              connector.name, connector.type);
}

}  // namespace tagwerk::model
