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

WidthCounts& widths_of(Survey& survey, Predictor predictor) {
  return survey.widths[static_cast<std::size_t>(predictor)];
}

/// A frame's own bytes, and about what the table of a symbol takes.
constexpr double kFrameBits = 14 * 8;
constexpr double kSymbolBits = 5;

/// Bits that these counts of symbols take when each symbol takes as many as it tells.
double entropy_bits(std::span<const std::uint32_t> counts, std::size_t total) {
  double bits = 0;
  std::size_t symbols = 0;
  for (const std::uint32_t each : counts) {
    if (each == 0) continue;
    ++symbols;
    bits += each * std::log2(static_cast<float>(total) / static_cast<float>(each));
  }
  // Huffman codes have whole bits: none takes less than one.
  return std::max(bits * 1.02, static_cast<double>(total)) +
         static_cast<double>(symbols) * kSymbolBits + kFrameBits;
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

void count_widths(Numbers numbers, bool with_exclusive, Survey& survey) {
  auto& smallest = widths_of(survey, Predictor::smallest);
  auto& delta = widths_of(survey, Predictor::delta);
  auto& zigzag = widths_of(survey, Predictor::zigzag);
  auto& change = widths_of(survey, Predictor::change);
  count_width(smallest, numbers[0] - survey.least);
  std::uint64_t last = 0;
  for (std::size_t i = 1; i < numbers.size(); ++i) {
    const std::uint64_t difference = numbers[i] - numbers[i - 1];
    count_width(smallest, numbers[i] - survey.least);
    count_width(delta, difference - survey.least_delta);
    count_width(zigzag, zigzag_of(difference));
    if (i > 1) count_width(change, zigzag_of(difference - last));
    last = difference;
  }
  if (!with_exclusive) return;
  auto& exclusive = widths_of(survey, Predictor::exclusive);
  for (std::size_t i = 1; i < numbers.size(); ++i)
    count_width(exclusive, numbers[i] ^ numbers[i - 1]);
}

Width best_width(const WidthCounts& counts) {
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
    const double patch = 8 * (1 + (best.widest - width + 6) / 7);
    if (static_cast<double>(beyond) * 16 > best.bits) break;
    const double bits =
        static_cast<double>(total * width) + static_cast<double>(beyond) * patch + 8;
    if (bits < best.bits) {
      best.width = width;
      best.patches = beyond;
      best.bits = bits;
    }
  }
  return best;
}

Choice best_predictor(const Survey& survey, bool with_exclusive) {
  Choice best;
  best.width.bits = INFINITY;
  const std::size_t tried = with_exclusive ? kPredictors : kPredictors - 1;
  for (std::size_t i = 0; i < tried; ++i) {
    Choice choice{static_cast<Predictor>(i), best_width(survey.widths[i])};
    choice.width.bits += static_cast<double>(seeds_of(choice.predictor)) * 24;
    if (choice.width.bits < best.width.bits) best = choice;
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
  constexpr double kWorthwhile = 0.97;
  if (residuals.size() < kFewest || width.width < 3 || width.widest > kMaxPackedWidth) return {};
  // High parts of eight bits, then of seven and so on, each from the counts of the one before.
  const unsigned top = std::min(width.widest, width.width + 3);
  unsigned low = top > 8 ? top - 8 : 0;
  std::array<std::uint32_t, 256> counts{};
  for (const std::uint64_t each : residuals)
    ++counts[std::min<std::uint64_t>(each >> low, 255)];
  double best = width.bits * kWorthwhile;
  std::optional<unsigned> split;
  for (std::size_t symbols = 256; symbols >= 4 && low + 2 <= width.width; symbols /= 2, ++low) {
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
