#include "auth/key_ring.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/jwt.hpp"

namespace tagwerk::auth {
namespace {

class SecretFile : public testing::Test {
 protected:
  SecretFile() {
    std::string name = (std::filesystem::temp_directory_path() / "tagwerk-secret-XXXXXX").native();
    folder_ = ::mkdtemp(name.data());
    file_ = folder_ / "secret";
  }
  ~SecretFile() override { std::filesystem::remove_all(folder_); }
  void write(std::string_view text, mode_t mode = 0600) const {
    std::ofstream(file_) << text;
    ::chmod(file_.c_str(), mode);
  }
  std::filesystem::path folder_, file_;
};

constexpr UtcTime kAnyTime{};
std::string token_of(const KeyRing& keys) {
  return encode_token({.subject = "a",
                       .user = 1,
                       .id = "j",
                       .role = {},
                       .issued = {},
                       .expires = std::chrono::sys_seconds{std::chrono::seconds(60)}},
                      keys);
}

TEST_F(SecretFile, IsMadeAtTheFirstStartForItsOwnerOnly) {
  const auto first = load_or_create_secret(file_);
  ASSERT_TRUE(first) << first.error().message;
  struct stat info{};
  ASSERT_EQ(::stat(file_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0600u);
  const auto second = load_or_create_secret(file_);
  ASSERT_TRUE(second);
  EXPECT_TRUE(decode_token(token_of(*first), *second, kAnyTime));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(SecretFile, EachOneIsDifferent) {
  const auto first = load_or_create_secret(file_);
  const auto other = load_or_create_secret(folder_ / "other");
  EXPECT_FALSE(decode_token(token_of(*first), *other, kAnyTime));
}

TEST_F(SecretFile, RotationKeepsTheOneBefore) {
  const auto first = load_or_create_secret(file_);
  const auto second = rotate_secret(file_);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->size(), 2u);
  EXPECT_TRUE(decode_token(token_of(*first), *second, kAnyTime));
  EXPECT_FALSE(decode_token(token_of(*second), *first, kAnyTime));
  const auto third = rotate_secret(file_);
  EXPECT_FALSE(decode_token(token_of(*first), *third, kAnyTime));
  EXPECT_TRUE(decode_token(token_of(*second), *third, kAnyTime));
  const auto loaded = load_or_create_secret(file_);
  EXPECT_TRUE(decode_token(token_of(*third), *loaded, kAnyTime));
  struct stat info{};
  ASSERT_EQ(::stat(file_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0600u);
}

TEST_F(SecretFile, OneThatOthersCanReadIsRefusedWithTheRemedy) {
  ASSERT_TRUE(load_or_create_secret(file_));
  for (const mode_t mode : {0644u, 0640u, 0602u}) {
    ::chmod(file_.c_str(), mode);
    const auto loaded = load_or_create_secret(file_);
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, ErrorCode::permission_denied);
    EXPECT_NE(loaded.error().message.find("chmod 600"), std::string::npos);
  }
}

TEST_F(SecretFile, DamageIsNamedWithItsLineAndNeverMended) {
  const std::string good(43, 'A');
  for (const auto& text : {std::string{}, std::string("# nothing\n"), "# x\n" + good + "\nshort\n",
                           good + "=\n", good + " \n", std::string(5000, 'A'),
                           good + "\n" + good + "\n" + good + "\n" + good + "\n" + good}) {
    write(text);
    const auto loaded = load_or_create_secret(file_);
    ASSERT_FALSE(loaded) << text;
    std::ifstream in(file_);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), text);
  }
  write("# x\n" + good + "\nshort\n");
  EXPECT_NE(load_or_create_secret(file_).error().message.find("secret:3:"), std::string::npos);
}

TEST_F(SecretFile, AFolderThatIsNotThereIsSaid) {
  const auto loaded = load_or_create_secret(folder_ / "missing" / "secret");
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message.find("missing"), std::string::npos);
  EXPECT_FALSE(rotate_secret(file_));
}

}  // namespace
}  // namespace tagwerk::auth
