#include "simulator/pump_station_unit.hpp"

#include <algorithm>
#include <cmath>

#include "base/assert.hpp"

namespace tagwerk::simulator {
namespace {

using protocol::modbus::Layout;

constexpr std::size_t kAreaSize = 32;

bool readable(std::size_t address) {
  return address < kAreaSize || (address >= 100 && address < 100 + kAreaSize) ||
         (address >= 200 && address < 200 + kAreaSize);
}

std::vector<std::uint16_t> raw_of(const Point& point, const PumpStation& station) {
  auto raw = protocol::modbus::encode_value(Layout::of(point.type),
                                            Value::of(point.get(station, point.pump)));
  TAGWERK_ASSERT(raw.has_value());
  return *raw;
}

std::unexpected<ExceptionCode> no_such_address() {
  return std::unexpected(ExceptionCode::illegal_data_address);
}

}  // namespace

PumpStationUnit::PumpStationUnit(PumpStation& station) : station_(station) {
  const auto points = pump_station_points();
  for (std::size_t i = 0; i < points.size(); ++i) {
    auto& index = indexes_[static_cast<std::size_t>(points[i].address.table)];
    for (int word = 0; word < protocol::modbus::width_of(points[i].type); ++word) {
      auto& entry = index.at(points[i].address.number + static_cast<std::size_t>(word));
      TAGWERK_ASSERT(entry == 0);
      entry = static_cast<std::uint8_t>(i + 1);
    }
  }
}

const Point* PumpStationUnit::point_at(Table table, std::size_t address) const {
  if (address >= kAddresses) return nullptr;
  const auto entry = indexes_[static_cast<std::size_t>(table)][address];
  return entry == 0 ? nullptr : &pump_station_points()[entry - 1U];
}

ModbusUnit::Answer PumpStationUnit::read(Table table, std::uint16_t address,
                                         std::span<std::uint16_t> out) {
  const std::size_t end = address + out.size();
  for (std::size_t at = address; at < end; ++at) {
    if (!readable(at)) return no_such_address();
  }
  std::ranges::fill(out, std::uint16_t{0});
  for (std::size_t at = address; at < end;) {
    const auto* point = point_at(table, at);
    if (point == nullptr) {
      ++at;
      continue;
    }
    const auto raw = raw_of(*point, station_);
    for (std::size_t word = at - point->address.number; word < raw.size() && at < end; ++word) {
      out[at++ - address] = raw[word];
    }
  }
  return {};
}

ModbusUnit::Answer PumpStationUnit::write(Table table, std::uint16_t address,
                                          std::span<const std::uint16_t> values) {
  auto trial = station_;
  if (const auto answer = write_points(trial, table, address, values); !answer) return answer;
  station_ = trial;
  return {};
}

ModbusUnit::Answer PumpStationUnit::write_points(PumpStation& station, Table table,
                                                 std::uint16_t address,
                                                 std::span<const std::uint16_t> values) const {
  for (std::size_t done = 0; done < values.size();) {
    const auto* point = point_at(table, address + done);
    if (point == nullptr || point->set == nullptr) return no_such_address();
    const auto width = protocol::modbus::width_of(point->type);
    const bool whole = point->address.number == address + done && done + width <= values.size();
    if (!whole) return no_such_address();
    const auto value = decode_value(Layout::of(point->type), values.subspan(done, width)).value;
    if (!point->set(station, point->pump, value.number())) {
      return std::unexpected(ExceptionCode::illegal_data_value);
    }
    done += width;
  }
  return {};
}

}  // namespace tagwerk::simulator
