#include "supervisor/marks.hpp"

#include <csignal>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "supervisor/server_for_test.hpp"

namespace tagwerk::supervisor {
namespace {

using testing::HasSubstr;

TEST(Marks, WhatWasSavedIsThereAfterOpeningAgain) {
  const TestDirectory directory;
  const Marks marks{{"", {1, 0}},
                    {"plc1", {1'763'680'000'000'000'000, 42}},
                    {"\xc3\xa4 'quoted'", {std::uint64_t{1} << 63, ~std::uint64_t{0}}}};
  ASSERT_TRUE((*MarkStore::open(directory / "marks"))->save(marks));
  EXPECT_EQ(*(*MarkStore::open(directory / "marks"))->load(), marks);
}

TEST(Marks, ALaterMarkReplacesTheEarlierOneOfItsProducerOnly) {
  const TestDirectory directory;
  auto store = *MarkStore::open(directory / "marks");
  ASSERT_TRUE(store->save({{"a", {1, 1}}, {"b", {1, 1}}}));
  ASSERT_TRUE(store->save({{"a", {2, 7}}}));
  EXPECT_EQ(*store->load(), (Marks{{"a", {2, 7}}, {"b", {1, 1}}}));
}

TEST(Marks, ADamagedFileIsRefusedWithWhatToDo) {
  const TestDirectory directory;
  std::ofstream(directory / "marks") << std::string(8192, 'x');
  const auto store = MarkStore::open(directory / "marks");
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::corrupt);
  EXPECT_THAT(store.error().message, HasSubstr(directory / "marks"));
  EXPECT_THAT(store.error().message, HasSubstr("move the file away"));
}

TEST(Marks, ADirectoryThatIsNotThereIsNamed) {
  const TestDirectory directory;
  const auto store = MarkStore::open(directory / "missing/marks");
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::io);
  EXPECT_THAT(store.error().message, HasSubstr("missing/marks"));
}

TEST(Marks, AFullDiskKeepsTheFormerMarksAndMendsByItself) {
  const TestDirectory directory;
  auto store = *MarkStore::open(directory / "marks");
  ASSERT_TRUE(store->save({{"a", {1, 1}}}));
  Marks many;
  for (int i = 0; i < 2000; ++i)
    many["connector" + std::to_string(i)] = {1, 2};
  many["a"] = {1, 2};

  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto former = std::signal(SIGXFSZ, SIG_IGN);
  rlimit full = before;
  full.rlim_cur = 16 * 1024;
  setrlimit(RLIMIT_FSIZE, &full);
  const auto saved = store->save(many);
  const auto loaded = store->load();
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, former);

  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().code, ErrorCode::io);
  EXPECT_THAT(saved.error().message, HasSubstr(directory / "marks"));
  EXPECT_EQ(*loaded, (Marks{{"a", {1, 1}}}));
  ASSERT_TRUE(store->save(many));
  EXPECT_EQ(*store->load(), many);
}

}  // namespace
}  // namespace tagwerk::supervisor
