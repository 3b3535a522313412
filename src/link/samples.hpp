#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "model/sample.hpp"

/// The samples frame: runs of consecutive handles that share time, quality and type, values as
/// columns. Pure. On disk: docs/formats/link.md
namespace tagwerk::link {

inline constexpr std::size_t kMaxSamplesPerFrame = 131'072;
inline constexpr std::size_t kMaxValueBytes = 262'144;
/// Encoding stops after the run that reaches this size.
inline constexpr std::size_t kSamplesFrameTarget = std::size_t{64} * 1024;

struct SamplesHeader {
  std::uint64_t sequence = 0;
  std::uint64_t revision = 0;
  bool operator==(const SamplesHeader&) const = default;
};

/// Appends one whole frame with as many of the samples as fit (at least one; `samples` is not
/// empty) and says how many those are. Sample::slot is the binding's handle. A value above
/// kMaxValueBytes goes out as null with kBadEncodingLimitsExceeded.
std::size_t encode_samples(const SamplesHeader& header, std::span<const Sample> samples,
                           base::Bytes& out, std::size_t target = kSamplesFrameTarget);

/// Only the header; enough to choose the map of handles.
/// Fails: corrupt
Result<SamplesHeader> peek_samples(base::ByteView payload);

/// Appends the frame's samples to `out`; Sample::slot is the handle.
/// Fails: corrupt; `out` is then as before
Result<SamplesHeader> decode_samples(base::ByteView payload, std::vector<Sample>& out);

/// A value as it stands in write frames: u8 type, then a column of one.
void encode_value(const Value& value, base::ByteWriter& out);
/// Empty when the bytes are no value.
std::optional<Value> decode_value(base::ByteReader& in);

}  // namespace tagwerk::link
