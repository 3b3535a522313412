#include "history/residuals.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "history/bit_packing.hpp"

namespace tagwerk::history {
namespace {

/// Signed order as unsigned order.
constexpr std::uint64_t kSign = std::uint64_t{1} << 63;

void count_width(WidthCounts& counts, std::uint64_t number) {
  ++counts[static_cast<std::size_t>(std::bit_width(number))];
}

using CountsByPredictor = std::array<WidthCounts, kPredictors>;

WidthCounts& of(CountsByPredictor& counts, Predictor predictor) {
  return counts[static_cast<std::size_t>(predictor)];
}

/// Counts the widths that each predictor leaves from `begin`, which has two numbers before it, to
/// `end`.
void count_widths(Numbers numbers, std::size_t begin, std::size_t end, const Survey& survey,
                  CountsByPredictor& counts) {
  std::uint64_t last = numbers[begin - 1] - numbers[begin - 2];
  for (std::size_t i = begin; i < end; ++i) {
    const std::uint64_t difference = numbers[i] - numbers[i - 1];
    count_width(of(counts, Predictor::smallest), numbers[i] - survey.least);
    count_width(of(counts, Predictor::delta), difference - survey.least_delta);
    count_width(of(counts, Predictor::zigzag), zigzag_of(difference));
    count_width(of(counts, Predictor::change), zigzag_of(difference - last));
    count_width(of(counts, Predictor::exclusive), numbers[i] ^ numbers[i - 1]);
    last = difference;
  }
}

/// A frame's own bytes, and about what the table of a symbol takes.
constexpr double kFrameBits = 14 * 8;
constexpr double kSymbolBits = 5;

/// n × log2(n), from a table where n is no larger than a block.
class TimesLog2 {
 public:
  TimesLog2() {
    for (std::size_t i = 2; i < table_.size(); ++i)
      table_[i] = static_cast<float>(calculated(i));
  }
  double operator()(std::size_t n) const { return n < table_.size() ? table_[n] : calculated(n); }

 private:
  static double calculated(std::size_t n) {
    return static_cast<double>(n) * std::log2(static_cast<double>(n));
  }
  std::array<float, 4097> table_{};
};

/// Bits that these counts of symbols take when each symbol takes as many as it tells.
double entropy_bits(std::span<const std::uint32_t> counts, std::size_t total) {
  static const TimesLog2 kTimesLog2;
  const TimesLog2& times_log2 = kTimesLog2;
  double bits = times_log2(total);
  std::size_t symbols = 0;
  for (const std::uint32_t each : counts) {
    symbols += each != 0 ? 1 : 0;
    bits -= times_log2(each);
  }
  // Huffman codes have whole bits: none takes less than one.
  return std::max(bits * 1.02, static_cast<double>(total)) +
         static_cast<double>(symbols) * kSymbolBits + kFrameBits;
}

Width width_of(const WidthCounts& counts) {
  Width best;
  std::size_t total = 0;
  for (unsigned width = 0; width <= 64; ++width) {
    if (counts[width] == 0) continue;
    total += counts[width];
    best.widest = width;
  }
  best.width = storable_width(best.widest);
  best.bits = static_cast<double>(total * best.width);
  std::size_t beyond = 0;
  for (unsigned width = best.widest; width-- > 0;) {
    beyond += counts[width + 1];
    if (width > kMaxPackedWidth) continue;
    // Past this even no bits at all for the others would not pay.
    const unsigned patch_bytes = 1 + (best.widest - width + 6) / 7;
    if (static_cast<double>(beyond) * 16 > best.bits) break;
    const double bits =
        static_cast<double>(total * width) + static_cast<double>(beyond * patch_bytes * 8) + 8;
    if (bits < best.bits) {
      best.width = width;
      best.patches = beyond;
      best.bits = bits;
    }
  }
  return best;
}

}  // namespace

Survey survey_of(Numbers numbers) {
  Survey out;
  out.least = out.largest = numbers[0];
  out.runs = 1;
  if (numbers.size() < 2) return out;
  std::uint64_t least = ~std::uint64_t{0}, largest = 0;
  for (std::size_t i = 1; i < numbers.size(); ++i) {
    const std::uint64_t delta = (numbers[i] - numbers[i - 1]) ^ kSign;
    out.least = std::min(out.least, numbers[i]);
    out.largest = std::max(out.largest, numbers[i]);
    least = std::min(least, delta);
    largest = std::max(largest, delta);
    out.runs += numbers[i] != numbers[i - 1] ? 1 : 0;
  }
  out.least_delta = least ^ kSign;
  out.largest_delta = largest ^ kSign;
  return out;
}

Width best_width(Numbers residuals) {
  // Two tables: the processor need not wait for a count that it has just written.
  WidthCounts counts{}, others{};
  std::size_t i = 0;
  for (; i + 1 < residuals.size(); i += 2) {
    count_width(counts, residuals[i]);
    count_width(others, residuals[i + 1]);
  }
  if (i < residuals.size()) count_width(counts, residuals[i]);
  for (std::size_t width = 0; width < counts.size(); ++width)
    counts[width] += others[width];
  return width_of(counts);
}

Predictor best_predictor(Numbers numbers, const Survey& survey, bool with_exclusive) {
  constexpr std::size_t kWindow = 16, kWindows = 8;
  const std::size_t count = numbers.size();
  if (count <= 2) return Predictor::smallest;
  CountsByPredictor counts{};
  const std::size_t step = std::max(kWindow, count / kWindows);
  for (std::size_t begin = 2; begin < count; begin += step)
    count_widths(numbers, begin, std::min(begin + kWindow, count), survey, counts);
  // The fewer were looked at, the more the seeds would weigh.
  const double whole =
      static_cast<double>(count) / static_cast<double>(std::min(count, kWindow * kWindows));
  double least = INFINITY;
  Predictor best = Predictor::smallest;
  for (std::size_t i = 0; i < (with_exclusive ? kPredictors : kPredictors - 1); ++i) {
    const auto predictor = static_cast<Predictor>(i);
    const double bits =
        width_of(counts[i]).bits * whole + static_cast<double>(seeds_of(predictor)) * 24;
    if (bits >= least) continue;
    least = bits;
    best = predictor;
  }
  return best;
}

void write_seeds(Numbers numbers, Predictor predictor, const Survey& survey, base::Bytes& out) {
  base::ByteWriter writer(out);
  if (predictor == Predictor::smallest) {
    writer.varint(survey.least);
    return;
  }
  writer.varint(numbers[0]);
  if (predictor == Predictor::delta)
    writer.zigzag(static_cast<std::int64_t>(survey.least_delta));
  else if (predictor == Predictor::change && numbers.size() > 1)
    writer.zigzag(static_cast<std::int64_t>(numbers[1] - numbers[0]));
}

void residuals_of(Numbers numbers, Predictor predictor, const Survey& survey,
                  std::vector<std::uint64_t>& out) {
  const std::size_t behind = std::min(seeds_of(predictor), numbers.size());
  out.resize(numbers.size() - behind);
  const auto difference = [&](std::size_t i) { return numbers[i] - numbers[i - 1]; };
  const auto fill = [&](auto residual) {
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = residual(i + behind);
  };
  switch (predictor) {
    case Predictor::smallest:
      return fill([&, least = survey.least](std::size_t i) { return numbers[i] - least; });
    case Predictor::delta:
      return fill([&, least = survey.least_delta](std::size_t i) { return difference(i) - least; });
    case Predictor::zigzag:
      return fill([&](std::size_t i) { return zigzag_of(difference(i)); });
    case Predictor::change:
      return fill([&](std::size_t i) { return zigzag_of(difference(i) - difference(i - 1)); });
    case Predictor::exclusive:
      return fill([&](std::size_t i) { return numbers[i] ^ numbers[i - 1]; });
  }
}

std::optional<unsigned> split_for_compression(Numbers residuals, const Width& width) {
  constexpr std::size_t kFewest = 128;
  constexpr double kWorthwhile = 0.96;
  if (residuals.size() < kFewest || width.width < 3 || width.widest > kMaxPackedWidth) return {};
  // High parts of six bits, then of five and so on, each from the counts of the one before: more
  // bits of noise only make the table of a frame larger.
  const unsigned top = std::min(width.widest, width.width + 3);
  unsigned low = top > 6 ? top - 6 : 0;
  std::array<std::uint32_t, 64> counts{};
  for (const std::uint64_t each : residuals)
    ++counts[std::min<std::uint64_t>(each >> low, counts.size() - 1)];
  double best = width.bits * kWorthwhile;
  std::optional<unsigned> split;
  for (std::size_t symbols = counts.size(); symbols >= 4 && low + 2 <= width.width;
       symbols /= 2, ++low) {
    const double bits = entropy_bits(std::span(counts).first(symbols), residuals.size()) +
                        static_cast<double>(residuals.size() * low);
    if (bits < best) {
      best = bits;
      split = low;
    }
    for (std::size_t i = 0; i < symbols / 2; ++i)
      counts[i] = counts[2 * i] + counts[2 * i + 1];
  }
  return split;
}

}  // namespace tagwerk::history
