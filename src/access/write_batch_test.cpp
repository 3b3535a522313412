#include "access/write_batch.hpp"

#include <gtest/gtest.h>
#include <thread>

namespace tagwerk::access {
namespace {

std::vector<WriteBatch::Item> items_of(std::size_t count) {
  std::vector<WriteBatch::Item> items(count);
  for (std::size_t i = 0; i < count; ++i)
    items[i].result.path = fmt::format("/T{}", i);
  return items;
}

TEST(WriteBatch, FinishesOnceAfterTheLastAnswerWhateverTheirOrder) {
  int finished = 0;
  std::vector<WriteBatch::Item> got;
  WriteBatch batch(nullptr, items_of(2), [&](std::vector<WriteBatch::Item> items) {
    ++finished;
    got = std::move(items);
  });
  batch.answer(1, {model::kBadTimeout, "no answer", {}});
  batch.close_one();
  EXPECT_EQ(finished, 0);
  batch.answer(0, {model::kGood, {}, Value::of(3.0)});
  ASSERT_EQ(finished, 1);
  EXPECT_TRUE(got[0].result.ok);
  EXPECT_EQ(got[0].result.value, Value::of(3.0));
  EXPECT_EQ(got[0].result.path, "/T0");
  EXPECT_FALSE(got[1].result.ok);
  EXPECT_EQ(got[1].result.status, model::kBadTimeout);
  EXPECT_EQ(got[1].result.detail, "no answer");
}

TEST(WriteBatch, FinishesWithoutItemsWhenItIsClosed) {
  bool finished = false;
  WriteBatch batch(nullptr, {}, [&](std::vector<WriteBatch::Item> items) {
    finished = true;
    EXPECT_TRUE(items.empty());
  });
  batch.close_one();
  EXPECT_TRUE(finished);
}

TEST(WriteBatch, SeesAllAnswersOfSeveralThreads) {
  constexpr std::size_t kThreads = 4, kEach = 50;
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> finished{0};
    bool all_there = true;
    WriteBatch batch(nullptr, items_of(kThreads * kEach), [&](std::vector<WriteBatch::Item> items) {
      for (std::size_t i = 0; i < items.size(); ++i)
        all_there &= items[i].result.detail == std::to_string(i);
      ++finished;
    });
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < kThreads; ++t)
      threads.emplace_back([&batch, t] {
        for (std::size_t i = t * kEach; i < (t + 1) * kEach; ++i)
          batch.answer(i, {model::kGood, std::to_string(i), {}});
      });
    batch.close_one();
    for (std::thread& thread : threads)
      thread.join();
    EXPECT_EQ(finished, 1);
    EXPECT_TRUE(all_there);
  }
}

}  // namespace
}  // namespace tagwerk::access
