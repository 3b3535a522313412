#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/prefetch.hpp"
#include "history/journal_row.hpp"

namespace tagwerk::history {

/// The points of one tag that are in no block yet, encoded: a number takes about eight bytes. In
/// the order they came, whatever their times.
/// Threads: one
class OpenPoints {
 public:
  struct Entry {
    Point point;
    bool keep = false;
  };

  /// `number`: in the journal; rising.
  void add(const Point& point, bool keep, std::uint64_t number);
  /// In the order they came.
  std::vector<Entry> entries() const;
  /// By time, each time once: of several the one that stays.
  std::vector<Entry> ordered() const;
  void clear();

  /// Asks for the memory that add() will write to.
  void prefetch() const {
    if (!bytes_.empty()) base::prefetch_to_change(bytes_.back());
  }

  std::uint32_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::size_t bytes() const { return bytes_.capacity(); }
  /// Of the oldest point; asked only when there is one.
  std::uint64_t first_number() const { return first_number_; }

 private:
  /// What the next point is written as a difference to.
  struct Before {
    std::int64_t time = 0;
    std::int64_t step = 0;
    std::uint64_t bits = 0;
    std::uint32_t quality = 0;
  };

  base::Bytes bytes_;
  Before before_;
  std::uint64_t first_number_ = 0;
  std::uint32_t size_ = 0;
  bool in_order_ = true;
};

/// What was recorded before and what came since, both ascending, as one; each time once.
std::vector<OpenPoints::Entry> merged(std::vector<OpenPoints::Entry> before,
                                      std::span<const OpenPoints::Entry> since);

}  // namespace tagwerk::history
