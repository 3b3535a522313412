#include "console/command_spec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tagwerk::console {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

class CommandSpecTest : public testing::Test {
 protected:
  CommandSpecTest() {
    CommandSpec get = line.root().add_command("get", "values");
    get.option("paths", words, "which").offers(Offer::paths);
    get.option("--url", text, "where");
    get.flag("--json", json, "how");
    get.refuses([this] { return words.size() > 3 ? std::string("too many") : std::string(); });
    get.runs([] { return 7; });
    CommandSpec parent = line.root().add_command("connectors", "them");
    parent.runs([] { return 8; });
    CommandSpec log = parent.add_command("log", "lines");
    log.option("name", text, "whose").required().offers(Offer::connectors);
    log.option("--lines", number, "how many").between(1, 10);
    log.runs([] { return 9; });
  }

  /// The exit code of the words, with "tagwerk" before them.
  int run(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "tagwerk");
    const auto code = line.parse(static_cast<int>(arguments.size()), arguments.data());
    return code ? *code : line.run();
  }

  CommandLine line{"a test", "tagwerk 1"};
  std::vector<std::string> words;
  std::string text;
  std::uint64_t number = 0;
  bool json = false;
};

TEST_F(CommandSpecTest, RunsTheCommandThatWasGiven) {
  EXPECT_EQ(run({"get", "--json", "/A", "/B", "--url", "http://x"}), 7);
  EXPECT_THAT(words, ElementsAre("/A", "/B"));
  EXPECT_EQ(text, "http://x");
  EXPECT_TRUE(json);
}

TEST_F(CommandSpecTest, RunsAParentAloneAndItsCommandWhenNamed) {
  EXPECT_EQ(run({"connectors"}), 8);
  EXPECT_EQ(run({"connectors", "log", "plc1", "--lines", "10"}), 9);
  EXPECT_EQ(number, 10u);
}

TEST_F(CommandSpecTest, KeepsAListInBracketsOneWord) {
  EXPECT_EQ(run({"get", "/A", "[1, 2]", "[]"}), 7);
  EXPECT_THAT(words, ElementsAre("/A", "[1, 2]", "[]"));
}

TEST_F(CommandSpecTest, RefusesWhatDoesNotFitWithTwo) {
  EXPECT_EQ(run({"get", "a", "b", "c", "d"}), 2);
  EXPECT_EQ(run({"fly"}), 2);
  EXPECT_EQ(run({}), 2);
  EXPECT_EQ(run({"connectors", "log"}), 2);
  EXPECT_EQ(run({"connectors", "log", "x", "--lines", "11"}), 2);
  EXPECT_EQ(run({"get", "--wings"}), 2);
  EXPECT_EQ(run({"--help"}), 0);
}

TEST_F(CommandSpecTest, KnowsWhatCanComeNext) {
  EXPECT_THAT(line.candidates_after({}).words, Contains("connectors"));
  EXPECT_THAT(line.candidates_after({"connectors"}).words, Contains("log"));
  EXPECT_EQ(line.candidates_after({"connectors", "log"}).offer, Offer::connectors);
  EXPECT_EQ(line.candidates_after({"connectors", "log", "plc1"}).offer, Offer::nothing);
  EXPECT_EQ(line.candidates_after({"get", "/A"}).offer, Offer::paths);
  EXPECT_THAT(line.candidates_after({"get", "/A"}).words, Contains("--url"));
  EXPECT_THAT(line.candidates_after({"get", "--url"}).words, IsEmpty());
  EXPECT_EQ(line.candidates_after({"get", "--url", "x", "--json"}).offer, Offer::paths);
}

}  // namespace
}  // namespace tagwerk::console
