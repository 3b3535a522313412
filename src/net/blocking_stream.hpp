#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/time.hpp"

namespace tagwerk::net {

/// A connected stream socket for code that may wait, with a deadline on everything it does.
/// Threads: one   Blocks: until the deadline at most
/// Fails: unavailable, timeout, io
class BlockingStream {
 public:
  static Result<BlockingStream> connect_tcp(const std::string& host, std::uint16_t port,
                                            MonoTime deadline);
  static Result<BlockingStream> connect_unix(const std::string& path, MonoTime deadline);
  BlockingStream(BlockingStream&& other) noexcept;
  BlockingStream& operator=(BlockingStream&& other) noexcept;
  ~BlockingStream();

  Status write(std::string_view bytes, MonoTime deadline);
  /// Appends what there is to `out`; 0 when the peer has closed.
  Result<std::size_t> read(std::string& out, MonoTime deadline);
  /// No more will be written; reading goes on.
  void shutdown_write();
  /// True when nothing waits to be read and the peer has not closed.
  bool quiet() const;

 private:
  explicit BlockingStream(int descriptor) : descriptor_(descriptor) {}
  Status wait(short events, MonoTime deadline) const;

  int descriptor_;
};

}  // namespace tagwerk::net
