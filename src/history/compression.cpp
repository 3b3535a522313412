#include "history/compression.hpp"

#include <algorithm>
#include <zstd.h>

#include "base/assert.hpp"

namespace tagwerk::history {

Compressor::Compressor() : context_(ZSTD_createCCtx()) {
  TAGWERK_ASSERT(context_ != nullptr);
}

void Compressor::Free::operator()(ZSTD_CCtx_s* context) const {
  ZSTD_freeCCtx(context);
}

base::ByteView Compressor::compress(base::ByteView raw, std::size_t limit) {
  constexpr int kLevel = 1;
  const std::size_t room = std::min(limit, ZSTD_compressBound(raw.size()));
  if (frame_.size() < room) frame_.resize(room);
  const std::size_t size =
      ZSTD_compressCCtx(context_.get(), frame_.data(), room, raw.data(), raw.size(), kLevel);
  return ZSTD_isError(size) != 0 ? base::ByteView() : base::ByteView(frame_.data(), size);
}

Decompressor::Decompressor() : context_(ZSTD_createDCtx()) {
  TAGWERK_ASSERT(context_ != nullptr);
}

void Decompressor::Free::operator()(ZSTD_DCtx_s* context) const {
  ZSTD_freeDCtx(context);
}

bool Decompressor::decompress(base::ByteView frame, std::span<std::byte> out) {
  // Several frames, and those that are skipped, would be other bytes for the same numbers.
  if (ZSTD_getFrameContentSize(frame.data(), frame.size()) != out.size() ||
      ZSTD_findFrameCompressedSize(frame.data(), frame.size()) != frame.size())
    return false;
  return ZSTD_decompressDCtx(context_.get(), out.data(), out.size(), frame.data(), frame.size()) ==
         out.size();
}

}  // namespace tagwerk::history
