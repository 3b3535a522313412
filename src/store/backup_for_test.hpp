#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <string>
#include <sys/mman.h>
#include <vector>

#include "base/descriptor.hpp"
#include "base/new_file.hpp"
#include "store/backup_archive.hpp"

namespace tagwerk::store {

/// A member as anybody may pack it.
struct PackedMember {
  std::string name;
  std::string bytes;
  unsigned type = AE_IFREG;
  std::string link{};  ///< of a symbolic link
  bool hard = false;   ///< the link is a hard one
};

/// A tar archive of whatever is wanted, compressed as often as wanted.
inline std::string pack(const std::vector<PackedMember>& members, int compressed = 1) {
  std::string out(16 << 20, '\0');
  std::size_t used = 0;
  archive* writer = archive_write_new();
  archive_write_set_format_pax_restricted(writer);
  for (int i = 0; i < compressed; ++i)
    archive_write_add_filter_zstd(writer);
  archive_write_set_bytes_in_last_block(writer, 1);
  EXPECT_EQ(archive_write_open_memory(writer, out.data(), out.size(), &used), ARCHIVE_OK);
  for (const PackedMember& member : members) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, member.name.c_str());
    archive_entry_set_filetype(entry, member.type);
    archive_entry_set_perm(entry, 0777);
    archive_entry_set_size(entry, static_cast<std::int64_t>(member.bytes.size()));
    if (member.hard)
      archive_entry_set_hardlink(entry, member.link.c_str());
    else if (!member.link.empty())
      archive_entry_set_symlink(entry, member.link.c_str());
    EXPECT_EQ(archive_write_header(writer, entry), ARCHIVE_OK) << archive_error_string(writer);
    archive_write_data(writer, member.bytes.data(), member.bytes.size());
    archive_entry_free(entry);
  }
  EXPECT_EQ(archive_write_close(writer), ARCHIVE_OK);
  archive_write_free(writer);
  out.resize(used);
  return out;
}

/// The bytes as a file at its beginning.
inline base::Descriptor file_of(std::string_view bytes) {
  base::Descriptor file(::memfd_create("backup", MFD_CLOEXEC));
  EXPECT_TRUE(base::write_all(file.get(), bytes));
  EXPECT_EQ(::lseek(file.get(), 0, SEEK_SET), 0);
  return file;
}

/// A manifest of two small files.
inline BackupManifest manifest_for_test() {
  BackupManifest out{.version = "0.1.0",
                     .schema = 5,
                     .made_at = UtcTime{std::chrono::seconds(1'700'000'000)},
                     .instance = "30e6cd88",
                     .host = "plant-1",
                     .revision = 7};
  for (const auto& [name, bytes] : {std::pair{"config.sqlite", "database"}, {"secret", "key"}})
    out.files.push_back(content_of_bytes(name, bytes).file);
  return out;
}

}  // namespace tagwerk::store
