#include "history/block.hpp"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sstream>

#include "base/build_for_test.hpp"
#include "history/points_for_test.hpp"

namespace tagwerk::history {
namespace {

using base::Bytes;
using model::Type;
using testing::HasSubstr;

Bytes block_of(std::span<const Point> points) {
  static BlockEncoder encoder;
  Bytes out;
  const auto made = encoder.encode(points, out);
  EXPECT_TRUE(made.has_value()) << made.error().message;
  return out;
}

std::vector<Point> points_of(const Bytes& block) {
  static BlockDecoder decoder;
  Columns columns;
  const auto read = decoder.decode(block, columns);
  EXPECT_TRUE(read.has_value()) << read.error().message;
  std::vector<Point> out;
  for (std::size_t i = 0; i < columns.size(); ++i)
    out.push_back(columns.point(i));
  return out;
}

std::string refusal(std::span<const Point> points) {
  BlockEncoder encoder;
  Bytes out{std::byte{1}};
  const auto made = encoder.encode(points, out);
  EXPECT_EQ(out.size(), 1u) << "what was there before stays, and nothing else";
  return made ? "" : made.error().message;
}

RC_GTEST_PROP(Block, AnyPointsComeBackBitForBit, ()) {
  PointMaker maker(*rc::gen::arbitrary<std::uint64_t>());
  const auto points = maker.points(2000);
  RC_ASSERT(points_of(block_of(points)) == points);
}

TEST(Block, EveryTypeComesBackAtEveryLength) {
  for (const std::size_t count : {std::size_t{1}, std::size_t{2}, std::size_t{3}, kMaxPoints})
    for (int type = 0; type < 10; ++type) {
      PointMaker maker(count * 10 + static_cast<unsigned>(type));
      const auto points = maker.points(static_cast<Type>(type), count);
      EXPECT_EQ(points_of(block_of(points)), points) << count << " of type " << type;
    }
}

TEST(Block, AMergeOfDecodedColumnsIsLikeOneOfPoints) {
  PointMaker maker(5);
  for (int i = 0; i < base::many(300, 60); ++i) {
    const auto points = maker.points(300);
    const Bytes block = block_of(points);
    BlockDecoder decoder;
    BlockEncoder encoder;
    Columns columns;
    ASSERT_TRUE(decoder.decode(block, columns));
    Bytes again;
    ASSERT_TRUE(encoder.encode(columns, again));
    EXPECT_EQ(again, block);
  }
}

TEST(Block, BlocksInARowAreFoundByTheirSize) {
  const std::vector<Point> one{point_at(0, Value::of(1.5))},
      two{point_at(1, Value::of(true)), point_at(2, Value())};
  Bytes row = block_of(one);
  const std::size_t first = row.size();
  const Bytes second = block_of(two);
  row.insert(row.end(), second.begin(), second.end());
  EXPECT_EQ(block_size(base::ByteView(row).first(8)), first);
  EXPECT_EQ(read_header(row)->size, first);
  EXPECT_EQ(read_header(base::ByteView(row).subspan(first))->points, 2u);
}

TEST(Block, WhereEveryValueIsNullThereIsNoType) {
  const std::vector<Point> points{point_at(0, {}, model::kBadNoCommunication),
                                  point_at(9, {}, model::kBad)};
  const Bytes block = block_of(points);
  EXPECT_EQ(read_header(block)->type, Type::null);
  EXPECT_EQ(read_header(block)->nulls, 2u);
  EXPECT_EQ(points_of(block), points);
}

TEST(Block, ATextIsThereOnceHoweverOftenItIsSaid) {
  std::vector<Point> points;
  for (int i = 0; i < 1000; ++i)
    points.push_back(point_at(i, Value::string(i / 10 % 2 == 0 ? "running" : "stopped")));
  const Bytes block = block_of(points);
  EXPECT_LT(block.size(), 80u);
  Columns columns;
  ASSERT_TRUE(BlockDecoder().decode(block, columns));
  EXPECT_EQ(columns.texts, (std::vector<std::string>{"running", "stopped"}));
}

TEST(Block, PointsThatDoNotBelongTogetherAreRefused) {
  EXPECT_THAT(refusal({}), HasSubstr("no points"));
  EXPECT_THAT(refusal(std::vector{point_at(0, Value::of(1.0)), point_at(1, Value::of(true))}),
              HasSubstr("point 2 is of type bool and those before it of type float"));
  EXPECT_THAT(refusal(std::vector{point_at(1, Value::of(1.0)), point_at(0, Value::of(2.0))}),
              HasSubstr("point 2 of 2 is older"));
  EXPECT_THAT(refusal(std::vector<Point>(kMaxPoints + 1, point_at(0, Value::of(true)))),
              HasSubstr("4097 points are more than 4096"));
}

TEST(Block, WhatIsAboveALimitIsRefused) {
  std::vector<Point> texts, arrays;
  for (int i = 0; i < 65; ++i)
    texts.push_back(point_at(i, Value::string(std::string(1 << 18, static_cast<char>('0' + i)))));
  EXPECT_THAT(refusal(texts), HasSubstr("17039360 bytes, more than 16777216"));
  for (int i = 0; i < 33; ++i)
    arrays.push_back(point_at(i, Value::array(std::vector<bool>(1 << 15))));
  EXPECT_THAT(refusal(arrays), HasSubstr("1081344 elements, more than 1048576"));
}

/// The hexadecimal bytes that begin the lines of the page's example.
Bytes example_of_the_page() {
  std::ifstream in(TAGWERK_SOURCE_DIR "/docs/formats/history-block.md");
  Bytes out;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line == "```hex" || line == "```") {
      inside = line == "```hex";
      continue;
    }
    if (!inside) continue;
    std::istringstream words(line.substr(0, line.find("    ")));
    for (std::string word; words >> word;)
      out.push_back(static_cast<std::byte>(std::stoi(word, nullptr, 16)));
  }
  return out;
}

TEST(Block, TheExampleOfTheFormatPageIsTrue) {
  const std::vector<Point> points{
      point_at(0, Value::of(21.5)),
      point_at(1, Value::of(21.6)),
      point_at(2, Value::of(21.8)),
      point_at(3, Value::of(21.7)),
      point_at(5, {}, model::kBadNoCommunication),
      point_at(6, Value::of(22.1)),
  };
  EXPECT_EQ(block_of(points), example_of_the_page());
  EXPECT_EQ(points_of(example_of_the_page()), points);
}

}  // namespace
}  // namespace tagwerk::history
