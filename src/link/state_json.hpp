#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "link/buffer.hpp"
#include "link/device.hpp"

namespace tagwerk::link {

struct StateNumbers {
  std::string_view state;
  std::uint64_t revision = 0;
  std::size_t bindings = 0;
  std::size_t faults = 0;
  std::uint64_t dropped = 0;
};

/// The text of the state frame: docs/formats/link.md "State".
std::string make_state_json(
    const StateNumbers& numbers, const FrameBuffer& buffer,
    const std::map<std::string, std::shared_ptr<Device>, std::less<>>& devices);

}  // namespace tagwerk::link
