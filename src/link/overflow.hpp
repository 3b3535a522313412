#pragma once

#include <memory>
#include <unordered_set>

#include "link/samples.hpp"

namespace tagwerk::link {

/// Remembers whose samples were dropped from the buffer, and sets the Overflow bit on the next
/// sample of each that goes out. Pure.
class OverflowMarks {
 public:
  using Frame = std::shared_ptr<const base::Bytes>;

  /// A whole samples frame that was dropped.
  void add(const base::Bytes& dropped);
  /// The frame as it is to be sent: itself, or a copy with marks. Handles of another revision are
  /// not the same tags; their marks are given up.
  Frame apply(Frame frame);
  bool empty() const { return handles_.empty(); }

 private:
  std::uint64_t revision_ = 0;
  std::unordered_set<std::uint32_t> handles_;
};

}  // namespace tagwerk::link
