#include "console/output.hpp"

#include <cstdio>
#include <fstream>

namespace tagwerk::console {

Status write_output(const std::string& file, std::string_view bytes) {
  if (file.empty() || file == "-") {
    std::fwrite(bytes.data(), 1, bytes.size(), stdout);
    if (std::fflush(stdout) == 0) return {};
    return base::fail_errno("cannot write to standard output");
  }
  std::ofstream out(file, std::ios::binary);
  out << bytes;
  out.close();
  return out ? Status{} : base::fail_errno(fmt::format("cannot write '{}'", file));
}

}  // namespace tagwerk::console
