#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "base/bytes.hpp"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

/// zstd, level 1, one standard frame without checksum at a time; its memory is kept between calls.
/// Threads: an object is one thread's
namespace tagwerk::history {

class Compressor {
 public:
  Compressor();
  /// The frame, valid until the next call. Empty: it could not be made, or would have more than
  /// `limit` bytes.
  base::ByteView compress(base::ByteView raw, std::size_t limit);

 private:
  struct Free {
    void operator()(ZSTD_CCtx_s* context) const;
  };
  std::unique_ptr<ZSTD_CCtx_s, Free> context_;
  base::Bytes frame_;
};

class Decompressor {
 public:
  Decompressor();
  /// False unless `frame` is one whole frame that fills `out` exactly.
  [[nodiscard]] bool decompress(base::ByteView frame, std::span<std::byte> out);

 private:
  struct Free {
    void operator()(ZSTD_DCtx_s* context) const;
  };
  std::unique_ptr<ZSTD_DCtx_s, Free> context_;
};

}  // namespace tagwerk::history
