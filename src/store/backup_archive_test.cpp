#include "store/backup_archive.hpp"

#include <fcntl.h>
#include <fstream>
#include <gmock/gmock.h>

#include "base/directory_for_test.hpp"
#include "store/backup_for_test.hpp"

namespace tagwerk::store {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A backup of texts, packed by hand so that each part can be wrong.
struct Packed {
  BackupManifest manifest = manifest_for_test();
  std::vector<PackedMember> members{
      {"manifest.json", ""}, {"config.sqlite", "database"}, {"secret", "key"}};

  std::string bytes(int compressed = 1) {
    if (members.front().bytes.empty()) members.front().bytes = to_json(manifest);
    return pack(members, compressed);
  }
};

Result<BackupManifest> checked(std::string_view bytes) {
  return check_backup(file_of(bytes).get());
}
std::string archive_fault(std::string_view bytes) {
  const auto manifest = checked(bytes);
  return manifest ? "(good)" : manifest.error().message;
}

/// As the program writes it.
std::string written(const std::vector<BackupContent>& contents) {
  const base::Descriptor out = file_of("");
  BackupManifest manifest = manifest_for_test();
  EXPECT_TRUE(write_backup(out.get(), manifest, contents));
  const auto size = static_cast<std::size_t>(::lseek(out.get(), 0, SEEK_CUR));
  std::string bytes(size, '\0');
  EXPECT_EQ(::pread(out.get(), bytes.data(), size, 0), static_cast<ssize_t>(size));
  return bytes;
}

TEST(BackupArchive, GivesBackWhatWasPutIn) {
  const base::TestDirectory directory;
  std::string large;
  for (unsigned i = 0; i < 300'000; ++i)
    large += static_cast<char>(i * 7919u >> 5);
  std::ofstream(directory / "database") << large;
  fs::create_directory(directory / "out");
  const std::string bytes =
      written({*content_of_file("config.sqlite", directory / "database"),
               content_of_bytes("secret", "key"), content_of_bytes("tls/key.pem", "PEM")});
  std::uint64_t last = 0;
  const auto manifest = extract_backup(file_of(bytes).get(), directory / "out",
                                       [&](std::uint64_t done, std::uint64_t total) {
                                         EXPECT_GE(done, last);
                                         EXPECT_EQ(total, 300'006u);
                                         last = done;
                                       });
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(last, 300'006u);
  EXPECT_EQ(manifest->files.size(), 3u);
  EXPECT_EQ(read(directory / "out/config.sqlite"), large);
  EXPECT_EQ(read(directory / "out/secret"), "key");
  EXPECT_EQ(read(directory / "out/tls/key.pem"), "PEM");
  for (const char* file : {"out/config.sqlite", "out/secret", "out/tls/key.pem"})
    EXPECT_EQ(fs::status(directory / file).permissions(),
              fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(fs::status(directory / "out/tls").permissions(), fs::perms::owner_all);
  EXPECT_EQ(*check_backup(file_of(bytes).get()), *manifest);
  EXPECT_EQ(*read_backup_manifest(file_of(bytes).get()), *manifest);
}

TEST(BackupArchive, IsReadFromAPipe) {
  const std::string bytes = Packed().bytes();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const base::Descriptor out(ends[0]);
  base::Descriptor in(ends[1]);
  ASSERT_TRUE(base::write_all(in.get(), bytes));
  in.close();
  EXPECT_TRUE(check_backup(out.get()));
}

TEST(BackupArchive, IsReadAlsoWhenSomebodyHasUnpackedIt) {
  EXPECT_EQ(archive_fault(Packed().bytes(0)), "(good)");
  EXPECT_THAT(archive_fault(Packed().bytes(2)), HasSubstr("compressed more than once"));
}

TEST(BackupArchive, IsNeverWholeWhenItsEndIsMissing) {
  const std::string bytes = Packed().bytes();
  // What the last bytes hold is the end of an empty block.
  for (std::size_t size = 0; size + 16 < bytes.size(); ++size)
    EXPECT_FALSE(checked(std::string_view(bytes).substr(0, size))) << size;
  const std::string plain = Packed().bytes(0);
  for (std::size_t size = 0; size < 512 * 6; size += 97)
    EXPECT_FALSE(checked(std::string_view(plain).substr(0, size))) << size;
}

TEST(BackupArchive, WithAnyBitFlippedIsRefusedOrHasTheSameContent) {
  const base::TestDirectory directory;
  for (const std::string& bytes : {Packed().bytes(), Packed().bytes(0)}) {
    for (std::size_t at = 0; at < bytes.size(); at += bytes.size() > 2000 ? 5 : 1) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
      const fs::path out = directory / std::to_string(at);
      fs::create_directory(out);
      if (extract_backup(file_of(damaged).get(), out)) {
        EXPECT_EQ(read(out / "config.sqlite"), "database") << at;
        EXPECT_EQ(read(out / "secret"), "key") << at;
      }
      fs::remove_all(out);
    }
  }
}

TEST(BackupArchive, OfSomethingElseIsRefused) {
  for (const char* bytes : {"", "x", "SQLite format 3", "\x28\xb5\x2f\xfd", "PK\x03\x04"})
    EXPECT_THAT(archive_fault(bytes), HasSubstr("this is no whole backup: ")) << bytes;
  EXPECT_THAT(archive_fault(std::string(100'000, '\0')), HasSubstr("this is no whole backup: "));
}

TEST(BackupArchive, TakesNothingThatItsManifestDoesNotName) {
  Packed extra;
  extra.members.push_back({"authorized_keys", "evil"});
  EXPECT_THAT(archive_fault(extra.bytes()), HasSubstr("holds more than its manifest says"));

  Packed twice;
  twice.members.push_back({"secret", "key"});
  EXPECT_THAT(archive_fault(twice.bytes()), HasSubstr("holds more than its manifest says"));

  Packed missing;
  missing.members.pop_back();
  EXPECT_THAT(archive_fault(missing.bytes()), HasSubstr("it ends before 'secret'"));

  Packed late;
  std::swap(late.members[0], late.members[1]);
  EXPECT_THAT(archive_fault(late.bytes()), HasSubstr("'manifest.json' is not where it should be"));
}

TEST(BackupArchive, WritesNowhereElse) {
  const base::TestDirectory directory;
  fs::create_directory(directory / "out");
  for (const char* name :
       {"../secret", "/etc/secret", "./secret", "secret/", "tls/../secret", "secret\n"}) {
    Packed wandering;
    wandering.members.back().name = name;
    const std::string bytes = wandering.bytes();
    const auto extracted = extract_backup(file_of(bytes).get(), directory / "out");
    ASSERT_FALSE(extracted) << name;
    EXPECT_THAT(extracted.error().message, HasSubstr("'secret' is not where it should be"));
    EXPECT_FALSE(fs::exists(directory / "secret"));
    EXPECT_FALSE(fs::exists(directory / "out/secret"));
    fs::remove_all(directory / "out");
    fs::create_directory(directory / "out");
  }
  EXPECT_FALSE(extract_backup(file_of(Packed().bytes()).get(), directory / "missing"));
}

TEST(BackupArchive, TakesOrdinaryFilesOnly) {
  for (const auto& [type, link, hard] :
       {std::tuple{AE_IFLNK, "/etc/passwd", false}, std::tuple{AE_IFREG, "config.sqlite", true},
        std::tuple{AE_IFDIR, "", false}, std::tuple{AE_IFIFO, "", false},
        std::tuple{AE_IFCHR, "", false}}) {
    Packed special;
    special.members.back() = {"secret", "", static_cast<unsigned>(type), link, hard};
    EXPECT_THAT(archive_fault(special.bytes()),
                AnyOf(HasSubstr("'secret' is no ordinary file"),
                      HasSubstr("'secret' is not where it should be")))
        << type;
  }
}

TEST(BackupArchive, ComparesSizesAndSums) {
  Packed changed;
  changed.members.back().bytes = "kez";
  EXPECT_THAT(archive_fault(changed.bytes()), HasSubstr("'secret' has another SHA-256"));
  Packed longer;
  longer.members.back().bytes = "keys";
  EXPECT_THAT(archive_fault(longer.bytes()), HasSubstr("'secret' has 4 bytes; 3 are allowed"));
  Packed shorter;
  shorter.members.back().bytes = "ke";
  EXPECT_THAT(archive_fault(shorter.bytes()), HasSubstr("'secret' has 2 of 3 bytes"));
  Packed endless;
  endless.members.front().bytes = std::string(70'000, ' ');
  EXPECT_THAT(archive_fault(endless.bytes()), HasSubstr("'manifest.json' has 70000 bytes"));
}

TEST(BackupArchive, OfANewerFormatSaysSo) {
  Packed newer;
  newer.members.front().bytes = R"({"format":9})";
  EXPECT_THAT(archive_fault(newer.bytes()), HasSubstr("made by a newer Tagwerk (format 9"));
}

TEST(BackupArchive, NeedsRoomOnTheDisk) {
  const base::TestDirectory directory;
  Packed huge;
  huge.manifest.files.front().size = std::uint64_t{1} << 43;
  const auto extracted = extract_backup(file_of(huge.bytes()).get(), directory.path());
  ASSERT_FALSE(extracted);
  EXPECT_EQ(extracted.error().code, ErrorCode::io);
  EXPECT_THAT(extracted.error().message, HasSubstr("8796093022211 bytes"));
}

TEST(BackupArchive, IsNotWrittenOfAFileThatChangesOrWhenTheServerStops) {
  const base::TestDirectory directory;
  std::ofstream(directory / "database") << "as it was";
  const auto content = content_of_file("config.sqlite", directory / "database");
  const base::Descriptor out = file_of("");
  BackupManifest manifest = manifest_for_test();
  for (const char* now : {"short", "much longer than it was"}) {
    std::ofstream(directory / "database") << now;
    const auto done = write_backup(out.get(), manifest, {*content});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::corrupt);
  }
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(write_backup(out.get(), manifest, {*content}, stop.get_token()).error().code,
            ErrorCode::unavailable);
  const std::string whole = Packed().bytes();
  EXPECT_EQ(check_backup(file_of(whole).get(), {}, stop.get_token()).error().code,
            ErrorCode::unavailable);
  EXPECT_EQ(content_of_file("config.sqlite", directory / "none").error().code,
            ErrorCode::not_found);
  const base::Descriptor full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  EXPECT_THAT(
      write_backup(full.get(), manifest, {content_of_bytes("secret", "key")}).error().message,
      HasSubstr("cannot write the backup: "));
}

}  // namespace
}  // namespace tagwerk::store
