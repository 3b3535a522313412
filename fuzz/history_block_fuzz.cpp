#include <cstdint>
#include <cstdlib>
#include <span>

#include "history/block.hpp"
#include "history/block_for_test.hpp"

using namespace tagwerk;

namespace {

bool same(const history::Columns& a, const history::Columns& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a.point(i) != b.point(i)) return false;
  return true;
}

}  // namespace

/// Any bytes as a block, as they are and with the checksums that they should have. What is accepted
/// has a header, and comes back when it is written again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static history::BlockDecoder decoder;
  static history::BlockEncoder encoder;
  const auto input = std::as_bytes(std::span(data, size));
  (void)history::block_size(input);
  (void)history::read_header(input);
  history::Columns columns, again;
  (void)decoder.decode(input, columns);

  const base::Bytes forged = history::with_right_checksums({input.begin(), input.end()});
  if (!decoder.decode(forged, columns)) return 0;
  if (!history::read_header(forged)) std::abort();
  base::Bytes written;
  if (!encoder.encode(columns, written) || !decoder.decode(written, again) || !same(columns, again))
    std::abort();
  return 0;
}
