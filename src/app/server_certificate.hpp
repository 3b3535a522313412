#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "access/access.hpp"
#include "app/lan_certificate.hpp"
#include "net/tls_context.hpp"

namespace tagwerk::app {

/// The certificate that the server shows, kept up to date with its files: a new one is taken when
/// its files have changed and are at rest, a broken one is not, and the status says so.
/// Threads: any; loading reads files, so not on an event loop
class ServerCertificate {
 public:
  using Context = std::shared_ptr<const net::TlsContext>;
  using Use = std::function<void(const Context&)>;

  /// `lan` is set for a certificate of our own making, which is also renewed in time.
  /// Fails: as TlsContext::for_server
  static Result<std::unique_ptr<ServerCertificate>> load(net::TlsFiles files,
                                                         std::optional<LanCertificate> lan);

  Context context() const;
  /// Who wants each new one, from inside check and reload. With none: nobody any more; returns when
  /// a call that is under way has ended.
  void tell(Use use);

  /// Looks at the files; loads them when they have changed since they were loaded and are the same
  /// as at the last look, so that half a change is not taken. Call it every few seconds.
  void check(UtcTime now);
  /// Loads them now.
  void reload();
  access::PartStatus status(UtcTime now) const;

 private:
  /// What tells one state of the two files from another: device, inode, size and times of each.
  using Look = std::array<std::int64_t, 10>;

  ServerCertificate(net::TlsFiles files, std::optional<LanCertificate> lan, Context context);
  static Look look_at(const net::TlsFiles& files);
  void load_again(const Look& look);

  // Constant after construction.
  const net::TlsFiles files_;
  const std::optional<LanCertificate> lan_;

  mutable std::mutex mutex_;
  Context context_;
  Use use_;
  Look loaded_;  ///< of the last attempt, good or bad
  Look seen_;
  std::string failure_;  ///< why the last attempt failed; empty = it did not
};

}  // namespace tagwerk::app
