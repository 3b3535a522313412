#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/time.hpp"

namespace tagwerk::console {

/// A line on standard error that says how far long work is, drawn anew at most ten times a second
/// and erased at its end:
///
///     backup    [#########...............]  38%   12.3 of 32.4 MiB
///
/// Nothing at all when standard error is not a terminal, so that logs and scripts stay clean.
/// Threads: one
class Progress {
 public:
  /// What `update` counts.
  enum class Unit : std::uint8_t { bytes, things };

  explicit Progress(std::string label, Unit unit = Unit::bytes);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// A total of 0 is not known, or not yet.
  void update(std::uint64_t done, std::uint64_t total);
  /// Erases the line, for something else to be printed; the next update draws it again.
  void clear();

 private:
  const std::string label_;
  const Unit unit_;
  const bool shown_;  ///< on a terminal
  bool drawn_ = false;
  std::optional<MonoTime> drawn_at_;
};

/// A line on standard error for work that cannot say how far it is: for how long it goes on. Drawn
/// from the first second on, erased at its end; nothing when standard error is not a terminal.
/// Threads: draws on one of its own; nothing else may be printed meanwhile
class Waiting {
 public:
  explicit Waiting(std::string label);
  ~Waiting();
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable_any over_;
  std::jthread drawer_;
};

/// The line itself, in at most `width` columns.
std::string progress_line(std::string_view label, Progress::Unit unit, std::uint64_t done,
                          std::uint64_t total, std::size_t width);

/// "812 bytes", "12.3 MiB".
std::string size_text(std::uint64_t bytes);

}  // namespace tagwerk::console
