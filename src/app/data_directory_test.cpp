#include "app/data_directory.hpp"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/directory_for_test.hpp"

namespace tagwerk::app {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

TEST(DataDirectory, KeepsItsSocketsInsideWhileTheirPathsAreShort) {
  const base::TestDirectory directory;
  const auto data = *DataDirectory::open(directory / "data");
  EXPECT_EQ(*data->socket("http.sock"), (data->path() / "run" / "http.sock").string());
}

class LongDataDirectory : public testing::Test {
 protected:
  LongDataDirectory() : data(*DataDirectory::open(directory / std::string(100, 'x'))) {}
  ~LongDataDirectory() override {
    std::error_code ignored;
    fs::remove_all(folder(), ignored);
  }
  std::string folder() const { return "/tmp/tagwerk-" + data->default_instance(); }

  base::TestDirectory directory;
  std::unique_ptr<DataDirectory> data;
};

TEST_F(LongDataDirectory, HasItsSocketsInAFolderOfItsOwnBelowTmp) {
  EXPECT_EQ(*data->socket("http.sock"), folder() + "/http.sock");
  EXPECT_EQ(fs::status(folder()).permissions() & fs::perms::all, fs::perms::owner_all);
  EXPECT_TRUE(data->socket("link.sock"));
}

TEST_F(LongDataDirectory, DoesNotFollowWhatSomebodyElsePutThere) {
  fs::create_directory_symlink(directory.path(), folder());
  const auto socket = data->socket("http.sock");
  ASSERT_FALSE(socket);
  EXPECT_THAT(socket.error().message, HasSubstr(folder()));
  EXPECT_THAT(socket.error().message, HasSubstr("shorter"));
}

}  // namespace
}  // namespace tagwerk::app
