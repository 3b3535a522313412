#include "link/overflow.hpp"

#include "link/frame.hpp"

namespace tagwerk::link {
namespace {

base::ByteView payload_of(const base::Bytes& frame) {
  return base::ByteView(frame).subspan(kFrameHeader);
}

}  // namespace

void OverflowMarks::add(const base::Bytes& dropped) {
  std::vector<Sample> samples;
  const auto header = decode_samples(payload_of(dropped), samples);
  if (!header) return;
  if (header->revision != revision_) handles_.clear();
  revision_ = header->revision;
  for (const Sample& each : samples)
    handles_.insert(each.slot);
}

OverflowMarks::Frame OverflowMarks::apply(Frame frame) {
  if (handles_.empty()) return frame;
  std::vector<Sample> samples;
  const auto header = decode_samples(payload_of(*frame), samples);
  if (!header || header->revision < revision_) return frame;
  if (header->revision > revision_) {
    handles_.clear();
    return frame;
  }
  std::vector<std::uint32_t> marked;
  for (Sample& each : samples) {
    if (handles_.erase(each.slot) == 0) continue;
    each.quality = each.quality.with_overflow();
    marked.push_back(each.slot);
  }
  auto copy = std::make_shared<base::Bytes>();
  if (!marked.empty() && encode_samples(*header, samples, *copy, kMaxFrame / 2) == samples.size())
    return copy;
  // Marks would break its runs beyond what a frame holds: the next frame says it.
  handles_.insert(marked.begin(), marked.end());
  return frame;
}

}  // namespace tagwerk::link
