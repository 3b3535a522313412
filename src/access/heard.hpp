#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "access/broadcast.hpp"

namespace tagwerk::access {

/// Who heard which change since the last delivery. Changes stay where they are; a few bytes per
/// listener are noted as the changes come and ordered by subscription only when they are told. So a
/// thousand subscriptions that hear a hundred changes each are walked once, not a hundred times.
///
/// Subscriptions are known by their place, a small number.
/// Threads: one
class Heard {
 public:
  struct Change {
    const engine::Change* change;
    std::uint64_t number;  ///< the table's publish that brought it
  };
  struct Note {
    std::uint32_t index;  ///< of the tag in the subscription
    std::uint32_t change;
  };

  /// What the broadcast holds is pointed to until all are told.
  void keep(std::shared_ptr<const Broadcast> broadcast) {
    broadcasts_.push_back(std::move(broadcast));
  }
  /// Of the broadcast kept last. Then add() its listeners.
  void begin(const engine::Change& change) {
    changes_.push_back({&change, broadcasts_.back()->number});
  }
  void add(std::uint32_t place, std::uint32_t index) {
    if (place >= ends_.size()) ends_.resize(place + 1, 0);
    if (ends_[place]++ == 0) places_.push_back(place);
    notes_.push_back({place, {index, static_cast<std::uint32_t>(changes_.size() - 1)}});
  }

  bool empty() const { return notes_.empty(); }
  std::size_t size() const { return notes_.size(); }
  std::size_t subscriptions() const { return places_.size(); }  ///< that heard something
  const Change& at(const Note& note) const { return changes_[note.change]; }

  struct Listened {
    std::uint32_t place;
    std::span<const Note> notes;  ///< in the order they came
  };
  /// The next subscription that heard something, in the order of their first notes; none: all are
  /// told and forgotten. Between the first call and the last nothing may be kept, begun or added.
  std::optional<Listened> next();

 private:
  struct Placed {
    std::uint32_t place;
    Note note;
  };

  void sort();
  void clear();

  std::vector<std::shared_ptr<const Broadcast>> broadcasts_;
  std::vector<Change> changes_;
  std::vector<Placed> notes_;
  std::vector<std::uint32_t> places_;  ///< in the order in which they heard their first
  std::vector<std::uint32_t> ends_;    ///< by place: count of notes, after sort() their end
  std::vector<Note> sorted_;
  std::size_t told_ = 0;  ///< of places_
};

}  // namespace tagwerk::access
