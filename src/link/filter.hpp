#pragma once

#include <span>
#include <vector>

#include "link/binding.hpp"
#include "model/sample.hpp"

namespace tagwerk::link {

/// Decides which samples leave the connector: deadband and refresh per binding, handles that
/// exist, the time of those that have none. Pure: time is an argument.
class SampleFilter {
 public:
  /// Forgets what was sent.
  void configure(std::span<const Binding> bindings);

  /// Removes what need not be sent, stamps what has no time.
  void apply(std::vector<Sample>& samples, UtcTime utc, MonoTime now);

 private:
  struct Entry {
    double deadband = 0;
    Duration refresh{0};
    bool arrival_time = false;
    bool sent = false;
    double value = 0;
    model::Type type = model::Type::null;
    Quality quality{};
    MonoTime at{};
  };
  static bool unchanged(const Entry& entry, const Sample& sample, MonoTime now);

  std::vector<Entry> entries_;
};

}  // namespace tagwerk::link
