#include "link/buffer.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "link/frame.hpp"
#include "link/overflow.hpp"
#include "link/samples.hpp"
#include "link/write_queue.hpp"

namespace tagwerk::link {
namespace {

FrameBuffer::Entry entry(std::uint64_t sequence, MonoTime at = {}) {
  return {sequence, 1, at, std::make_shared<const base::Bytes>(100)};
}

TEST(LinkBuffer, GivesEachFrameOncePerSessionAndAgainAfterARewind) {
  FrameBuffer buffer({});
  buffer.push(entry(1));
  buffer.push(entry(2));
  EXPECT_TRUE(buffer.next());
  EXPECT_TRUE(buffer.next());
  EXPECT_FALSE(buffer.next());
  buffer.acknowledge(1);
  buffer.push(entry(3));
  EXPECT_TRUE(buffer.next());
  EXPECT_FALSE(buffer.next());
  buffer.rewind();
  EXPECT_EQ(buffer.oldest(), 2u);
  EXPECT_TRUE(buffer.next());
  EXPECT_TRUE(buffer.next());
  EXPECT_FALSE(buffer.next());
}

TEST(LinkBuffer, DropsTheOldestByAgeAndNeverTheNewest) {
  FrameBuffer buffer({.bytes = 1 << 20, .age = std::chrono::seconds(10)});
  buffer.push(entry(1, MonoTime(std::chrono::seconds(1))));
  buffer.push(entry(2, MonoTime(std::chrono::seconds(5))));
  const auto dropped = buffer.push(entry(3, MonoTime(std::chrono::seconds(14))));
  ASSERT_EQ(dropped.size(), 1u);
  EXPECT_EQ(dropped[0].sequence, 1u);
  FrameBuffer tiny({.bytes = 1, .age = std::chrono::seconds(10)});
  EXPECT_TRUE(tiny.push(entry(1)).empty());
  EXPECT_EQ(tiny.push(entry(2)).size(), 1u);
  EXPECT_EQ(tiny.frames(), 1u);
}

/// Against a plain list: whatever happens, what is not acknowledged and not dropped is there, in
/// order, and the counts are right.
RC_GTEST_PROP(LinkBuffer, BehavesAsAPlainList, (const std::vector<std::uint8_t>& steps)) {
  FrameBuffer buffer({.bytes = 1500, .age = std::chrono::hours(1)});
  std::deque<std::uint64_t> list;
  std::uint64_t sequence = 0;
  for (const auto step : steps) {
    if (step % 4 == 0 && !list.empty()) {
      const std::uint64_t upto = list.front() + step % 3;
      buffer.acknowledge(upto);
      while (!list.empty() && list.front() <= upto)
        list.pop_front();
    } else if (step % 4 == 1) {
      buffer.rewind();
    } else if (step % 4 == 2) {
      (void)buffer.next();
    } else {
      list.push_back(++sequence);
      for (const auto& dropped : buffer.push(entry(sequence))) {
        RC_ASSERT(dropped.sequence == list.front());
        list.pop_front();
      }
    }
    RC_ASSERT(buffer.frames() == list.size());
    RC_ASSERT(buffer.samples() == list.size());
    RC_ASSERT(buffer.oldest() == (list.empty() ? 0 : list.front()));
  }
  buffer.rewind();
  std::size_t given = 0;
  while (buffer.next())
    ++given;
  RC_ASSERT(given == list.size());
}

OverflowMarks::Frame frame_of(std::uint64_t sequence, std::uint64_t revision,
                              std::vector<std::uint32_t> handles) {
  std::vector<Sample> samples;
  for (const auto handle : handles)
    samples.push_back({Value::of(1.0), UtcTime(), model::kGood, handle});
  auto frame = std::make_shared<base::Bytes>();
  encode_samples({sequence, revision}, samples, *frame);
  return frame;
}

std::vector<bool> overflows(const OverflowMarks::Frame& frame) {
  std::vector<Sample> samples;
  std::vector<bool> out;
  EXPECT_TRUE(decode_samples(base::ByteView(*frame).subspan(kFrameHeader), samples));
  for (const Sample& each : samples)
    out.push_back(each.quality.overflow());
  return out;
}

TEST(LinkOverflow, MarksTheNextSampleOfEachTagThatLostOneAndOnlyThat) {
  OverflowMarks marks;
  marks.add(*frame_of(1, 7, {1, 3}));
  EXPECT_EQ(overflows(marks.apply(frame_of(2, 7, {0, 1, 2}))), (std::vector{false, true, false}));
  EXPECT_EQ(overflows(marks.apply(frame_of(3, 7, {1, 2}))), (std::vector{false, false}));
  EXPECT_EQ(overflows(marks.apply(frame_of(4, 7, {3, 3}))), (std::vector{true, false}));
  EXPECT_TRUE(marks.empty());
}

TEST(LinkOverflow, HandlesOfAnotherRevisionAreNotMarked) {
  OverflowMarks marks;
  marks.add(*frame_of(1, 7, {1}));
  EXPECT_EQ(overflows(marks.apply(frame_of(2, 6, {1}))), (std::vector{false}));
  EXPECT_EQ(overflows(marks.apply(frame_of(3, 8, {1}))), (std::vector{false}));
  EXPECT_TRUE(marks.empty());
}

PendingWrite write_to(std::uint32_t handle, std::uint64_t id, MonoTime deadline = MonoTime::max()) {
  PendingWrite out{id, {}};
  out.order.binding.handle = handle;
  out.order.deadline = deadline;
  return out;
}

TEST(LinkWriteQueue, KeepsTheLastWritePerTagInOrderOfArrival) {
  WriteQueue queue;
  EXPECT_FALSE(queue.push(write_to(1, 1)));
  EXPECT_FALSE(queue.push(write_to(2, 2)));
  EXPECT_EQ(queue.push(write_to(1, 3))->id, 1u);
  const auto alone = [](const WriteOrder&, const WriteOrder&) { return false; };
  EXPECT_EQ(queue.pop(alone).at(0).id, 2u);
  EXPECT_EQ(queue.pop(alone).at(0).id, 3u);
  EXPECT_TRUE(queue.pop(alone).empty());
}

TEST(LinkWriteQueue, GivesTogetherWhatJoinsTheFirstAndLiesDirectlyBehindIt) {
  WriteQueue queue;
  for (const std::uint32_t handle : {1u, 3u, 5u, 2u, 7u})
    queue.push(write_to(handle, handle));
  const auto both_odd = [](const WriteOrder& first, const WriteOrder& next) {
    return first.binding.handle % 2 == 1 && next.binding.handle % 2 == 1;
  };
  const auto ids = [&] {
    std::vector<std::uint64_t> out;
    for (const PendingWrite& each : queue.pop(both_odd))
      out.push_back(each.id);
    return out;
  };
  EXPECT_EQ(ids(), (std::vector<std::uint64_t>{1, 3, 5}));
  EXPECT_EQ(ids(), (std::vector<std::uint64_t>{2}));
  EXPECT_EQ(ids(), (std::vector<std::uint64_t>{7}));
}

TEST(LinkWriteQueue, GivesUpWhatIsTooLate) {
  WriteQueue queue;
  queue.push(write_to(1, 1, MonoTime(std::chrono::seconds(3))));
  queue.push(write_to(2, 2, MonoTime(std::chrono::seconds(1))));
  EXPECT_EQ(queue.next_deadline(), MonoTime(std::chrono::seconds(1)));
  const auto expired = queue.take_expired(MonoTime(std::chrono::seconds(2)));
  ASSERT_EQ(expired.size(), 1u);
  EXPECT_EQ(expired[0].id, 2u);
  EXPECT_EQ(queue.take_all().size(), 1u);
}

}  // namespace
}  // namespace tagwerk::link
