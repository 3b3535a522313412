#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "net/certificate.hpp"

struct ssl_ctx_st;

namespace tagwerk::net {

enum class TlsVersion : std::uint8_t { v1_2, v1_3 };

/// Where a server's identity lies: PEM files, the certificate first and those that signed it after.
struct TlsFiles {
  std::string certificate;
  std::string key;
  TlsVersion min_version = TlsVersion::v1_2;
};

/// Whom a client believes.
struct TlsTrust {
  std::string ca_file;        ///< PEM; empty = those the system believes
  bool verify_server = true;  ///< false: whoever answers (an attacker, too)
};

/// What one side brings to a TLS handshake: certificate and key or trust, versions, ciphers. Only
/// ciphers with forward secrecy and authenticated encryption; no renegotiation, no compression; the
/// one protocol that is offered is HTTP/1.1.
/// Threads: immutable
/// Source: RFC 8446, RFC 5246; RFC 9325 for what is left out
class TlsContext {
 public:
  /// Fails: invalid_argument, naming the file and what is wrong with it: unreadable, no PEM, a key
  /// that is encrypted or belongs to another certificate
  static Result<std::shared_ptr<const TlsContext>> for_server(const TlsFiles& files);
  /// Fails: invalid_argument, naming the file
  static Result<std::shared_ptr<const TlsContext>> for_client(const TlsTrust& trust);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// The server's own; empty for a client.
  const Certificate& certificate() const { return certificate_; }
  ssl_ctx_st* native() const { return context_; }

 private:
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}

  ssl_ctx_st* context_;
  Certificate certificate_;
};

}  // namespace tagwerk::net
