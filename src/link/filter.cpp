#include "link/filter.hpp"

#include <cmath>

namespace tagwerk::link {

void SampleFilter::configure(std::span<const Binding> bindings) {
  entries_.clear();
  entries_.reserve(bindings.size());
  for (const Binding& each : bindings) {
    entries_.push_back(Entry{
        .deadband = each.deadband, .refresh = each.refresh, .arrival_time = each.arrival_time});
  }
}

bool SampleFilter::unchanged(const Entry& entry, const Sample& sample, MonoTime now) {
  return entry.sent && entry.deadband > 0 && sample.value.is_number() &&
         sample.value.type() == entry.type && sample.quality == entry.quality &&
         std::abs(sample.value.number() - entry.value) <= entry.deadband &&
         (entry.refresh == Duration::zero() || now - entry.at < entry.refresh);
}

void SampleFilter::apply(std::vector<Sample>& samples, UtcTime utc, MonoTime now) {
  std::erase_if(samples, [&](Sample& sample) {
    if (sample.slot >= entries_.size()) return true;
    Entry& entry = entries_[sample.slot];
    if (sample.time == kNever || entry.arrival_time) sample.time = utc;
    if (unchanged(entry, sample, now)) return true;
    entry.sent = true;
    entry.type = sample.value.type();
    entry.value = sample.value.number();
    entry.quality = sample.quality;
    entry.at = now;
    return false;
  });
}

}  // namespace tagwerk::link
