#pragma once

#include <string>

#include "base/published.hpp"
#include "engine/change.hpp"
#include "engine/engine.hpp"
#include "table/writer.hpp"

namespace tagwerk::engine {

/// Keeps the shared-memory table equal to what the engine shows. Register it first: whoever hears
/// of a change after it finds it in the table. Threads: the engine's
class TableSink : public ChangeSink {
 public:
  explicit TableSink(table::Writer& writer) : writer_(writer) {}

  void on_plant(const std::shared_ptr<const model::Plant>& plant) override;
  void on_changes(std::span<const Change> changes) override;
  /// Tells readers that the writer lives; call it at least once a second.
  void heartbeat(UtcTime now) { writer_.heartbeat(now); }

  /// What went wrong with the last plant: "" or a sentence (too many tags, shared memory full).
  /// Threads: any
  std::string failure() const { return *failure_.load(); }

 private:
  table::Writer& writer_;
  base::Published<std::string> failure_{std::make_shared<const std::string>()};
};

/// What the table of a former server still shows of a tag: by path, when the type is the same.
/// Threads: any, before the engine runs
Engine::Restore restore_from(const table::Reader& reader);

}  // namespace tagwerk::engine
