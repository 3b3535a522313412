#include "base/private_file.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace tagwerk::base {

Status write_private_file(const std::string& file, std::string_view text) {
  const std::string fresh = file + ".new";
  const int out = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (out < 0) return fail_errno(fmt::format("cannot write '{}'", file));
  const bool good = ::write(out, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                    ::fsync(out) == 0;
  ::close(out);
  if (!good || ::rename(fresh.c_str(), file.c_str()) != 0)
    return fail_errno(fmt::format("cannot write '{}'", file));
  return {};
}

}  // namespace tagwerk::base
