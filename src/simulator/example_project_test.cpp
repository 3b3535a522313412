#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

#include "base/time.hpp"
#include "model/plant.hpp"
#include "model/project_file.hpp"
#include "protocol/modbus/place.hpp"
#include "simulator/pump_station_unit.hpp"

// examples/pump-station/project.yaml against the points the simulator serves.

namespace tagwerk::simulator {
namespace {

namespace modbus = protocol::modbus;

/// Knows what the example needs of the Modbus connector: its addresses and types.
class ModbusCatalogue final : public model::ConnectorCatalogue {
 public:
  std::vector<std::string> types() const override { return {"modbus"}; }
  std::vector<Error> check_settings(const model::ConnectorDefinition&,
                                    const std::string&) const override {
    return {};
  }
  Status check_source(const model::ConnectorDefinition&,
                      const model::TagDefinition& tag) const override {
    const auto place =
        modbus::parse_place({tag.source->address, tag.source->dtype, tag.source->order, tag.type});
    return place ? Status{} : std::unexpected(place.error());
  }
  Duration default_period(const model::ConnectorDefinition&,
                          const model::SourceDefinition&) const override {
    return std::chrono::milliseconds(500);
  }
};

model::Project example() {
  std::ifstream in(std::string(TAGWERK_SOURCE_DIR) + "/examples/pump-station/project.yaml");
  std::ostringstream text;
  text << in.rdbuf();
  auto check = model::check_project({{"project.yaml", text.str()}}, {}, ModbusCatalogue{});
  for (const auto& error : check.errors)
    ADD_FAILURE() << error.to_string();
  for (const auto& warning : check.warnings)
    ADD_FAILURE() << warning.to_string();
  return check.project;
}

std::shared_ptr<const model::Plant> plant() {
  const auto project = example();
  model::Plant::TagIds ids;
  for (const auto& path : model::tag_paths(project))
    ids.emplace(path, ids.size() + 1);
  auto made = model::Plant::make(project, ModbusCatalogue{}, ids, 1, nullptr);
  if (!made) ADD_FAILURE() << made.error().to_string();
  return made.value_or(nullptr);
}

const Point* point_of(const model::TagDefinition& tag) {
  const auto points = pump_station_points();
  const auto address = modbus::parse_address(tag.source->address);
  const auto found = std::ranges::find(points, *address, &Point::address);
  return found == points.end() ? nullptr : &*found;
}

TEST(ExampleProject, EveryTagIsAPointOfThePumpStation) {
  const auto all = plant();
  ASSERT_NE(all, nullptr);
  EXPECT_EQ(all->tags().size(), 60U);
  for (const model::PlantTag& each : all->tags()) {
    const model::TagDefinition& tag = each.definition;
    const auto* point = point_of(tag);
    ASSERT_NE(point, nullptr) << tag.path << ' ' << tag.source->address;
    EXPECT_TRUE(tag.path.ends_with("/" + point->name)) << tag.path << ' ' << point->name;
    EXPECT_EQ(tag.source->dtype.empty() ? "bool" : tag.source->dtype, to_string(point->type))
        << tag.path;
    EXPECT_EQ(tag.write.empty(), point->set == nullptr) << tag.path;
    const bool scaled = tag.source->scale != 1;
    EXPECT_TRUE(scaled || tag.unit == point->unit) << tag.path;
  }
}

TEST(ExampleProject, EveryValueLiesInItsRangeAndHasAState) {
  const auto all = plant();
  ASSERT_NE(all, nullptr);
  PumpStation station(1);
  for (int minute = 0; minute < 60; ++minute) {
    station.step(std::chrono::minutes(1));
    for (const auto& entry : all->tags()) {
      const auto& tag = entry.definition;
      const auto* point = point_of(tag);
      const double value = point->get(station, point->pump) * tag.source->scale;
      const auto range = tag.range.value_or(model::Range{value, value});
      EXPECT_TRUE(value >= range.low && value <= range.high) << tag.path << ' ' << value;
      const bool named = tag.states.empty() || tag.states.contains(static_cast<int>(value));
      EXPECT_TRUE(named) << tag.path << ' ' << value;
    }
  }
}

}  // namespace
}  // namespace tagwerk::simulator
