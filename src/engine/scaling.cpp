#include "engine/scaling.hpp"

#include <algorithm>
#include <cmath>

namespace tagwerk::engine {
namespace {

using model::Type;

bool is_integer_range(double v) {
  return v >= -0x1p63 && v < 0x1p63;
}

std::optional<Value> number_as(Type type, double number) {
  if (std::isnan(number)) return Value();
  if (type == Type::floating) return Value::of(number);
  if (type == Type::boolean) return Value::of(number != 0);
  const double rounded = std::nearbyint(number);
  if (!is_integer_range(rounded)) return std::nullopt;
  return Value::of(static_cast<std::int64_t>(rounded));
}

}  // namespace

Scaling Scaling::of(const model::TagDefinition& tag) {
  Scaling out;
  out.type = tag.type;
  if (tag.source) {
    out.scale = tag.source->scale;
    out.offset = tag.source->offset;
    out.linear = out.scale != 1 || out.offset != 0;
    if (tag.source->clamp) {
      out.clamped = true;
      out.clamp_low = tag.source->clamp->low;
      out.clamp_high = tag.source->clamp->high;
    }
  }
  if (tag.range) {
    out.ranged = true;
    out.low = tag.range->low;
    out.high = tag.range->high;
  }
  return out;
}

std::optional<Value> Scaling::to_engineering(const Value& raw) const {
  if (raw.is_null()) return raw;
  const bool scalar = raw.is_number() || raw.type() == Type::boolean;
  const bool wants_scalar =
      type == Type::floating || type == Type::integer || type == Type::boolean;
  if (!scalar || !wants_scalar) {
    auto same = raw.to(type);
    return same ? std::optional(std::move(*same)) : std::nullopt;
  }
  // Whole numbers stay exact: a detour over double would lose the low bits of an int64.
  if (!linear && !clamped && raw.type() == type && type != Type::floating) return raw;
  double number = raw.number() * scale + offset;
  if (clamped) number = std::clamp(number, clamp_low, clamp_high);
  return number_as(type, number);
}

Result<Value> Scaling::to_raw(const Value& engineering) const {
  if (engineering.type() == Type::boolean && (type == Type::floating || type == Type::integer))
    return fail(ErrorCode::invalid_argument, "{} is not a number; give one", engineering.to_json());
  auto typed = engineering.to(type);
  if (!typed) return typed;
  if (!in_range(*typed))
    return fail(ErrorCode::limit_exceeded, "{} is outside the range {} to {}", typed->to_json(),
                low, high);
  if (typed->is_null())
    return fail(ErrorCode::invalid_argument, "null cannot be written; give a value");
  if (!linear || !(typed->is_number())) return typed;
  const double number = (typed->number() - offset) / scale;
  if (!std::isfinite(number))
    return fail(ErrorCode::limit_exceeded, "{} cannot be expressed in raw units", typed->to_json());
  return Value::of(number);
}

bool Scaling::in_range(const Value& engineering) const {
  if (!ranged || !engineering.is_number()) return true;
  const double number = engineering.number();
  return number >= low && number <= high;
}

}  // namespace tagwerk::engine
