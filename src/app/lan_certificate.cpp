#include "app/lan_certificate.hpp"

#include <algorithm>

#include "base/new_file.hpp"
#include "net/certificate.hpp"

namespace tagwerk::app {
namespace {

/// The clock of a client may be a little behind.
constexpr Duration kBackdate = std::chrono::hours(1);

std::vector<std::string> all_of(const MachineNames& machine) {
  std::vector<std::string> out = machine.names;
  out.insert(out.end(), machine.addresses.begin(), machine.addresses.end());
  return out;
}

bool about_to_expire(const net::Certificate& certificate, UtcTime now) {
  return now + LanCertificate::kRenewBefore >= certificate.not_after;
}

}  // namespace

net::TlsFiles LanCertificate::files() const {
  return {.certificate = directory_ / "certificate.pem", .key = directory_ / "key.pem"};
}

Status LanCertificate::make(const std::vector<std::string>& names, UtcTime now) const {
  const auto made = net::make_self_signed(names, now - kBackdate, kLifetime + kBackdate);
  if (!made) return std::unexpected(made.error());
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (!error) std::filesystem::permissions(directory_, std::filesystem::perms::owner_all, error);
  if (error)
    return fail(ErrorCode::io, "cannot make the directory '{}': {}", directory_.string(),
                error.message());
  if (auto done = base::replace_file(files().key, made->key); !done) return done;
  return base::replace_file(files().certificate, made->certificate);
}

Result<bool> LanCertificate::refresh(const MachineNames& machine, UtcTime now) const {
  const std::vector<std::string> names = all_of(machine);
  if (const auto present = net::TlsContext::for_server(files())) {
    const net::Certificate& certificate = (*present)->certificate();
    const bool complete = std::ranges::all_of(
        names, [&](const std::string& name) { return certificate.good_for(name); });
    if (complete && !about_to_expire(certificate, now)) return false;
  }
  if (auto done = make(names, now); !done) return std::unexpected(done.error());
  return true;
}

Result<bool> LanCertificate::renew_in_time(UtcTime now) const {
  const auto present = net::TlsContext::for_server(files());
  if (!present) return std::unexpected(present.error());
  const net::Certificate& certificate = (*present)->certificate();
  if (!about_to_expire(certificate, now)) return false;
  if (auto done = make(certificate.names, now); !done) return std::unexpected(done.error());
  return true;
}

}  // namespace tagwerk::app
