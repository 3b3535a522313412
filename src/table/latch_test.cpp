#include "table/latch.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <memory>
#include <rapidcheck/gtest.h>
#include <thread>

namespace tagwerk::table {
namespace {

/// Every field follows from the number: a mixture of two publishes shows.
Current pattern(std::uint64_t n) {
  return {.type = n % 2 == 0 ? Type::integer : Type::floating,
          .quality = static_cast<std::uint32_t>(n * 2654435761U),
          .bits = n,
          .source_ns = static_cast<std::int64_t>(n * 3),
          .server_ns = static_cast<std::int64_t>(n * 7)};
}
bool is_whole(const Current& seen) {
  auto expected = pattern(seen.bits);
  expected.number = seen.number;
  return seen == expected;
}

TEST(Control, KeepsItsPartsApart) {
  const auto control = Control::make(123456789, 1, true, Type::string_array, Type::boolean);
  EXPECT_EQ(control.number(), 123456789U);
  EXPECT_EQ(control.copy(), 1U);
  EXPECT_TRUE(control.previous());
  EXPECT_EQ(control.type(), Type::string_array);
  EXPECT_EQ(control.other_type(), Type::boolean);
  EXPECT_FALSE(control.without_previous().previous());
  EXPECT_EQ(control.without_previous().type(), Type::string_array);
}

TEST(Control, ReadsAnUnknownTypeAsNull) {
  EXPECT_EQ(Control{15 << 2}.type(), Type::null);
}

TEST(Latch, ShowsTheStateBeforeTheBatchUntilItIsCommitted) {
  Cell cell{};
  Batch batch;
  Word committed{0};
  write_slot(cell, batch, pattern(1));
  committed = batch.committed = batch.current++;
  write_slot(cell, batch, pattern(2));
  Current seen;
  Control control;
  bool previous = false;
  ASSERT_TRUE(read_slot_at(cell, committed, batch.committed, seen, control, previous));
  EXPECT_TRUE(previous);
  EXPECT_EQ(seen.bits, 1U);
  EXPECT_EQ(seen.type, Type::floating);
  ASSERT_TRUE(read_slot(cell, seen));
  EXPECT_EQ(seen.bits, 2U);
}

TEST(Latch, GivesUpTheStateBeforeTheBatchWhenATagIsPublishedTwice) {
  Cell cell{};
  Batch batch;
  const Word committed{0};
  write_slot(cell, batch, pattern(1));
  write_slot(cell, batch, pattern(2));
  EXPECT_EQ(batch.current, 2U);
  Current seen;
  Control control;
  bool previous = false;
  EXPECT_FALSE(read_slot_at(cell, committed, 0, seen, control, previous));
  ASSERT_TRUE(read_slot(cell, seen));
  EXPECT_EQ(seen.bits, 2U);
}

RC_GTEST_PROP(Latch, BehavesAsAPlainTableWithAHistoryOfOneBatch, ()) {
  constexpr std::size_t kCells = 4;
  auto cells = std::make_unique<Cell[]>(kCells);
  std::uint64_t now[kCells] = {};
  std::uint64_t before[kCells] = {};
  int in_batch[kCells] = {};
  Batch batch;
  Word committed{0};
  const auto steps =
      *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, kCells + 1));
  std::uint64_t next = 1;
  for (const auto step : steps) {
    if (step == kCells) {
      committed = batch.committed = batch.current++;
      for (std::size_t i = 0; i < kCells; ++i)
        before[i] = now[i], in_batch[i] = 0;
    } else {
      now[step] = next++;
      ++in_batch[step];
      write_slot(cells[step], batch, pattern(now[step]));
    }
    for (std::size_t i = 0; i < kCells; ++i) {
      Current seen;
      Control control;
      bool previous = false;
      RC_ASSERT(read_slot(cells[i], seen));
      RC_ASSERT(seen.bits == now[i]);
      const bool reachable =
          read_slot_at(cells[i], committed, batch.committed, seen, control, previous);
      RC_ASSERT(reachable == (in_batch[i] < 2));
      if (reachable) RC_ASSERT(seen.bits == before[i]);
    }
  }
}

TEST(Latch, NeverGivesAMixtureWhileAWriterRuns) {
  constexpr std::uint64_t kPublishes = 300'000;
  auto cell = std::make_unique<Cell>();
  Batch batch;
  write_slot(*cell, batch, pattern(1));
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (std::uint64_t n = 2; n < kPublishes; ++n) {
      if (n % 3 == 0) batch.committed = batch.current++;
      write_slot(*cell, batch, pattern(n));
    }
    done = true;
  });
  std::uint64_t torn = 0, backwards = 0, last = 0;
  while (!done) {
    Current seen;
    if (!read_slot(*cell, seen)) continue;
    torn += is_whole(seen) ? 0 : 1;
    backwards += seen.bits < last ? 1 : 0;
    last = seen.bits;
  }
  writer.join();
  EXPECT_EQ(torn, 0U);
  EXPECT_EQ(backwards, 0U);
}

RC_GTEST_PROP(AreaBytes, SurviveATripThroughWords, ()) {
  const auto text = *rc::gen::arbitrary<std::string>();
  const auto bytes = std::as_bytes(std::span(text));
  auto words = std::make_unique<Word[]>(text.size() / 8 + 1);
  store_bytes(words.get(), bytes);
  std::string back(text.size(), '?');
  load_bytes(words.get(), std::as_writable_bytes(std::span(back)));
  RC_ASSERT(back == text);
  RC_ASSERT(equal_bytes(words.get(), bytes));
}

}  // namespace
}  // namespace tagwerk::table
