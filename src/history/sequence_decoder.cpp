#include "history/sequence_decoder.hpp"

#include <algorithm>

#include "history/bit_packing.hpp"

namespace tagwerk::history {
namespace {

using base::ByteReader;

bool read_packed(ByteReader& in, unsigned width, NumbersOut out) {
  const auto bytes = in.bytes(packed_size(out.size(), width));
  if (!in.ok()) return false;
  unpack(bytes, width, out);
  return true;
}

/// Each patch: how many numbers lie between it and the one before, and its bits from `width`
/// upward.
bool read_patches(ByteReader& in, unsigned width, NumbersOut out) {
  const std::uint64_t count = in.varint();
  if (count > out.size()) return false;
  std::size_t at = 0;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i, ++at) {
    const std::uint64_t gap = in.varint(), high = in.varint();
    if (gap >= out.size() - at || high == 0 || high > low_bits(64 - width)) return false;
    at += gap;
    out[at] |= high << width;
  }
  return in.ok();
}

/// What the residuals begin behind, before they are read: the seeds, in their order.
struct Seeds {
  std::uint64_t first = 0;
  std::uint64_t second =
      0;  ///< smallest: the least; delta: the least difference; change: the first
};

Seeds read_seeds(ByteReader& in, Predictor predictor, std::size_t count) {
  Seeds seeds;
  if (predictor == Predictor::smallest) {
    seeds.second = in.varint();
    return seeds;
  }
  seeds.first = in.varint();
  if (predictor == Predictor::delta || (predictor == Predictor::change && count > 1))
    seeds.second = static_cast<std::uint64_t>(in.zigzag());
  return seeds;
}

/// Turns residuals, which lie behind the seeds' places, into numbers.
void restore(Predictor predictor, const Seeds& seeds, NumbersOut out) {
  std::uint64_t last = seeds.first, step = seeds.second;
  switch (predictor) {
    case Predictor::smallest:
      if (step != 0)
        for (std::uint64_t& each : out)
          each += step;
      return;
    case Predictor::delta:
      out[0] = last;
      for (std::uint64_t& each : out.subspan(1))
        each = last += each + step;
      return;
    case Predictor::zigzag:
      out[0] = last;
      for (std::uint64_t& each : out.subspan(1))
        each = last += unzigzag(each);
      return;
    case Predictor::change:
      out[0] = last;
      if (out.size() == 1) return;
      out[1] = last += step;
      for (std::uint64_t& each : out.subspan(2)) {
        step += unzigzag(each);
        each = last += step;
      }
      return;
    case Predictor::exclusive:
      out[0] = last;
      for (std::uint64_t& each : out.subspan(1))
        each = last ^= each;
      return;
  }
}

}  // namespace

bool SequenceDecoder::read_compressed(ByteReader& in, NumbersOut out) {
  const unsigned width = in.u8();
  if (!in.ok() || width + 8 > kMaxPackedWidth || !read_packed(in, width, out)) return false;
  const auto frame = in.bytes(in.varint());
  high_.resize(out.size());
  if (!in.ok() || !decompressor_.decompress(frame, high_)) return false;
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] |= std::to_integer<std::uint64_t>(high_[i]) << width;
  return read_patches(in, width + 8, out);
}

bool SequenceDecoder::read_packing(ByteReader& in, Packing packing, NumbersOut out) {
  switch (packing) {
    case Packing::constant:
      std::ranges::fill(out, in.varint());
      return in.ok();
    case Packing::packed: {
      const unsigned width = in.u8();
      return in.ok() && is_storable_width(width) && read_packed(in, width, out);
    }
    case Packing::patched: {
      const unsigned width = in.u8();
      return in.ok() && width <= kMaxPackedWidth && read_packed(in, width, out) &&
             read_patches(in, width, out);
    }
    case Packing::compressed:
      return read_compressed(in, out);
    default:
      return false;
  }
}

bool SequenceDecoder::read_runs(ByteReader& in, NumbersOut out, unsigned nesting) {
  const std::uint64_t count = in.varint();
  if (count == 0 || count > out.size() || nesting == kMaxNesting) return false;
  auto& [values, lengths] = levels_[nesting];
  values.resize(count);
  lengths.resize(count);
  if (!decode(in, values, nesting + 1) || !decode(in, lengths, nesting + 1)) return false;
  std::size_t at = 0;
  for (std::size_t run = 0; run < count; ++run) {
    // A length is written less one.
    if (lengths[run] >= out.size() - at) return false;
    std::ranges::fill(out.subspan(at, lengths[run] + 1), values[run]);
    at += lengths[run] + 1;
    if (at == out.size()) return run + 1 == count;
  }
  return false;
}

bool SequenceDecoder::read_dictionary(ByteReader& in, NumbersOut out, unsigned nesting) {
  const std::uint64_t count = in.varint();
  if (count == 0 || count > out.size() || nesting == kMaxNesting) return false;
  auto& values = levels_[nesting].values;
  values.resize(count);
  if (!decode(in, values, nesting + 1) || !decode(in, out, nesting + 1)) return false;
  std::uint64_t largest = 0;
  for (const std::uint64_t each : out)
    largest = std::max(largest, each);
  if (largest >= count) return false;
  for (std::uint64_t& each : out)
    each = values[each];
  return true;
}

bool SequenceDecoder::decode(ByteReader& in, NumbersOut out, unsigned nesting) {
  if (out.empty()) return true;
  const std::uint8_t how = in.u8();
  if (!in.ok()) return false;
  const auto packing = static_cast<Packing>(how >> 4);
  if (packing == Packing::runs && how % 16 == 0) return read_runs(in, out, nesting);
  if (packing == Packing::dictionary && how % 16 == 0) return read_dictionary(in, out, nesting);
  if (how % 16 >= kPredictors) return false;
  const auto predictor = static_cast<Predictor>(how % 16);
  const Seeds seeds = read_seeds(in, predictor, out.size());
  const std::size_t behind = std::min(seeds_of(predictor), out.size());
  if (!in.ok() || !read_packing(in, packing, out.subspan(behind))) return false;
  restore(predictor, seeds, out);
  return true;
}

}  // namespace tagwerk::history
