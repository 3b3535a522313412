#include "link/trace.hpp"

#include <deque>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace tagwerk::link {
namespace {

std::shared_ptr<const TraceConnection> connection(std::string device = "plc") {
  return std::make_shared<const TraceConnection>(
      TraceConnection{std::move(device), "10.0.0.1", 40000, "10.0.0.5", 502});
}

base::Bytes bytes(std::size_t size, std::uint64_t seed) {
  base::Bytes out(size);
  for (std::size_t i = 0; i < size; ++i)
    out[i] = static_cast<std::byte>(seed * 31 + i);
  return out;
}

base::Bytes kept(const TraceFrame& frame) {
  return {frame.bytes.begin(), frame.bytes.end()};
}

UtcTime in_second(std::uint64_t second) {
  return UtcTime(std::chrono::seconds(second));
}

RC_GTEST_PROP(TraceRing, HoldsTheNewestFramesWholeAndInOrder, ()) {
  const TraceRing::Limits limits{static_cast<std::size_t>(*rc::gen::inRange(1, 40)),
                                 static_cast<std::size_t>(*rc::gen::inRange(64, 2000))};
  const auto sizes =
      *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, 60));
  TraceRing ring(limits);
  const auto where = connection();
  std::uint64_t number = 0;
  for (const std::size_t size : sizes) {
    ++number;
    ring.add(where, TraceDirection::sent, bytes(size, number), in_second(number));
    RC_ASSERT(ring.next() == number + 1);
    RC_ASSERT(ring.next() - ring.oldest() <= limits.frames);
    std::size_t total = 0;
    for (std::uint64_t each = ring.oldest(); each < ring.next(); ++each) {
      const TraceFrame frame = ring.at(each);
      RC_ASSERT(kept(frame) == bytes(sizes[each - 1], each));
      RC_ASSERT(frame.time == in_second(each));
      total += frame.bytes.size();
    }
    RC_ASSERT(total <= limits.bytes);
  }
  // What gives way does so only for want of room: two frames more would not have fitted.
  if (ring.oldest() > 1 && ring.next() - ring.oldest() < limits.frames) {
    std::size_t total = 0;
    for (std::uint64_t each = ring.oldest() - 1; each < ring.next(); ++each)
      total += sizes[each - 1];
    RC_ASSERT(total + 60 > limits.bytes);
  }
}

TEST(TraceRing, KeepsTenThousandModbusFrames) {
  TraceRing ring;
  const auto where = connection();
  for (std::uint64_t i = 1; i <= 25'000; ++i)
    ring.add(where, TraceDirection::received, bytes(260, i), in_second(i));
  EXPECT_EQ(ring.next() - ring.oldest(), 10'000u);
  EXPECT_EQ(kept(ring.at(15'001)), bytes(260, 15'001));
  EXPECT_FALSE(ring.holds(15'000));
}

TEST(TraceRing, CutsAFrameThatIsTooLongAndRemembersItsSize) {
  TraceRing ring({10, 100});
  ring.add(connection(), TraceDirection::sent, bytes(1000, 7), in_second(1));
  EXPECT_EQ(ring.at(1).bytes.size(), 100u);
  EXPECT_EQ(ring.at(1).size, 1000u);
  ring.add(connection(), TraceDirection::sent, bytes(3, 8), in_second(2));
  EXPECT_EQ(ring.oldest(), 2u);
}

TEST(TraceRing, KnowsDeviceDirectionAndDelayAndForgetsConnectionsNobodyNeeds) {
  TraceRing ring({2, 100});
  auto first = connection("first");
  const std::weak_ptr<const TraceConnection> watched = first;
  ring.add(std::move(first), TraceDirection::sent, bytes(3, 1), in_second(1));
  ring.add(connection("second"), TraceDirection::received, bytes(4, 2), in_second(2),
           std::chrono::milliseconds(7));
  EXPECT_EQ(ring.at(1).connection->device, "first");
  EXPECT_EQ(ring.at(1).delay, kNoDelay);
  EXPECT_EQ(ring.at(2).direction, TraceDirection::received);
  EXPECT_EQ(ring.at(2).delay, std::chrono::milliseconds(7));
  ring.add(connection("third"), TraceDirection::sent, bytes(5, 3), in_second(3));
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace tagwerk::link
