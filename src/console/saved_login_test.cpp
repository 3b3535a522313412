#include "console/saved_login.hpp"

#include <cstdlib>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/directory_for_test.hpp"

namespace tagwerk::console {
namespace {

class SavedLoginTest : public testing::Test {
 protected:
  SavedLoginTest() { ::setenv("XDG_CONFIG_HOME", directory.path().c_str(), 1); }
  ~SavedLoginTest() override { ::unsetenv("XDG_CONFIG_HOME"); }

  void write(const std::string& text) {
    std::filesystem::create_directories(saved_login_file().parent_path());
    std::ofstream(saved_login_file()) << text;
    ::chmod(saved_login_file().c_str(), 0600);
  }

  base::TestDirectory directory;
};

TEST_F(SavedLoginTest, ComesBackAsItWasWritten) {
  EXPECT_TRUE(read_saved_login()->empty());
  const SavedLogin login{.url = "https://plant:8443/base",
                         .ca_file = "/etc/ssl/plant.pem",
                         .insecure_tls = true,
                         .user = "anna \"the\" chief",
                         .token = "eyJ",
                         .refresh_token = "s2uV",
                         .good_until = *base::parse_rfc3339("2026-11-21T07:00:04.101500Z")};
  const auto lock = RenewalLock::take();
  ASSERT_TRUE(lock);
  ASSERT_TRUE(write_saved_login(login));
  const auto back = read_saved_login();
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->url, login.url);
  EXPECT_EQ(back->ca_file, login.ca_file);
  EXPECT_TRUE(back->insecure_tls);
  EXPECT_EQ(back->user, login.user);
  EXPECT_EQ(back->token, login.token);
  EXPECT_EQ(back->refresh_token, login.refresh_token);
  EXPECT_EQ(back->good_until, login.good_until);
  struct stat status{};
  ASSERT_EQ(::stat(saved_login_file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
  ASSERT_TRUE(remove_saved_login());
  ASSERT_TRUE(remove_saved_login());
  EXPECT_TRUE(read_saved_login()->empty());
}

TEST_F(SavedLoginTest, IsRefusedWhenItIsDamagedOrOthersMayReadIt) {
  for (const char* damaged : {"", "{", "[]", "{}", R"({"url": "http://x"})",
                              R"({"url": "http://x", "token": "t", "good_until": "soon"})"}) {
    write(damaged);
    const auto login = read_saved_login();
    ASSERT_FALSE(login) << damaged;
    EXPECT_THAT(login.error().message, testing::HasSubstr("login.json")) << damaged;
  }
  write(R"({"url": "http://x", "token": "t"})");
  EXPECT_TRUE(read_saved_login());
  ::chmod(saved_login_file().c_str(), 0640);
  EXPECT_EQ(read_saved_login().error().code, ErrorCode::permission_denied);
}

}  // namespace
}  // namespace tagwerk::console
