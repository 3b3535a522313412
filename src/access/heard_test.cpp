#include "access/heard.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tagwerk::access {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::shared_ptr<const Broadcast> broadcast_of(const std::vector<TagId>& tags,
                                              std::uint64_t number) {
  auto out = std::make_shared<Broadcast>();
  for (const TagId tag : tags)
    out->changes.push_back({.tag = tag});
  out->number = number;
  return out;
}

/// "place: index=tag@number …" of every subscription.
std::vector<std::string> all_of(Heard& heard) {
  std::vector<std::string> out;
  while (const auto next = heard.next()) {
    std::string& line = out.emplace_back(fmt::format("{}:", next->place));
    for (const Heard::Note& note : next->notes)
      line +=
          fmt::format(" {}={}@{}", note.index, heard.at(note).change->tag, heard.at(note).number);
  }
  return out;
}

TEST(Heard, GivesEachSubscriptionItsChangesInTheOrderTheyCame) {
  Heard heard;
  for (const auto& broadcast : {broadcast_of({10, 11}, 1), broadcast_of({10}, 2)}) {
    heard.keep(broadcast);
    for (const engine::Change& change : broadcast->changes) {
      heard.begin(change);
      if (change.tag == 11) heard.add(7, 0);
      heard.add(3, change.tag == 10 ? 5 : 6);
    }
  }
  EXPECT_EQ(heard.subscriptions(), 2u);
  EXPECT_EQ(heard.size(), 4u);
  EXPECT_THAT(all_of(heard), ElementsAre("3: 5=10@1 6=11@1 5=10@2", "7: 0=11@1"));
}

TEST(Heard, IsEmptyWhenAllWereToldAndCanBeginAnew) {
  Heard heard;
  EXPECT_THAT(all_of(heard), IsEmpty());
  for (std::uint64_t round = 1; round < 4; ++round) {
    const auto broadcast = broadcast_of({20}, round);
    heard.keep(broadcast);
    heard.begin(broadcast->changes.front());
    heard.add(1, 0);
    EXPECT_FALSE(heard.empty());
    EXPECT_THAT(all_of(heard), ElementsAre(fmt::format("1: 0=20@{}", round)));
    EXPECT_TRUE(heard.empty());
    EXPECT_EQ(broadcast.use_count(), 1) << "is let go";
  }
}

TEST(Heard, LetsGoOfBroadcastsThatNobodyHeard) {
  Heard heard;
  const auto broadcast = broadcast_of({20}, 1);
  heard.keep(broadcast);
  EXPECT_THAT(all_of(heard), IsEmpty());
  EXPECT_EQ(broadcast.use_count(), 1);
}

}  // namespace
}  // namespace tagwerk::access
