#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"

/// Numbers of a tag as small unsigned ones, and back, bit for bit. What a block's numbers share,
/// decimals, the smallest one and the unit that all differ by, is said once. On disk:
/// docs/formats/history-block.md, Forms of numbers Threads: any
namespace tagwerk::history {

struct NumberForm {
  enum class Kind : std::uint8_t {
    whole = 0,      ///< number = base + unit × k
    decimal = 1,    ///< number = (base + unit × k) / 10^decimals
    decimal32 = 2,  ///< the same, rounded to a float of 32 bits
    bits = 3,       ///< its bits = k << shift
    bits32 = 4,     ///< the bits of the float of 32 bits it is equal to = k << shift
  };
  /// 10^22 is the last power of ten that a double holds exactly.
  static constexpr unsigned kMaxDecimals = 22;

  Kind kind = Kind::whole;
  bool has_patches = false;  ///< numbers that are not of this form follow
  std::uint8_t decimals = 0;
  std::uint8_t shift = 0;
  std::int64_t base = 0;
  std::uint64_t unit = 1;

  bool is_bits() const { return kind >= Kind::bits; }
  /// Sums of k say what sums of the numbers are. A decimal of 32 bits is only near its number.
  bool is_exact() const { return kind <= Kind::decimal && !has_patches; }
  bool operator==(const NumberForm&) const = default;
};

/// A number that is not of the form; k stands for another one there.
struct NumberPatch {
  std::uint32_t place = 0;
  std::uint64_t bits = 0;
};

/// The form in which these numbers are smallest. `out` gets a k for each, `patches` what k cannot
/// say (floats only).
NumberForm to_form(std::span<const std::int64_t> numbers, std::vector<std::uint64_t>& out);
NumberForm to_form(std::span<const double> numbers, std::vector<std::uint64_t>& out,
                   std::vector<NumberPatch>& patches);

/// The numbers again, without the patches.
void from_form(const NumberForm& form, std::span<const std::uint64_t> ks,
               std::span<std::int64_t> out);
void from_form(const NumberForm& form, std::span<const std::uint64_t> ks, std::span<double> out);

void write_form(const NumberForm& form, base::Bytes& out);
/// False when there is no such form.
[[nodiscard]] bool read_form(base::ByteReader& in, NumberForm& form);

}  // namespace tagwerk::history
