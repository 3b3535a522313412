#include "engine/table_sink.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/prefetch.hpp"

namespace tagwerk::engine {
namespace {

static_assert(model::kDefaultSize == table::kDefaultAreaBytes);

constexpr Quality kBadEncodingLimitsExceeded{0x80080000};

}  // namespace

void TableSink::on_plant(const std::shared_ptr<const model::Plant>& plant) {
  std::vector<table::TagSpec> specs;
  specs.reserve(plant->tags().size());
  for (const model::PlantTag& tag : plant->tags())
    specs.push_back(
        {tag.definition.path, tag.id, tag.slot, tag.definition.type, tag.definition.size});
  const Status defined = writer_.define_all(specs);
  tell(plant_failure_, defined ? "" : defined.error().message);
}

void TableSink::heartbeat(UtcTime now) {
  writer_.heartbeat(now);
  tell(sysv_failure_, writer_.sysv_status() ? "" : writer_.sysv_status().error().message);
}

void TableSink::tell(std::string& known, std::string now) {
  if (known == now) return;
  if (now.empty())
    base::logger("table")->info("good again; it was: {}", known);
  else
    base::logger("table")->error("{}", now);
  known = std::move(now);
  const bool both = !plant_failure_.empty() && !sysv_failure_.empty();
  failure_.store(
      std::make_shared<std::string>(plant_failure_ + (both ? "; " : "") + sysv_failure_));
}

void TableSink::on_changes(std::span<const Change> changes) {
  writer_.begin(changes.front().server_time);
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (const std::size_t next = i + base::kPrefetchAhead; next < changes.size())
      writer_.prefetch(changes[next].sample.slot);
    const auto& [sample, server_time, tag, flags] = changes[i];
    if ((flags & Change::kLate) != 0) continue;
    const auto outcome =
        writer_.publish_now(sample.slot, sample.value, sample.quality, sample.time, server_time);
    // Null with the reason, not the old value as if it were still so.
    if (outcome == table::Outcome::too_large) [[unlikely]]
      writer_.publish_now(sample.slot, {}, kBadEncodingLimitsExceeded, sample.time, server_time);
  }
  writer_.commit();
}

Engine::Restore restore_from(const table::Reader& reader) {
  auto known = std::make_shared<std::vector<table::TagRecord>>(reader.tags());
  std::ranges::sort(*known, {}, &table::TagRecord::id);
  return [reader, known](const model::PlantTag& tag) -> std::optional<CurrentValue> {
    const auto found = std::ranges::lower_bound(*known, tag.id, {}, &table::TagRecord::id);
    // Another configuration may have given the id to another path.
    if (found == known->end() || found->id != tag.id || found->path != tag.definition.path)
      return std::nullopt;
    table::TableValue value = reader.read(found->slot);
    if (value.value.type() != tag.definition.type) return std::nullopt;
    return CurrentValue{std::move(value.value), value.quality, value.source_time,
                        value.server_time};
  };
}

}  // namespace tagwerk::engine
