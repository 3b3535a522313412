#include "base/new_file.hpp"

#include <fstream>
#include <gtest/gtest.h>

#include "base/directory_for_test.hpp"
#include "base/mapped_file.hpp"

namespace tagwerk::base {
namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::size_t files_in(const fs::path& directory) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
}

TEST(NewFile, AppearsUnderItsNameWhenItIsKeptAndIsItsOwnersOnly) {
  const TestDirectory directory;
  const fs::path file = directory / "plant";
  std::ofstream(file) << "before";
  auto made = NewFile::make(file);
  ASSERT_TRUE(made) << made.error().message;
  ASSERT_TRUE(write_all(made->descriptor(), "after"));
  EXPECT_EQ(content_of(file), "before");
  ASSERT_TRUE(made->keep());
  EXPECT_EQ(content_of(file), "after");
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(files_in(directory.path()), 1u);
}

TEST(NewFile, LeavesNothingWhenItIsNotKept) {
  const TestDirectory directory;
  {
    auto made = NewFile::make(directory / "plant");
    ASSERT_TRUE(made);
    const NewFile moved = std::move(*made);
    ASSERT_TRUE(write_all(moved.descriptor(), "half"));
  }
  EXPECT_EQ(files_in(directory.path()), 0u);
}

TEST(NewFile, NamesTheFileThatCannotBeMade) {
  const TestDirectory directory;
  const auto made = NewFile::make(directory / "missing/plant");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::not_found);
  EXPECT_NE(made.error().message.find("missing/plant"), std::string::npos);
  fs::create_directory(directory / "folder");
  auto over_folder = NewFile::make(directory / "folder");
  ASSERT_TRUE(over_folder);
  EXPECT_FALSE(over_folder->keep());
}

TEST(MappedFile, OutlivesNameAndDescriptorOfItsFile) {
  const TestDirectory directory;
  std::string bytes(3'000'000, 'x');
  bytes.back() = 'y';
  std::shared_ptr<const MappedFile> mapped;
  {
    auto unnamed = unnamed_file(directory.path());
    ASSERT_TRUE(unnamed) << unnamed.error().message;
    ASSERT_TRUE(write_all(unnamed->get(), bytes));
    mapped = MappedFile::map(unnamed->get()).value();
  }
  EXPECT_EQ(files_in(directory.path()), 0u);
  EXPECT_EQ(mapped->bytes(), bytes);
}

TEST(MappedFile, MayBeEmpty) {
  const TestDirectory directory;
  const auto unnamed = unnamed_file(directory.path());
  EXPECT_EQ(MappedFile::map(unnamed->get()).value()->bytes(), "");
}

TEST(WriteAll, SaysWhenItCannot) {
  EXPECT_FALSE(write_all(-1, "x"));
  const Descriptor none;
  EXPECT_FALSE(none.good());
}

}  // namespace
}  // namespace tagwerk::base
