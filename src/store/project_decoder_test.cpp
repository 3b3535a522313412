#include "store/project_decoder.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tagwerk::store {
namespace {

using testing::HasSubstr;

constexpr int kTags = 20'000;  // more than two batches

std::string path_of(int number) {
  return fmt::format("/T{:05}", number);
}

TEST(ProjectDecoder, PutsTheBatchesTogetherInOrder) {
  ProjectDecoder decoder;
  decoder.add("connector", "plc", R"({"type":"field"})");
  decoder.add("object", "/P", "{}");
  for (int i = 0; i < kTags; ++i)
    decoder.add("tag", path_of(i), fmt::format(R"({{"type":"float","unit":"u{}"}})", i));
  decoder.add("type", "Pump", R"({"tags":{"On":{"type":"bool"}}})");
  const auto project = decoder.take();
  ASSERT_TRUE(project) << project.error().message;
  EXPECT_TRUE(project->connectors.contains("plc"));
  EXPECT_TRUE(project->objects.contains("/P"));
  EXPECT_EQ(project->types.at("Pump").tags.size(), 1u);
  ASSERT_EQ(project->tags.size(), std::size_t{kTags});
  int number = 0;
  for (const auto& [path, tag] : project->tags) {
    EXPECT_EQ(path, path_of(number));
    EXPECT_EQ(tag.path, path);
    EXPECT_EQ(tag.unit, fmt::format("u{}", number++));
  }
}

TEST(ProjectDecoder, NamesTheFirstThatCannotBeReadHoweverManyThereAre) {
  ProjectDecoder decoder;
  for (int i = 0; i < kTags; ++i)
    decoder.add("tag", path_of(i), i % 9000 == 8999 ? "{" : R"({"type":"float"})");
  const auto project = decoder.take();
  ASSERT_FALSE(project);
  EXPECT_EQ(project.error().code, ErrorCode::corrupt);
  EXPECT_THAT(project.error().message, HasSubstr("the configured tag '/T08999' cannot be read"));
}

TEST(ProjectDecoder, MakesAnEmptyProjectOfNothing) {
  const auto project = ProjectDecoder().take();
  ASSERT_TRUE(project);
  EXPECT_EQ(*project, model::Project{});
}

}  // namespace
}  // namespace tagwerk::store
