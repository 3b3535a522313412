#include "base/mapped_file.hpp"

#include <sys/mman.h>
#include <sys/stat.h>

namespace tagwerk::base {

Result<std::shared_ptr<const MappedFile>> MappedFile::map(int descriptor) {
  struct stat info{};
  if (::fstat(descriptor, &info) != 0) return fail_errno("cannot look at a file");
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size == 0) return std::shared_ptr<const MappedFile>(new MappedFile({}));
  void* at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (at == MAP_FAILED) return fail_errno("cannot map a file");
  ::madvise(at, size, MADV_SEQUENTIAL);
  return std::shared_ptr<const MappedFile>(new MappedFile({static_cast<const char*>(at), size}));
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

}  // namespace tagwerk::base
