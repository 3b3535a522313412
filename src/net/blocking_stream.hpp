#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/time.hpp"
#include "net/tls_session.hpp"

namespace tagwerk::net {

struct ServerUrl;

/// A connected stream socket for code that may wait, with a deadline on everything it does; plain
/// or with TLS.
/// Threads: one   Blocks: until the deadline at most
/// Fails: unavailable, timeout, io
class BlockingStream {
 public:
  /// To wherever the URL says, with TLS when it does; the certificate must be for its host.
  /// Fails: also invalid_argument for the trust, permission_denied for a certificate that is not
  /// trusted
  static Result<BlockingStream> connect(const ServerUrl& url, const TlsTrust& trust,
                                        MonoTime deadline);
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
  Status wait_for(TlsSession::Step step, MonoTime deadline) const;
  Status start_tls(const std::string& host, const TlsTrust& trust, MonoTime deadline);
  Status write_tls(std::string_view bytes, MonoTime deadline);
  Result<std::size_t> read_tls(std::string& out, MonoTime deadline);

  int descriptor_;
  std::unique_ptr<TlsSession> tls_;
};

}  // namespace tagwerk::net
