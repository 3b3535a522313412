#include "history/number_form.hpp"

#include <bit>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace tagwerk::history {
namespace {

struct Formed {
  NumberForm form;
  std::vector<std::uint64_t> ks;
  std::vector<NumberPatch> patches;
};

Formed formed(const std::vector<double>& numbers) {
  Formed out;
  out.form = to_form(numbers, out.ks, out.patches);
  std::vector<double> back(numbers.size());
  from_form(out.form, out.ks, back);
  for (const NumberPatch& each : out.patches)
    back[each.place] = std::bit_cast<double>(each.bits);
  for (std::size_t i = 0; i < numbers.size(); ++i)
    EXPECT_EQ(std::bit_cast<std::uint64_t>(back[i]), std::bit_cast<std::uint64_t>(numbers[i])) << i;
  return out;
}

TEST(NumberForm, DecimalsBecomeSmallWholeNumbers) {
  const auto [form, ks, patches] = formed({21.5, 21.25, 22, 21.75});
  EXPECT_EQ(form.kind, NumberForm::Kind::decimal);
  EXPECT_EQ(form.decimals, 2);
  EXPECT_EQ(form.base, 2125);
  EXPECT_EQ(form.unit, 25u);
  EXPECT_EQ(ks, (std::vector<std::uint64_t>{1, 0, 3, 2}));
}

TEST(NumberForm, FloatsOf32BitsAreDecimalsOf32Bits) {
  const auto [form, ks, patches] = formed({0.1f, 0.2f, 0.4f});
  EXPECT_EQ(form.kind, NumberForm::Kind::decimal32);
  EXPECT_EQ(ks, (std::vector<std::uint64_t>{0, 1, 3}));
}

TEST(NumberForm, WhatIsNoDecimalKeepsItsBits) {
  EXPECT_EQ(formed({std::sqrt(2), std::sqrt(3), std::sqrt(5)}).form.kind, NumberForm::Kind::bits);
  EXPECT_EQ(formed({std::sqrt(2.f), std::sqrt(3.f), 1e-40f}).form.kind, NumberForm::Kind::bits32);
}

TEST(NumberForm, AFewThatDoNotFitArePatches) {
  std::vector<double> numbers(100, 1.5);
  numbers[0] = -0.0;
  numbers[50] = std::numeric_limits<double>::infinity();
  numbers[51] = 1.0 / 3;
  numbers[99] = std::numeric_limits<double>::denorm_min();
  const auto [form, ks, patches] = formed(numbers);
  EXPECT_EQ(form.kind, NumberForm::Kind::decimal);
  EXPECT_EQ(patches.size(), 4u);
}

TEST(NumberForm, OneWithManyDecimalsIsAPatchAndManyAreNot) {
  std::vector<double> numbers(1000, 0.5);
  numbers[500] = 0.123456789012;
  EXPECT_EQ(formed(numbers).form.decimals, 1);
  for (std::size_t i = 0; i < numbers.size(); i += 4)
    numbers[i] = 0.123456;
  EXPECT_EQ(formed(numbers).form.decimals, 6);
}

TEST(NumberForm, DifferencesThatWrapComeBack) {
  const std::vector<std::int64_t> numbers{std::numeric_limits<std::int64_t>::max(),
                                          std::numeric_limits<std::int64_t>::min(), 0, -1};
  std::vector<std::uint64_t> ks;
  const auto form = to_form(numbers, ks);
  std::vector<std::int64_t> back(numbers.size());
  from_form(form, ks, back);
  EXPECT_EQ(back, numbers);
}

TEST(NumberForm, TheUnitDividesAllAlsoBeyondWhatADoubleHolds) {
  for (const std::int64_t unit :
       {std::int64_t{3}, std::int64_t{1'000'000'000}, std::int64_t{1} << 60}) {
    const std::vector<std::int64_t> numbers{unit * 7, unit, unit * 4, unit * 5};
    std::vector<std::uint64_t> ks;
    const auto form = to_form(numbers, ks);
    EXPECT_EQ(form.unit, static_cast<std::uint64_t>(unit));
    EXPECT_EQ(ks, (std::vector<std::uint64_t>{6, 0, 3, 4}));
  }
}

TEST(NumberForm, AUnitThatOnlyTheLastNumberBreaksIsFound) {
  std::vector<std::int64_t> numbers(1000);
  for (std::size_t i = 0; i < numbers.size(); ++i)
    numbers[i] = static_cast<std::int64_t>(i) * 12;
  numbers.back() += 4;
  std::vector<std::uint64_t> ks;
  EXPECT_EQ(to_form(numbers, ks).unit, 4u);
}

}  // namespace
}  // namespace tagwerk::history
