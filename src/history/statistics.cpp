#include "history/statistics.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "history/decimal.hpp"

namespace tagwerk::history {

using model::Type;

namespace {

__extension__ using Wide = unsigned __int128;

constexpr double kSecondsPerNanosecond = 1e-9;

/// No sum that WholeStatistics has can reach this.
bool fits_whole(const Layout& layout, std::uint64_t largest) {
  constexpr Wide kLimit = Wide{1} << 63;
  const Wide k = largest;
  return k < (Wide{1} << 32) && layout.span < (Wide{1} << 32) && k * k * layout.points < kLimit &&
         (layout.span == 0 || 2 * k < kLimit / layout.span);
}

/// Calls see(value, tick, ticks to the next point, next value or the value again), point by point;
/// nulls are left out.
template <class ValueOf, class See>
void walk(const Columns& columns, Numbers ticks, ValueOf value_of, See see) {
  const std::size_t count = ticks.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (columns.is_null(i)) continue;
    const auto value = value_of(i);
    const bool last = i + 1 == count;
    see(value, ticks[i], last ? 0 : ticks[i + 1] - ticks[i],
        last || columns.is_null(i + 1) ? value : value_of(i + 1));
  }
}

WholeStatistics whole_statistics(Numbers ticks, Numbers ks, std::uint64_t largest, Layout& layout) {
  WholeStatistics of{.largest = largest, .first = ks.front(), .last = ks.back()};
  const std::size_t count = ks.size();
  // One tick between each two points: no more fit in, and no two share one.
  const bool is_regular =
      layout.span == count - 1 && std::ranges::adjacent_find(ticks) == ticks.end();
  // Both are below 2^32: see fits_whole().
  const auto product = [](std::uint64_t a, std::uint64_t b) {
    return std::uint64_t{static_cast<std::uint32_t>(a)} * static_cast<std::uint32_t>(b);
  };
  std::uint64_t sum = 0, squares = 0;
  for (const std::uint64_t k : ks) {
    sum += k;
    squares += product(k, k);
  }
  // Over segments, with the k at the beginning of each, and at its end.
  std::uint64_t before = 0, after = 0;
  if (is_regular) {
    before = sum - ks.back();
    after = sum - ks.front();
  } else {
    for (std::size_t i = 1; i < count; ++i) {
      const std::uint64_t length = ticks[i] - ticks[i - 1];
      before += product(ks[i - 1], length);
      after += product(ks[i], length);
    }
  }
  of.sum = sum;
  of.squares = squares;
  of.steps = before;
  of.lines = before + after;
  layout.least_at = ticks[static_cast<std::size_t>(std::ranges::find(ks, 0u) - ks.begin())];
  layout.largest_at = ticks[static_cast<std::size_t>(std::ranges::find(ks, largest) - ks.begin())];
  return of;
}

/// The same with holes.
WholeStatistics whole_statistics(const Columns& columns, Numbers ticks, Numbers ks,
                                 std::uint64_t largest, Layout& layout) {
  WholeStatistics of{.largest = largest, .first = ks.front(), .last = ks.back()};
  std::vector<std::uint64_t> by_point(ticks.size());
  for (std::size_t i = 0, next = 0; i < by_point.size(); ++i)
    if (!columns.is_null(i)) by_point[i] = ks[next++];
  bool least_seen = false, largest_seen = false;
  const auto note = [](bool hit, bool& seen, std::uint64_t tick, std::uint64_t& at) {
    if (hit && !seen) at = tick;
    seen = seen || hit;
  };
  walk(
      columns, ticks, [&](std::size_t i) { return by_point[i]; },
      [&](std::uint64_t k, std::uint64_t tick, std::uint64_t length, std::uint64_t next) {
        of.sum += k;
        of.squares += k * k;
        of.steps += k * length;
        of.lines += (k + next) * length;
        note(k == 0, least_seen, tick, layout.least_at);
        note(k == largest, largest_seen, tick, layout.largest_at);
      });
  return of;
}

template <class T>
FloatStatistics float_statistics(const Columns& columns, std::span<const T> values, Numbers ticks,
                                 Layout& layout) {
  FloatStatistics of;
  const double seconds = static_cast<double>(layout.tick) * kSecondsPerNanosecond;
  bool seen = false;
  T least{}, largest{}, first{}, last{};
  const auto value_of = [&](std::size_t i) { return values[i]; };
  walk(columns, ticks, value_of, [&](T value, std::uint64_t tick, std::uint64_t length, T next) {
    if (!seen) first = value;
    if (!seen || value < least) {
      least = value;
      layout.least_at = tick;
    }
    if (!seen || value > largest) {
      largest = value;
      layout.largest_at = tick;
    }
    seen = true;
    last = value;
    const auto number = static_cast<double>(value);
    const double duration = static_cast<double>(length) * seconds;
    of.sum += number;
    // A segment of no length has no area, also where a value is infinite.
    if (length == 0) return;
    of.steps += number * duration;
    of.lines += (number + static_cast<double>(next)) / 2 * duration;
  });
  const double mean = of.sum / static_cast<double>(layout.values());
  walk(columns, ticks, value_of, [&](T value, std::uint64_t, std::uint64_t, T) {
    const double distance = static_cast<double>(value) - mean;
    of.squares += distance * distance;
  });
  of.least = std::bit_cast<std::uint64_t>(least);
  of.largest = std::bit_cast<std::uint64_t>(largest);
  of.first = std::bit_cast<std::uint64_t>(first);
  of.last = std::bit_cast<std::uint64_t>(last);
  return of;
}

UtcTime time_at(const Layout& layout, std::uint64_t tick) {
  const std::uint64_t since = static_cast<std::uint64_t>(layout.first_time) + tick * layout.tick;
  return UtcTime(Duration(static_cast<std::int64_t>(since)));
}

Value typed(Type type, std::int64_t number) {
  return type == Type::boolean ? Value::of(number != 0) : Value::of(number);
}

Value value_of_k(const Layout& layout, std::uint64_t k) {
  if (layout.type != Type::floating) {
    std::array<std::int64_t, 1> number{};
    from_form(layout.form, std::span(&k, 1), number);
    return typed(layout.type, number[0]);
  }
  std::array<double, 1> number{};
  from_form(layout.form, std::span(&k, 1), number);
  return Value::of(number[0]);
}

Value value_of_bits(const Layout& layout, std::uint64_t bits) {
  if (layout.type == Type::floating) return Value::of(std::bit_cast<double>(bits));
  return typed(layout.type, static_cast<std::int64_t>(bits));
}

/// The sums over numbers from those over k: number = (base + unit × k) / power. Only what is
/// rounded at the end is not exact.
void expand_sums(const Layout& layout, NumberSummary& out) {
  const WholeStatistics& of = layout.whole;
  const auto base = static_cast<long double>(layout.form.base);
  const auto unit = static_cast<long double>(layout.form.unit);
  const auto power = static_cast<long double>(kPowersOfTen[layout.form.decimals]);
  const long double seconds = static_cast<long double>(layout.tick) * 1e-9L;
  const auto values = static_cast<long double>(layout.values());
  const auto held = static_cast<long double>(layout.held);
  const Wide squares = Wide{of.squares} * layout.values(), square = Wide{of.sum} * of.sum;
  const long double spread =
      squares > square ? static_cast<long double>(squares - square) / values : 0;
  out.sum = static_cast<double>((base * values + unit * static_cast<long double>(of.sum)) / power);
  out.squares = static_cast<double>(spread * unit / power * unit / power);
  out.step_integral = static_cast<double>(
      (base * held + unit * static_cast<long double>(of.steps)) / power * seconds);
  out.line_integral = static_cast<double>(
      (base * held + unit * static_cast<long double>(of.lines) / 2) / power * seconds);
}

}  // namespace

void count_points(const Columns& columns, Numbers ticks, Layout& layout) {
  const std::size_t count = ticks.size();
  layout.points = count;
  layout.span = ticks.back();
  layout.nulls = columns.null_count();
  std::uint32_t any_quality = 0;
  for (const std::uint32_t each : columns.qualities)
    any_quality |= each;
  layout.held = layout.good_ticks = 0;
  for (std::size_t i = 0; i < count && (any_quality != 0 || layout.nulls != 0); ++i) {
    const Quality quality{columns.qualities[i]};
    const std::uint64_t length = i + 1 < count ? ticks[i + 1] - ticks[i] : 0;
    layout.good += quality.good() ? 1 : 0;
    layout.good_ticks += quality.good() ? length : 0;
    layout.held += columns.is_null(i) ? 0 : length;
  }
  layout.first_quality = columns.qualities.front();
  layout.last_quality = columns.qualities.back();
  layout.first_is_null = columns.is_null(0);
  layout.last_is_null = columns.is_null(count - 1);
  if (any_quality != 0) layout.flags |= header_flag::kQualities;
  if (layout.nulls > 0 && layout.type != Type::null) layout.flags |= header_flag::kNulls;
}

void summarize(const Columns& columns, Numbers ticks, Numbers ks, Layout& layout) {
  // Two at a time: a comparison need not wait for the one before it.
  std::uint64_t largest = ks.back(), other = 0;
  for (std::size_t i = 1; i < ks.size(); i += 2) {
    largest = std::max(largest, ks[i - 1]);
    other = std::max(other, ks[i]);
  }
  largest = std::max(largest, other);
  if (layout.form.is_exact() && fits_whole(layout, largest)) {
    layout.flags |= header_flag::kWhole;
    layout.whole = layout.nulls == 0 ? whole_statistics(ticks, ks, largest, layout)
                                     : whole_statistics(columns, ticks, ks, largest, layout);
    return;
  }
  layout.flags |= header_flag::kFloats;
  layout.floats = layout.type == Type::floating
                      ? float_statistics<double>(columns, columns.floats, ticks, layout)
                      : float_statistics<std::int64_t>(columns, columns.integers, ticks, layout);
}

NumberSummary summary_of(const Layout& layout) {
  NumberSummary out;
  out.least_time = time_at(layout, layout.least_at);
  out.largest_time = time_at(layout, layout.largest_at);
  if (layout.has(header_flag::kWhole)) {
    out.first = value_of_k(layout, layout.whole.first);
    out.last = value_of_k(layout, layout.whole.last);
    out.least = value_of_k(layout, 0);
    out.largest = value_of_k(layout, layout.whole.largest);
    expand_sums(layout, out);
    return out;
  }
  const FloatStatistics& of = layout.floats;
  out.first = value_of_bits(layout, of.first);
  out.last = value_of_bits(layout, of.last);
  out.least = value_of_bits(layout, of.least);
  out.largest = value_of_bits(layout, of.largest);
  out.sum = of.sum;
  out.squares = of.squares;
  out.step_integral = of.steps;
  out.line_integral = of.lines;
  return out;
}

}  // namespace tagwerk::history
