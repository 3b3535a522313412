#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "table/reader.hpp"

/// Looks at everything in a table that could be wrong: what `tagwerk table check` says. A table
/// that is being written may be looked at; what changes meanwhile is looked at again.
namespace tagwerk::table {

/// What was found in one segment.
struct Inspection {
  std::uint32_t tags = 0;
  std::uint32_t torn = 0;        ///< slots whose value is not whole
  std::uint32_t open_batch = 0;  ///< tags that show a batch which is not committed
  std::uint32_t buckets = 0;     ///< in use
  /// Sentences that name the slot, tag or number: the first kMaxTexts; `faults` counts them all.
  std::vector<std::string> texts;
  std::uint32_t faults = 0;
  /// The tags changed all the time; what is said of the directory may be of no moment.
  bool unsteady = false;

  static constexpr std::size_t kMaxTexts = 20;
  void add(std::string text);
};

/// Threads: any but the writer's own
/// Blocks:  for `patience` where something is wrong and a writer lives: it may be at work there
Inspection inspect(const View& view, Duration patience = std::chrono::milliseconds{500});

/// Two segments of one table, compared tag by tag.
struct Comparison {
  std::uint32_t same = 0;
  std::uint32_t behind = 0;  ///< one shows a later publish: it is being written, or its writer died
  std::uint32_t different = 0;  ///< one publish, two values; or the tag is in one of them only
};
Comparison compare(const Reader& first, const Reader& second);

}  // namespace tagwerk::table
