#pragma once

#include <optional>

#include "model/definitions.hpp"

namespace tagwerk::engine {

/// What turns a raw value into an engineering value and back: one tag's part of the configuration,
/// small enough to lie beside its state.
/// Threads: immutable
struct Scaling {
  model::Type type = model::Type::floating;
  bool linear = false;   ///< scale and offset do something
  bool clamped = false;  ///< clamp_low and clamp_high hold
  bool ranged = false;   ///< low and high hold
  double scale = 1;
  double offset = 0;
  double clamp_low = 0, clamp_high = 0;
  double low = 0, high = 0;

  static Scaling of(const model::TagDefinition& tag);

  /// raw × scale + offset, clamped, as the tag's type. NaN becomes null. Null: the raw value cannot
  /// be one of this type.
  std::optional<Value> to_engineering(const Value& raw) const;
  /// Fails: invalid_argument when the value is not of the tag's type, cannot be inverted or is out
  /// of
  ///        range (limit_exceeded), naming value and limits
  Result<Value> to_raw(const Value& engineering) const;
  bool in_range(const Value& engineering) const;
};

}  // namespace tagwerk::engine
