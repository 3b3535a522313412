#include "link/buffer.hpp"

#include "base/assert.hpp"

namespace tagwerk::link {
namespace {

/// A small frame costs more than its bytes.
std::size_t cost_of(const FrameBuffer::Entry& entry) {
  constexpr std::size_t kOverhead = 128;
  return entry.frame->size() + kOverhead;
}

}  // namespace

std::vector<FrameBuffer::Entry> FrameBuffer::push(Entry entry) {
  TAGWERK_ASSERT(entries_.empty() || entries_.back().sequence < entry.sequence);
  const MonoTime now = entry.at;
  bytes_ += cost_of(entry);
  samples_ += entry.samples;
  entries_.push_back(std::move(entry));
  std::vector<Entry> dropped;
  while (entries_.size() > 1 && (bytes_ > limits_.bytes || now - entries_.front().at > limits_.age))
    dropped.push_back(pop());
  return dropped;
}

FrameBuffer::Entry FrameBuffer::pop() {
  Entry entry = std::move(entries_.front());
  entries_.pop_front();
  bytes_ -= cost_of(entry);
  samples_ -= entry.samples;
  if (sent_ > 0) --sent_;
  return entry;
}

void FrameBuffer::acknowledge(std::uint64_t sequence) {
  while (!entries_.empty() && entries_.front().sequence <= sequence)
    pop();
}

FrameBuffer::Frame FrameBuffer::next() {
  return sent_ < entries_.size() ? entries_[sent_++].frame : nullptr;
}

}  // namespace tagwerk::link
