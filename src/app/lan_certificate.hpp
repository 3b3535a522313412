#pragma once

#include <filesystem>

#include "app/machine.hpp"
#include "base/error.hpp"
#include "base/time.hpp"
#include "net/tls_context.hpp"

namespace tagwerk::app {

/// The certificate that a server with --lan makes for itself: DATA/tls/certificate.pem and key.pem.
/// It is good for the machine's names and addresses, for 397 days, and is made anew 30 days before
/// that, at a start also when the machine has got another name or address.
/// Threads: one at a time
/// Owns:    nothing; the files stay
class LanCertificate {
 public:
  static constexpr Duration kLifetime = std::chrono::hours(24 * 397);
  static constexpr Duration kRenewBefore = std::chrono::hours(24 * 30);

  explicit LanCertificate(std::filesystem::path directory) : directory_(std::move(directory)) {}

  net::TlsFiles files() const;
  /// Makes the files unless those that are there are whole, not about to expire and good for all
  /// names. Says whether it made them.
  /// Fails: io, internal; the former files stay then
  Result<bool> refresh(const MachineNames& machine, UtcTime now) const;
  /// The same, but with the names that it already has: while the server runs.
  Result<bool> renew_in_time(UtcTime now) const;

 private:
  Status make(const std::vector<std::string>& names, UtcTime now) const;

  const std::filesystem::path directory_;
};

}  // namespace tagwerk::app
