#include "store/backup_manifest.hpp"

#include <gmock/gmock.h>

#include "store/backup_for_test.hpp"

namespace tagwerk::store {
namespace {

using testing::HasSubstr;

/// The manifest with one text in place of another.
std::string with(std::string_view what, std::string_view instead) {
  std::string text = to_json(manifest_for_test());
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? text : text.replace(at, what.size(), instead);
}

std::string manifest_fault(std::string_view text) {
  const auto manifest = parse_manifest(text);
  return manifest ? "(good)" : manifest.error().message;
}

TEST(BackupManifest, ComesBackAsItWas) {
  const auto again = parse_manifest(to_json(manifest_for_test()));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, manifest_for_test());
  EXPECT_EQ(again->total(), 11u);
  EXPECT_EQ(again->file_name(), "tagwerk-30e6cd88-20231114-221320.tar.zst");
}

TEST(BackupManifest, LooksAsItsPageSays) {
  EXPECT_EQ(
      to_json(manifest_for_test()),
      R"({"format":1,"tagwerk":"0.1.0","schema":5,"made_at":"2023-11-14T22:13:20.000000Z",)"
      R"("instance":"30e6cd88","host":"plant-1","revision":7,"files":[{"name":"config.sqlite",)"
      R"("size":8,"sha256":"3549b0028b75d981cdda2e573e9cb49dedc200185876df299f912b79f69dabd8"},)"
      R"({"name":"secret","size":3,)"
      R"("sha256":"2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683"}]})"
      "\n");
}

TEST(BackupManifest, IsReadWithWhatALaterVersionAddsToTheSameFormat) {
  EXPECT_EQ(manifest_fault(with(R"("revision":7)", R"("revision":7,"colour":"red")")), "(good)");
}

TEST(BackupManifest, OfANewerFormatNamesBothNumbers) {
  const auto manifest = parse_manifest(with(R"("format":1)", R"("format":2)"));
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().code, ErrorCode::conflict);
  EXPECT_THAT(manifest.error().message, HasSubstr("newer Tagwerk (format 2, this one reads 1)"));
}

TEST(BackupManifest, NamesWhatIsWrong) {
  EXPECT_THAT(manifest_fault("[]"), HasSubstr("is not JSON"));
  EXPECT_THAT(manifest_fault("{"), HasSubstr("is not JSON"));
  EXPECT_THAT(manifest_fault("{}"), HasSubstr("has no number 'format'"));
  EXPECT_THAT(manifest_fault(std::string(70'000, ' ')), HasSubstr("more than 65536 bytes"));
  EXPECT_THAT(manifest_fault(with(R"("format":1)", R"("format":0)")), HasSubstr("has no format"));
  EXPECT_THAT(manifest_fault(with(R"("schema":5)", R"("schema":-5)")),
              HasSubstr("no number 'schema'"));
  EXPECT_THAT(manifest_fault(with(R"("schema":5)", R"("schema":5000000000)")), HasSubstr("schema"));
  EXPECT_THAT(manifest_fault(with(R"("revision":7)", R"("revision":"7")")),
              HasSubstr("'revision'"));
  EXPECT_THAT(manifest_fault(with("2023-11-14T", "yesterday ")), HasSubstr("'made_at'"));
  EXPECT_THAT(manifest_fault(with(R"("30e6cd88")", R"("")")), HasSubstr("names no instance"));
  EXPECT_THAT(manifest_fault(with("30e6cd88", "../../etc/x")), HasSubstr("'instance'"));
  EXPECT_THAT(manifest_fault(with("plant-1", R"(\u001b[2J)")), HasSubstr("'host'"));
  EXPECT_THAT(manifest_fault(with(R"("files":[)", R"("files":7,"x":[)")),
              HasSubstr("no list 'files'"));
  EXPECT_THAT(manifest_fault(with("2c70e12b", "2C70E12B")), HasSubstr("no SHA-256 of 'secret'"));
}

TEST(BackupManifest, TakesKnownFilesOnlyOnceAndInTheirOrder) {
  EXPECT_THAT(manifest_fault(with(R"("secret")", R"("../secret")")),
              HasSubstr("a file that no backup has"));
  EXPECT_THAT(manifest_fault(with(R"("secret")", R"("config.sqlite")")),
              HasSubstr("lists 'config.sqlite' where it cannot be"));
  EXPECT_THAT(manifest_fault(with(R"("config.sqlite")", R"("tls/key.pem")")),
              HasSubstr("does not begin with 'config.sqlite'"));
  EXPECT_THAT(manifest_fault(with(R"("size":3)", R"("size":5000)")),
              HasSubstr("'secret' has 5000 bytes; 4096 are allowed"));
  BackupManifest empty = manifest_for_test();
  empty.files.clear();
  EXPECT_THAT(manifest_fault(to_json(empty)), HasSubstr("does not begin with 'config.sqlite'"));
}

}  // namespace
}  // namespace tagwerk::store
