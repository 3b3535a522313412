#include "auth/rights.hpp"

#include <gtest/gtest.h>
#include <map>
#include <rapidcheck/gtest.h>
#include <set>

#include "auth/principal.hpp"
#include "model/path.hpp"

namespace tagwerk::auth {
namespace {

/// The table of the manual, written out by hand.
const std::map<std::string, std::set<Right>> kTable{
    {"viewer", {Right::read}},
    {"operator", {Right::read, Right::write, Right::ack, Right::queue}},
    {"engineer",
     {Right::read, Right::write, Right::ack, Right::queue, Right::history_write, Right::configure,
      Right::control, Right::audit, Right::route}},
    {"admin",
     {Right::read, Right::write, Right::ack, Right::queue, Right::history_write, Right::configure,
      Right::control, Right::audit, Right::route, Right::users, Right::backup, Right::redis}}};
const std::vector<std::string> kRoles{"viewer", "operator", "engineer", "admin"};

Principal with(const std::vector<std::pair<std::string, std::string>>& grants) {
  std::vector<Grant> out;
  for (const auto& [role, subtree] : grants)
    out.push_back({*find_builtin_role(role), subtree});
  return {1, "someone", std::move(out)};
}

TEST(Rights, EveryRoleHasItsRightsInsideItsSubtreeAndNoneOutside) {
  const std::vector<std::string> inside{"/Plant/A", "/Plant/A/Pump", "/Plant/A/Pump/Speed"};
  const std::vector<std::string> outside{"/",         "",           "/Plant", "/Plant/B",
                                         "/Plant/AB", "/plant/A/x", "/A",     "/Plant/B/Plant/A"};
  for (const auto& role : kRoles) {
    const Principal user = with({{role, "/Plant/A"}});
    for (const Right right : every_right()) {
      SCOPED_TRACE(role + " " + std::string(to_string(right)));
      const bool has = kTable.at(role).contains(right);
      for (const auto& path : inside)
        EXPECT_EQ(user.can(right, path), has) << path;
      for (const auto& path : outside)
        EXPECT_FALSE(user.can(right, path)) << path;
      EXPECT_FALSE(user.can(right));
      EXPECT_EQ(user.can_somewhere(right), has);
    }
  }
}

TEST(Rights, AGrantOnTheRootHoldsEverywhere) {
  for (const auto& role : kRoles)
    for (const auto* root : {"/", ""}) {
      const Principal user = with({{role, root}});
      for (const Right right : every_right()) {
        const bool has = kTable.at(role).contains(right);
        EXPECT_EQ(user.can(right), has) << role << to_string(right);
        for (const auto* path : {"/", "", "/x", "/Plant/A/Pump"})
          EXPECT_EQ(user.can(right, path), has) << role << to_string(right) << path;
      }
    }
}

TEST(Rights, AUserWithoutGrantsMayNothing) {
  const Principal nobody = with({});
  for (const Right right : every_right()) {
    EXPECT_FALSE(nobody.can(right));
    EXPECT_FALSE(nobody.can(right, "/Plant"));
    EXPECT_FALSE(nobody.can_somewhere(right));
  }
  EXPECT_FALSE(nobody.can_see("/"));
  EXPECT_FALSE(nobody.can_write("/Plant/T", "viewer"));
  EXPECT_EQ(nobody.role(), "");
}

TEST(Rights, TheNamesOfTheBusMeanOperatorAndViewer) {
  EXPECT_EQ(find_builtin_role("user")->name, "operator");
  EXPECT_EQ(find_builtin_role("restricted_user")->name, "viewer");
  EXPECT_EQ(find_builtin_role("Admin"), nullptr);
  const auto unknown = require_builtin_role("boss");
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message.find("'boss'"), std::string::npos);
  EXPECT_NE(unknown.error().message.find("engineer"), std::string::npos);
}

TEST(Rights, ATagIsWrittenFromItsLeastRoleUpwards) {
  for (std::size_t has = 0; has < kRoles.size(); ++has)
    for (std::size_t least = 0; least < kRoles.size(); ++least) {
      const Principal user = with({{kRoles[has], "/Plant/A"}});
      // A viewer has no right to write at all, even to a tag that says `write: viewer`.
      EXPECT_EQ(user.can_write("/Plant/A/T", kRoles[least]), has >= least && has > 0)
          << kRoles[has] << " " << kRoles[least];
      EXPECT_FALSE(user.can_write("/Plant/B/T", kRoles[least]));
    }
}

TEST(Rights, AReadOnlyTagIsWrittenByNobody) {
  EXPECT_FALSE(with({{"admin", "/"}}).can_write("/Plant/T", ""));
}

TEST(Rights, AnUnknownLeastRoleLeavesTheTagToAdministrators) {
  EXPECT_TRUE(with({{"admin", "/"}}).can_write("/Plant/T", "shift"));
  EXPECT_FALSE(with({{"engineer", "/"}}).can_write("/Plant/T", "shift"));
}

TEST(Rights, ARankInOneSubtreeDoesNotCountInAnother) {
  const Principal user =
      with({{"viewer", "/"}, {"engineer", "/Plant/A"}, {"operator", "/Plant/B"}});
  EXPECT_TRUE(user.can_write("/Plant/A/T", "engineer"));
  EXPECT_FALSE(user.can_write("/Plant/B/T", "engineer"));
  EXPECT_TRUE(user.can_write("/Plant/B/T", "operator"));
  EXPECT_FALSE(user.can_write("/Plant/C/T", "operator"));
  EXPECT_TRUE(user.can(Right::read, "/Plant/C/T"));
  EXPECT_EQ(user.rank(), Rank::engineer);
  EXPECT_EQ(user.role(), "engineer");
}

TEST(Rights, TheWayToASubtreeIsSeenAndItsNeighboursAreNot) {
  const Principal user = with({{"viewer", "/Plant/A"}});
  for (const auto* path : {"/", "", "/Plant", "/Plant/A", "/Plant/A/T"})
    EXPECT_TRUE(user.can_see(path)) << path;
  for (const auto* path : {"/Plant/B", "/Plant/AB", "/Pla", "/Other"})
    EXPECT_FALSE(user.can_see(path)) << path;
  EXPECT_FALSE(user.can(Right::read, "/Plant"));
}

TEST(Rights, AQueueIsNamedOrAllOfThemAreMeant) {
  Role role{"1c", Rank::viewer, {}, {}};
  ASSERT_TRUE(parse_right("queue:orders", role.rights, role.named));
  const Principal user(2, "1c", {{role, "/"}});
  EXPECT_TRUE(user.can_use(Right::queue, "orders"));
  EXPECT_FALSE(user.can_use(Right::queue, "order"));
  EXPECT_FALSE(user.can_use(Right::route, "orders"));
  EXPECT_TRUE(with({{"operator", "/"}}).can_use(Right::queue, "anything"));
  EXPECT_FALSE(with({{"operator", "/Plant/A"}}).can_use(Right::queue, "anything"));
  EXPECT_FALSE(with({{"viewer", "/"}}).can_use(Right::queue, "anything"));
}

TEST(Rights, TextsAreReadBackAndFaultsNamed) {
  for (const Right right : every_right()) {
    RightSet set;
    std::vector<NamedRight> named;
    const bool has_name = right == Right::queue || right == Right::route;
    const std::string text = std::string(to_string(right)) + (has_name ? ":*" : "");
    ASSERT_TRUE(parse_right(text, set, named)) << text;
    EXPECT_EQ(right_names(set, named), std::vector{text});
  }
  for (const auto* bad : {"", "reads", "read:x", "queue", "queue:", "history_write", "READ", ":"}) {
    RightSet set;
    std::vector<NamedRight> named;
    const auto parsed = parse_right(bad, set, named);
    ASSERT_FALSE(parsed) << bad;
    EXPECT_EQ(set, RightSet{});
  }
}

TEST(Rights, AreListedOncePerSubtree) {
  const Principal user = with({{"viewer", "/"}, {"viewer", ""}, {"operator", "/Plant/A"}});
  using Listed = Principal::Listed;
  EXPECT_EQ(user.listed_rights(), (std::vector<Listed>{{"read", "/"},
                                                       {"read", "/Plant/A"},
                                                       {"write", "/Plant/A"},
                                                       {"ack", "/Plant/A"},
                                                       {"queue:*", "/Plant/A"}}));
}

TEST(Rights, TheSystemMayEverything) {
  const auto system = Principal::system("command line");
  for (const Right right : every_right())
    EXPECT_TRUE(system->can(right, "/any/where"));
  EXPECT_EQ(system->name(), "command line");
}

/// The definition, spelled out slowly.
bool slow_can(const Principal& user, Right right, const std::string& path) {
  for (const Grant& grant : user.grants())
    if (kTable.at(grant.role.name).contains(right) &&
        (grant.subtree == "/" || (path + "/").starts_with(grant.subtree + "/")))
      return true;
  return false;
}

RC_GTEST_PROP(Rights, AgreeWithTheirDefinitionOnAnyPathsAndGrants, ()) {
  const auto path =
      rc::gen::map(rc::gen::resize(4, rc::gen::container<std::vector<std::string>>(
                                          rc::gen::element<std::string>("a", "b", "ab", "Plant"))),
                   [](const std::vector<std::string>& segments) {
                     std::string out;
                     for (const auto& each : segments)
                       out += "/" + each;
                     return out.empty() ? std::string("/") : out;
                   });
  const auto grants =
      *rc::gen::resize(4, rc::gen::container<std::vector<std::pair<std::string, std::string>>>(
                              rc::gen::pair(rc::gen::elementOf(kRoles), path)));
  const Principal user = with(grants);
  const std::string at = *path;
  for (const Right right : every_right()) {
    RC_ASSERT(user.can(right, at) == slow_can(user, right, at));
    RC_ASSERT(!user.can(right) || user.can(right, at));
    RC_ASSERT(!user.can(right, at) || user.can_somewhere(right));
  }
  RC_ASSERT(!user.can(Right::read, at) || user.can_see(at));
  if (at != "/") RC_ASSERT(!user.can_see(at) || user.can_see(std::string(model::parent_path(at))));
}

}  // namespace
}  // namespace tagwerk::auth
