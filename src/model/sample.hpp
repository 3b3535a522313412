#pragma once

#include <cstdint>

#include "base/time.hpp"
#include "model/quality.hpp"
#include "model/value.hpp"

namespace tagwerk::model {

/// Dense number of a tag's place in the engine and the table; internal, reused after a tag is gone.
using Slot = std::uint32_t;
inline constexpr Slot kNoSlot = 0xffffffff;

/// Persistent number of a tag, never reused; keys history, audit and alarms. 0 is nobody's.
using TagId = std::uint64_t;

/// A value at a time: what devices give and what everybody gets. 32 bytes, cheap to move.
/// `slot` is the tag's slot inside the server; on the link it is the binding's handle.
/// A bad sample without a value has Type::null: the engine keeps the last one.
struct Sample {
  Value value;
  UtcTime time = kNever;  ///< source time
  Quality quality;
  Slot slot = kNoSlot;

  bool operator==(const Sample&) const = default;
};

static_assert(sizeof(Sample) == 32);

}  // namespace tagwerk::model

namespace tagwerk {
using model::kNoSlot;
using model::Sample;
using model::Slot;
using model::TagId;
}  // namespace tagwerk
