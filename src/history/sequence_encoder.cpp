#include "history/sequence_encoder.hpp"

#include <algorithm>
#include <bit>

#include "history/bit_packing.hpp"
#include "history/residuals.hpp"

namespace tagwerk::history {
namespace {

using base::Bytes;
using base::ByteWriter;

void write_how(Bytes& out, Packing packing, Predictor predictor = Predictor::smallest) {
  ByteWriter(out).u8(static_cast<std::uint8_t>(static_cast<unsigned>(packing) << 4 |
                                               static_cast<unsigned>(predictor)));
}

/// The numbers that have more than `width` bits, which is less than 64.
void write_patches(Numbers numbers, unsigned width, std::size_t patches, Bytes& out) {
  ByteWriter writer(out);
  writer.varint(patches);
  std::size_t next = 0;
  for (std::size_t i = 0; patches > 0; ++i) {
    if (numbers[i] >> width == 0) continue;
    writer.varint(i - next);
    writer.varint(numbers[i] >> width);
    next = i + 1;
    --patches;
  }
}

std::size_t count_wider(Numbers numbers, unsigned width) {
  return static_cast<std::size_t>(
      std::ranges::count_if(numbers, [=](std::uint64_t each) { return each >> width != 0; }));
}

double bits_of(std::uint64_t number) {
  return static_cast<double>(std::bit_width(number));
}

/// What runs cost, about: values packed as they are, lengths at an average one's width and one
/// more.
double bits_of_runs(const Survey& survey, std::size_t count) {
  const auto runs = static_cast<double>(survey.runs);
  return runs * (bits_of(survey.largest - survey.least) + bits_of(count / survey.runs)) + 8 * 12;
}

}  // namespace

bool SequenceEncoder::encode_compressed(Numbers residuals, unsigned low, unsigned widest,
                                        Bytes& out) {
  const std::size_t begin = out.size();
  ByteWriter writer(out);
  writer.u8(static_cast<std::uint8_t>(low));
  pack(residuals, low, out);
  high_.resize(residuals.size());
  for (std::size_t i = 0; i < residuals.size(); ++i)
    high_[i] = static_cast<std::byte>(residuals[i] >> low);
  const auto frame = compressor_.compress(high_, residuals.size() + 64);
  if (frame.empty()) {
    out.resize(begin);
    return false;
  }
  writer.varint(frame.size());
  writer.bytes(frame);
  write_patches(residuals, low + 8, widest > low + 8 ? count_wider(residuals, low + 8) : 0, out);
  return true;
}

void SequenceEncoder::encode_runs(Numbers numbers, Bytes& out, unsigned nesting) {
  auto& [residuals, values, lengths] = levels_[nesting];
  values.clear();
  lengths.clear();
  for (const std::uint64_t each : numbers)
    if (values.empty() || values.back() != each) {
      values.push_back(each);
      lengths.push_back(0);
    } else {
      ++lengths.back();
    }
  write_how(out, Packing::runs);
  ByteWriter(out).varint(values.size());
  encode(values, out, Kind::number, nesting + 1);
  encode(lengths, out, Kind::number, nesting + 1);
}

bool SequenceEncoder::encode_dictionary(Numbers numbers, double bits_without, Bytes& out,
                                        unsigned nesting) {
  const auto count = static_cast<double>(numbers.size());
  // A dictionary whose places take as many bits as the numbers is worth nothing.
  const std::size_t most = std::min(DistinctNumbers::kMost, numbers.size() / 4);
  if (bits_without < 2 * count || bits_without < 256 || !distinct_.may_be_few(numbers) ||
      !distinct_.find(numbers, most))
    return false;
  const auto values = distinct_.values();
  const double bits = static_cast<double>(values.size()) * bits_of(values.back() - values.front()) +
                      count * bits_of(values.size() - 1);
  if (bits > 1.1 * bits_without) return false;
  auto& places = levels_[nesting].which;
  places.resize(numbers.size());
  distinct_.places(numbers, places);
  levels_[nesting].values.assign(values.begin(), values.end());
  write_how(out, Packing::dictionary);
  ByteWriter(out).varint(values.size());
  encode(levels_[nesting].values, out, Kind::number, kMaxNesting);
  encode(places, out, Kind::places, nesting + 1);
  return true;
}

void SequenceEncoder::encode(Numbers numbers, Bytes& out, Kind kind, unsigned nesting) {
  if (numbers.empty()) return;
  const Survey found = survey_of(numbers);
  if (found.is_constant() || (found.has_constant_delta() && numbers.size() > 1)) {
    const auto predictor = found.is_constant() ? Predictor::smallest : Predictor::delta;
    write_how(out, Packing::constant, predictor);
    write_seeds(numbers, predictor, found, out);
    ByteWriter(out).varint(0);
    return;
  }
  const auto predictor = best_predictor(numbers, found, kind == Kind::bits);
  auto& residuals = levels_[nesting].residuals;
  residuals_of(numbers, predictor, found, residuals);
  const Width width = best_width(residuals);
  const bool may_nest = nesting < kMaxNesting;
  if (may_nest && found.runs <= numbers.size() / 2 &&
      bits_of_runs(found, numbers.size()) < 0.95 * width.bits)
    return encode_runs(numbers, out, nesting);
  const std::size_t begin = out.size();
  if (may_nest && kind != Kind::places && encode_dictionary(numbers, width.bits, out, nesting)) {
    if (static_cast<double>(out.size() - begin) * 8 < width.bits) return;
    out.resize(begin);
  }
  if (const auto low = split_for_compression(residuals, width)) {
    write_how(out, Packing::compressed, predictor);
    write_seeds(numbers, predictor, found, out);
    if (encode_compressed(residuals, *low, width.widest, out) &&
        static_cast<double>(out.size() - begin) * 8 < width.bits)
      return;
    out.resize(begin);
  }
  write_how(out, width.patches > 0 ? Packing::patched : Packing::packed, predictor);
  write_seeds(numbers, predictor, found, out);
  ByteWriter(out).u8(static_cast<std::uint8_t>(width.width));
  pack(residuals, width.width, out);
  if (width.patches > 0) write_patches(residuals, width.width, width.patches, out);
}

}  // namespace tagwerk::history
