#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"

namespace tagwerk::net {

/// What a person or a check wants to know of an X.509 certificate.
struct Certificate {
  std::string subject;             ///< its common name, else the first of its names
  std::vector<std::string> names;  ///< DNS names and IP addresses it is good for
  UtcTime not_before{};
  UtcTime not_after{};
  std::string fingerprint;  ///< SHA-256: "AB:CD:…", as browsers show it

  bool good_for(std::string_view name) const;
};

/// The first certificate of a PEM text.
/// Fails: invalid_argument, naming the source
Result<Certificate> read_certificate(std::string_view pem, std::string_view source);

struct SelfSigned {
  std::string certificate;  ///< PEM
  std::string key;          ///< PEM, PKCS #8
};

/// A certificate that vouches for itself, with a fresh key on P-256, for a server with these DNS
/// names and IP addresses; the first names it.
/// Fails: internal
Result<SelfSigned> make_self_signed(const std::vector<std::string>& names, UtcTime from,
                                    Duration lifetime);

}  // namespace tagwerk::net
