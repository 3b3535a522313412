#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "model/plant.hpp"
#include "store/audit_store.hpp"
#include "supervisor/connector_status.hpp"

namespace tagwerk::access {

/// All that is known about a tag's value when somebody asks why it is what it is.
struct Circumstances {
  const model::PlantTag& tag;
  const engine::CurrentValue& current;
  const supervisor::ConnectorStatus* connector = nullptr;  ///< null: not to be seen or not there
  std::string registers{};  ///< that carried it, in hex; empty = not known
  std::string raw{};        ///< what they mean, as JSON
  std::string exception{};  ///< the device's last refusal: "exception 2 (illegal data address)"
  const store::AuditEntry* last_write = nullptr;
};

/// Sentences for a person: where the value comes from, what was made of it, why it has its quality
/// and what to do about it, who wrote last. Pure.
std::vector<std::string> explain(const Circumstances& known);

/// "raw × 0.1 + 0, limited to 0 … 10"; empty for a tag without source or number.
std::string describe_scaling(const model::TagDefinition& tag);

}  // namespace tagwerk::access
