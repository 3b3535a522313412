#include "history/number_form.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "history/decimal.hpp"
#include "history/unit.hpp"

namespace tagwerk::history {
namespace {

constexpr std::uint8_t kPatchesFlag = 0x80;

std::uint64_t unsigned_of(std::int64_t number) {
  return static_cast<std::uint64_t>(number);
}

/// Takes whole numbers, in two's complement, to k.
void reduce(NumberForm& form, std::vector<std::uint64_t>& numbers) {
  const auto least = std::ranges::min(
      numbers, {}, [](std::uint64_t each) { return static_cast<std::int64_t>(each); });
  form.base = static_cast<std::int64_t>(least);
  form.unit = divide_by_unit(numbers, least);
}

NumberForm to_bits(std::span<const double> numbers, bool binary32,
                   std::vector<std::uint64_t>& out) {
  NumberForm form{.kind = binary32 ? NumberForm::Kind::bits32 : NumberForm::Kind::bits};
  out.resize(numbers.size());
  std::uint64_t any = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    out[i] = binary32 ? std::bit_cast<std::uint32_t>(static_cast<float>(numbers[i]))
                      : std::bit_cast<std::uint64_t>(numbers[i]);
    any |= out[i];
  }
  form.shift = static_cast<std::uint8_t>(any == 0 ? 0 : std::countr_zero(any));
  for (std::uint64_t& each : out)
    each >>= form.shift;
  return form;
}

/// Misfits become patches; the k that stands in for each is that of its neighbour, which costs
/// least.
void take_out_misfits(std::span<const double> numbers, DecimalFit& fit,
                      std::vector<NumberPatch>& patches) {
  std::size_t fitting = 0;
  while (fitting < fit.misfits.size() && fit.misfits[fitting] == fitting)
    ++fitting;
  const std::uint64_t first = fitting < fit.whole.size() ? fit.whole[fitting] : 0;
  for (const std::uint32_t place : fit.misfits) {
    fit.whole[place] = place == 0 ? first : fit.whole[place - 1];
    patches.push_back({place, std::bit_cast<std::uint64_t>(numbers[place])});
  }
}

template <Precision P>
void from_decimal(const NumberForm& form, std::span<const std::uint64_t> ks,
                  std::span<double> out) {
  const double power = kPowersOfTen[form.decimals];
  const std::uint64_t base = unsigned_of(form.base), unit = form.unit;
  if (unit == 1)
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = rounded<P>(static_cast<double>(static_cast<std::int64_t>(base + ks[i])) / power);
  else
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] =
          rounded<P>(static_cast<double>(static_cast<std::int64_t>(base + unit * ks[i])) / power);
}

}  // namespace

NumberForm to_form(std::span<const std::int64_t> numbers, std::vector<std::uint64_t>& out) {
  out.assign(numbers.begin(), numbers.end());
  NumberForm form;
  if (!numbers.empty()) reduce(form, out);
  return form;
}

NumberForm to_form(std::span<const double> numbers, std::vector<std::uint64_t>& out,
                   std::vector<NumberPatch>& patches) {
  patches.clear();
  out.clear();
  if (numbers.empty()) return {};
  const bool binary32 = are_binary32(numbers);
  DecimalFit fit;
  fit.whole.swap(out);
  NumberForm form;
  // Whole numbers, halves and quarters are short either way; what was measured with 32 bits is so
  // in these only.
  const bool decimal = fit_decimal(numbers, Precision::binary64, fit);
  form.kind = NumberForm::Kind::decimal;
  if (binary32 && (!decimal || !fit.misfits.empty())) {
    DecimalFit narrow;
    if (fit_decimal(numbers, Precision::binary32, narrow) &&
        (!decimal || narrow.misfits.size() < fit.misfits.size())) {
      fit = std::move(narrow);
      form.kind = NumberForm::Kind::decimal32;
    } else if (!decimal) {
      out.swap(fit.whole);
      return to_bits(numbers, true, out);
    }
  } else if (!decimal) {
    out.swap(fit.whole);
    return to_bits(numbers, false, out);
  }
  form.decimals = static_cast<std::uint8_t>(fit.decimals);
  form.has_patches = !fit.misfits.empty();
  if (form.has_patches) take_out_misfits(numbers, fit, patches);
  out.swap(fit.whole);
  reduce(form, out);
  return form;
}

void from_form(const NumberForm& form, std::span<const std::uint64_t> ks,
               std::span<std::int64_t> out) {
  const std::uint64_t base = unsigned_of(form.base);
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<std::int64_t>(base + form.unit * ks[i]);
}

void from_form(const NumberForm& form, std::span<const std::uint64_t> ks, std::span<double> out) {
  switch (form.kind) {
    case NumberForm::Kind::whole:
    case NumberForm::Kind::decimal:
      return from_decimal<Precision::binary64>(form, ks, out);
    case NumberForm::Kind::decimal32:
      return from_decimal<Precision::binary32>(form, ks, out);
    case NumberForm::Kind::bits:
      for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = std::bit_cast<double>(ks[i] << form.shift);
      return;
    case NumberForm::Kind::bits32:
      for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = std::bit_cast<float>(static_cast<std::uint32_t>(ks[i] << form.shift));
      return;
  }
}

void write_form(const NumberForm& form, base::Bytes& out) {
  base::ByteWriter writer(out);
  writer.u8(static_cast<std::uint8_t>(static_cast<unsigned>(form.kind) |
                                      (form.has_patches ? kPatchesFlag : 0u)));
  if (form.is_bits()) {
    writer.u8(form.shift);
    return;
  }
  if (form.kind != NumberForm::Kind::whole) writer.u8(form.decimals);
  writer.zigzag(form.base);
  writer.varint(form.unit);
}

bool read_form(base::ByteReader& in, NumberForm& form) {
  form = {};
  const unsigned first = in.u8(), kind = first & ~unsigned{kPatchesFlag};
  if (kind > static_cast<unsigned>(NumberForm::Kind::bits32)) return false;
  form.kind = static_cast<NumberForm::Kind>(kind);
  form.has_patches = (first & kPatchesFlag) != 0;
  if (form.is_bits()) {
    form.shift = in.u8();
    return in.ok() && form.shift < 64;
  }
  if (form.kind != NumberForm::Kind::whole) form.decimals = in.u8();
  form.base = in.zigzag();
  form.unit = in.varint();
  return in.ok() && form.decimals <= NumberForm::kMaxDecimals && form.unit != 0;
}

}  // namespace tagwerk::history
