#include "model/value.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <rapidcheck/gtest.h>

#include "model/quality.hpp"
#include "model/sample.hpp"

namespace tagwerk::model {
namespace {

TEST(Value, CopiesShareTheirTextAndSurviveEachOther) {
  Value copy;
  {
    const Value original = Value::string("pump");
    copy = original;
    EXPECT_EQ(copy.as_text().data(), original.as_text().data());
  }
  EXPECT_EQ(copy.as_text(), "pump");
  copy = Value::of(true);
  EXPECT_TRUE(copy.as_bool());
}

TEST(Value, ConvertsOnlyWithoutLoss) {
  EXPECT_EQ(Value::of(3.0).to(Type::integer)->as_int(), 3);
  EXPECT_FALSE(Value::of(3.5).to(Type::integer));
  EXPECT_FALSE(Value::of(1e19).to(Type::integer));
  EXPECT_FALSE(Value::of(std::nan("")).to(Type::integer));
  EXPECT_EQ(Value::of(std::int64_t{1}).to(Type::boolean)->as_bool(), true);
  EXPECT_FALSE(Value::of(std::int64_t{2}).to(Type::boolean));
  EXPECT_FALSE(Value::string("3").to(Type::integer));
  EXPECT_TRUE(Value().to(Type::floating)->is_null());
}

TEST(Value, NamesValueAndTypeWhenItCannotConvert) {
  EXPECT_EQ(Value::of(3.5).to(Type::integer).error().message, "float 3.5 cannot be used as int");
}

TEST(Value, WritesJsonThatIsAlwaysValid) {
  EXPECT_EQ(Value::of(0.1).to_json(), "0.1");
  EXPECT_EQ(Value::of(std::numeric_limits<double>::infinity()).to_json(), "null");
  EXPECT_EQ(Value::string("a\"b\\\n\x01").to_json(), R"("a\"b\\\n\u0001")");
  EXPECT_EQ(Value::string("\xff ok \xc3\xa4").to_json(), "\"\xef\xbf\xbd ok \xc3\xa4\"");
  EXPECT_EQ(Value::array(std::vector<double>{1.5, std::nan("")}).to_json(), "[1.5,null]");
  EXPECT_EQ(Value::array(std::vector<std::string>{"a", "b"}).to_json(), R"(["a","b"])");
}

RC_GTEST_PROP(Value, EqualityFollowsTheContent, (double a, double b)) {
  RC_ASSERT(Value::of(a) == Value::of(a));
  RC_ASSERT((Value::of(a) == Value::of(b)) ==
            (std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b)));
}

TEST(Quality, KnowsItsSeverityAndItsName) {
  EXPECT_TRUE(kGood.good());
  EXPECT_TRUE(kUncertainLastUsableValue.uncertain());
  EXPECT_TRUE(kBadNoCommunication.bad());
  EXPECT_EQ(name(kBadNoCommunication.with_overflow()), "BadNoCommunication");
  EXPECT_TRUE(kGood.with_overflow().overflow());
  EXPECT_EQ(name(Quality{0x80FE0000}), "Bad");
  EXPECT_EQ(quality_from("BadNotConnected"), kBadNotConnected);
  EXPECT_EQ(quality_from("0x808A0000"), kBadNotConnected);
  EXPECT_EQ(quality_from("perhaps"), std::nullopt);
}

}  // namespace
}  // namespace tagwerk::model
