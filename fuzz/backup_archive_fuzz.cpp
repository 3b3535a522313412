#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <sys/mman.h>

#include "base/descriptor.hpp"
#include "base/new_file.hpp"
#include "store/backup_archive.hpp"

/// Any bytes as a backup, compressed or not, and as its manifest: whoever reads must answer, and
/// what is accepted says the same of itself when it is written again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tagwerk;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  static const base::Descriptor file(::memfd_create("backup", MFD_CLOEXEC));
  if (::ftruncate(file.get(), 0) != 0 || ::lseek(file.get(), 0, SEEK_SET) != 0 ||
      !base::write_all(file.get(), input) || ::lseek(file.get(), 0, SEEK_SET) != 0)
    std::abort();
  for (const auto& manifest : {store::check_backup(file.get()), store::parse_manifest(input)}) {
    if (!manifest) continue;
    const auto again = store::parse_manifest(store::to_json(*manifest));
    if (!again || *again != *manifest) std::abort();
  }
  return 0;
}
