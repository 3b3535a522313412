#include <fstream>
#include <gmock/gmock.h>

#include "access/server_for_test.hpp"

namespace tagwerk::access {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::person;
using testing::ServerAccessTest;

class Backup : public ServerAccessTest {
 protected:
  Result<store::SpooledBackup> backup(const std::shared_ptr<const auth::Principal>& who) {
    return ask<store::SpooledBackup>(
        [&](auto done) { access->backup({who, "http 10.0.0.7"}, std::move(done)); });
  }
  const std::shared_ptr<const auth::Principal> admin = person("anna", {{"admin", "/"}});
};

TEST_F(Backup, IsForAdministratorsOfTheWholePlantAndInTheAudit) {
  import_project();
  for (const auto& who : {viewer, operating, engineer, person("adam", {{"admin", "/P"}})}) {
    const auto refused = backup(who);
    ASSERT_FALSE(refused) << who->name();
    EXPECT_EQ(refused.error().code, ErrorCode::permission_denied);
    EXPECT_THAT(refused.error().message, HasSubstr("the right 'backup' is needed"));
  }
  const auto made = backup(admin);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->manifest.revision, access->plant()->revision());
  EXPECT_THAT(audit_lines({.action = "backup"}), ElementsAre("anna backup server -> Good"));
}

TEST_F(Backup, OnlyOneIsMadeAtATime) {
  std::promise<void> go;
  auto ready = go.get_future().share();
  ASSERT_TRUE(
      backups.start([ready](const std::stop_token&) { return ready.wait(), 0; }, [](int) {}));
  const auto refused = backup(admin);
  go.set_value();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_THAT(refused.error().message, HasSubstr("being made already"));
}

TEST_F(Backup, ThatFailsIsInTheAuditWithTheReason) {
  std::ofstream(directory_ / "secret") << std::string(5000, 'x');
  EXPECT_FALSE(backup(admin));
  const AuditPage page = *audit_page(engineer, {.action = "backup"});
  ASSERT_EQ(page.entries.size(), 1u);
  EXPECT_EQ(page.entries.front().outcome, "Bad");
  EXPECT_THAT(page.entries.front().detail, HasSubstr("secret"));
}

}  // namespace
}  // namespace tagwerk::access
