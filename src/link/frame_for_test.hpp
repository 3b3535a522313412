#pragma once

#include "base/bytes.hpp"
#include "link/frame.hpp"

namespace tagwerk::link {

/// What follows the header of the frame that begins at `start`, to the end of the bytes.
inline base::ByteView payload_of(const base::Bytes& frames, std::size_t start = 0) {
  return base::ByteView(frames).subspan(start + kFrameHeader);
}

}  // namespace tagwerk::link
