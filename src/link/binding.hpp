#pragma once

#include <cstdint>
#include <string>

#include "base/time.hpp"
#include "model/value.hpp"

namespace tagwerk::link {

/// A tag as its connector sees it: raw units, because the engine scales.
/// On the link: docs/formats/link.md "Configuration"
struct Binding {
  std::uint32_t handle = 0;  ///< names it on the link, under one revision; dense from 0
  std::string device{};      ///< a key of settings.devices, or "default"
  std::string address{};     ///< as the user wrote it: "HR:10"
  std::string dtype{};       ///< empty = what address and type suggest
  std::string order{};       ///< empty = the device's
  model::Type type = model::Type::floating;  ///< of the tag
  Duration period{0};
  double deadband = 0;  ///< raw units; 0 = send every poll
  Duration refresh{0};  ///< inside the deadband, send again after this long; 0 = never
  bool writable = false;
  bool read_back = false;     ///< every write
  bool arrival_time = false;  ///< instead of the source's time
  std::string path{};         ///< for log lines and traces

  bool operator==(const Binding&) const = default;
};

}  // namespace tagwerk::link
