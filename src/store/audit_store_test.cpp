#include "store/audit_store.hpp"

#include <gmock/gmock.h>

#include "store/store_for_test.hpp"

namespace tagwerk::store {
namespace {

class AuditTest : public StoreTest {
 protected:
  static AuditEntry entry(const char* who, const char* action, const char* target, int second) {
    AuditEntry out;
    out.at = kNow + std::chrono::seconds(second);
    out.who = who;
    out.action = action;
    out.target = target;
    out.old_value = "1";
    out.new_value = "{\"a\":\"ü\"}";
    out.outcome = "ok";
    return out;
  }
  /// Seconds of what a filter finds.
  std::vector<int> found(const AuditFilter& filter) {
    std::vector<int> out;
    const auto page = audit_.query(filter);
    EXPECT_TRUE(page) << page.error().to_string();
    for (const auto& e : page->entries)
      out.push_back(static_cast<int>((e.at - kNow) / std::chrono::seconds(1)));
    return out;
  }

  std::unique_ptr<Database> database_ = open();
  AuditStore audit_{*database_};
};

using testing::ElementsAre;

TEST_F(AuditTest, IsReadNewestFirstPageByPage) {
  std::vector<AuditEntry> all;
  for (int i = 0; i < 25; ++i)
    all.push_back(entry("anna", "write", "/A", i));
  ASSERT_TRUE(audit_.append(std::span(all).first(20)));
  ASSERT_TRUE(audit_.append(std::span(all).subspan(20)));
  AuditFilter filter;
  filter.limit = 10;
  std::vector<std::uint64_t> ids;
  do {
    const auto page = *audit_.query(filter);
    for (const auto& e : page.entries)
      ids.push_back(e.id);
    filter.cursor = page.next_cursor;
  } while (!filter.cursor.empty());
  ASSERT_EQ(ids.size(), 25u);
  EXPECT_TRUE(std::is_sorted(ids.rbegin(), ids.rend()));
  auto expected = all.back();
  expected.id = 25;
  EXPECT_EQ(audit_.query({})->entries.front(), expected);
  filter.cursor = "x";
  EXPECT_EQ(audit_.query(filter).error().code, ErrorCode::invalid_argument);
}

TEST_F(AuditTest, IsFilteredByWhoActionSubtreeAndTime) {
  const std::vector<AuditEntry> all{
      entry("anna", "write", "/Plant/P1/Set", 0), entry("ben", "write", "/Plant2/Set", 1),
      entry("anna", "login", "", 2), entry("ben", "write", "/Plant", 3)};
  ASSERT_TRUE(audit_.append(all));
  AuditFilter filter;
  filter.who = "anna";
  EXPECT_THAT(found(filter), ElementsAre(2, 0));
  filter.action = "write";
  EXPECT_THAT(found(filter), ElementsAre(0));
  filter = {};
  filter.subtree = "/Plant";
  EXPECT_THAT(found(filter), ElementsAre(3, 0));
  filter.subtree = "/";
  filter.from = kNow + std::chrono::seconds(1);
  filter.until = kNow + std::chrono::seconds(3);
  EXPECT_THAT(found(filter), ElementsAre(2, 1));
  filter = {};
  filter.who = "x' OR '1'='1";
  EXPECT_THAT(found(filter), ElementsAre());
}

TEST_F(AuditTest, IsWrittenWholeOrNotAtAll) {
  const std::vector<AuditEntry> all(5, entry("anna", "write", "/A", 0));
  fail_inserts("audit", 3);
  EXPECT_FALSE(audit_.append(all));
  mend();
  EXPECT_TRUE(audit_.query({})->entries.empty());
  EXPECT_TRUE(audit_.append(all));
  EXPECT_EQ(audit_.query({})->entries.size(), 5u);
}

}  // namespace
}  // namespace tagwerk::store
