#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "net/tls_context.hpp"

namespace tagwerk::net {

/// One TLS connection over a socket that does not block. Does what can be done now and says what it
/// waits for; the handshake happens on the way. One read and one write may be under way at a time.
/// Threads: one
/// Owns: nothing of the socket, which must be open in every call
class TlsSession {
 public:
  enum class Step : std::uint8_t {
    done,        ///< `count` bytes, at least one
    want_read,   ///< call again when the socket can be read
    want_write,  ///< call again, with the same bytes, when it can be written
    closed,      ///< the peer ended the connection
    failed,      ///< failure() says why
  };
  struct Progress {
    Step step = Step::failed;
    std::size_t count = 0;
  };

  /// The server's side.
  TlsSession(const TlsContext& context, int descriptor);
  /// The client's side; the host, a name or an IP address, is what the certificate must be for.
  TlsSession(const TlsContext& context, int descriptor, const std::string& host);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  Progress handshake();
  Progress read(std::span<char> into);
  Progress write(std::string_view bytes);
  /// Whether something can be read, without taking it.
  Progress peek();
  /// Says goodbye, if the kernel takes it.
  void say_goodbye();

  bool established() const;
  /// The peer began with a plain HTTP request.
  bool spoke_plain_http() const { return plain_http_; }
  /// The peer's certificate did not convince.
  bool distrusted() const { return distrusted_; }
  const std::string& failure() const { return failure_; }

 private:
  Progress outcome(int result, std::size_t count);

  struct Native;
  const std::unique_ptr<Native> native_;
  std::string failure_;
  bool plain_http_ = false;
  bool distrusted_ = false;
  bool broken_ = false;
};

}  // namespace tagwerk::net
