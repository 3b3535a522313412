#include "app/server_certificate.hpp"

#include <sys/stat.h>

#include "base/log.hpp"

namespace tagwerk::app {
namespace {

/// Time to do something about a certificate that nobody renews.
constexpr Duration kWarnBefore = std::chrono::hours(24 * 14);

std::string day_of(UtcTime time) {
  return base::to_rfc3339(time).substr(0, 10);
}

std::string describe(const net::Certificate& certificate) {
  return fmt::format("certificate of {}, good until {}, SHA-256 {}", certificate.subject,
                     day_of(certificate.not_after), certificate.fingerprint);
}

}  // namespace

Result<std::unique_ptr<ServerCertificate>> ServerCertificate::load(
    net::TlsFiles files, std::optional<LanCertificate> lan) {
  auto context = net::TlsContext::for_server(files);
  if (!context) return std::unexpected(context.error());
  return std::unique_ptr<ServerCertificate>(
      new ServerCertificate(std::move(files), std::move(lan), std::move(*context)));
}

ServerCertificate::ServerCertificate(net::TlsFiles files, std::optional<LanCertificate> lan,
                                     Context context)
    : files_(std::move(files)),
      lan_(std::move(lan)),
      context_(std::move(context)),
      loaded_(look_at(files_)),
      seen_(loaded_) {}

ServerCertificate::Context ServerCertificate::context() const {
  const std::lock_guard lock(mutex_);
  return context_;
}

void ServerCertificate::tell(Use use) {
  const std::lock_guard lock(mutex_);
  use_ = std::move(use);
}

ServerCertificate::Look ServerCertificate::look_at(const net::TlsFiles& files) {
  Look out{};
  std::size_t at = 0;
  for (const std::string& file : {files.certificate, files.key}) {
    struct stat info{};
    // A file that is not there looks like zeros.
    (void)::stat(file.c_str(), &info);
    for (const auto number :
         {static_cast<std::int64_t>(info.st_dev), static_cast<std::int64_t>(info.st_ino),
          static_cast<std::int64_t>(info.st_size),
          static_cast<std::int64_t>(info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec),
          static_cast<std::int64_t>(info.st_ctim.tv_sec * 1'000'000'000 + info.st_ctim.tv_nsec)})
      out[at++] = number;
  }
  return out;
}

void ServerCertificate::check(UtcTime now) {
  const std::lock_guard lock(mutex_);
  if (lan_ && now + LanCertificate::kRenewBefore >= context_->certificate().not_after)
    if (const auto renewed = lan_->renew_in_time(now); !renewed) failure_ = renewed.error().message;
  const Look look = look_at(files_);
  const bool at_rest = look == seen_;
  seen_ = look;
  if (at_rest && look != loaded_) load_again(look);
}

void ServerCertificate::reload() {
  const std::lock_guard lock(mutex_);
  load_again(look_at(files_));
}

/// With the lock held.
void ServerCertificate::load_again(const Look& look) {
  loaded_ = seen_ = look;
  auto fresh = net::TlsContext::for_server(files_);
  if (!fresh) {
    failure_ = fresh.error().message;
    base::logger("tls")->error("{}; the {} stays in use", failure_,
                               describe(context_->certificate()));
    return;
  }
  failure_.clear();
  context_ = std::move(*fresh);
  base::logger("tls")->info("new {}", describe(context_->certificate()));
  if (use_) use_(context_);
}

access::PartStatus ServerCertificate::status(UtcTime now) const {
  const std::lock_guard lock(mutex_);
  const net::Certificate& certificate = context_->certificate();
  const std::string in_use = describe(certificate);
  if (!failure_.empty())
    return {"tls", "bad", fmt::format("{}; the {} stays in use", failure_, in_use)};
  if (now >= certificate.not_after) return {"tls", "bad", "expired: " + in_use};
  if (now < certificate.not_before)
    return {"tls", "warning",
            fmt::format("not good before {}: {}", day_of(certificate.not_before), in_use)};
  if (now + kWarnBefore >= certificate.not_after)
    return {"tls", "warning", "expires soon: " + in_use};
  return {"tls", "good", in_use};
}

}  // namespace tagwerk::app
