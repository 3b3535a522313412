#pragma once

#include <cstdint>
#include <vector>

#include "connectors/modbus/group_plan.hpp"
#include "connectors/modbus/settings.hpp"

namespace tagwerk::connectors::modbus {

/// A binding of a scan group that can be read.
struct Point {
  std::uint32_t handle = 0;
  Place place;
};

/// The points of a scan group and how they are read; ReadItem::handle is an index of points.
struct PointGroup {
  std::vector<Point> points;
  GroupPlan plan;

  PointGroup() = default;
  PointGroup(std::vector<Point> all, const protocol::modbus::ReadLimits& limits);
};

}  // namespace tagwerk::connectors::modbus
