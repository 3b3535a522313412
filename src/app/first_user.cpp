#include "app/first_user.hpp"

#include <cstdio>
#include <fstream>
#include <future>
#include <sodium/randombytes.h>
#include <utility>

#include "base/log.hpp"

namespace tagwerk::app {
namespace {

/// Letters and digits that cannot be mistaken for one another, in groups to read aloud.
std::string random_password() {
  constexpr std::string_view kLetters = "abcdefghijkmnpqrstuvwxyz23456789";
  std::string out;
  for (int i = 0; i < 16; ++i) {
    if (i != 0 && i % 4 == 0) out += '-';
    out += kLetters[randombytes_uniform(static_cast<std::uint32_t>(kLetters.size()))];
  }
  return out;
}

Result<std::pair<std::string, std::string>> read_bootstrap(const std::string& file) {
  std::ifstream in(file);
  std::string line;
  if (!in || !std::getline(in, line))
    return fail(ErrorCode::invalid_argument, "cannot read a line name:password from '{}'", file);
  const auto colon = line.find(':');
  if (colon == std::string::npos || colon == 0)
    return fail(ErrorCode::invalid_argument, "'{}' must hold one line name:password", file);
  return std::pair{line.substr(0, colon), line.substr(colon + 1)};
}

/// Hashes and stores; waits for both.
Status add_administrator(const std::string& name, const std::string& password,
                         auth::Authenticator& authenticator) {
  std::promise<Status> promise;
  auth::SignUp user;
  user.user.name = name;
  user.user.role = "admin";
  user.password = password;
  authenticator.add_user(nullptr, std::move(user), base::utc_now(),
                         [&](Result<auth::Account> account) {
                           promise.set_value(account ? Status{} : std::unexpected(account.error()));
                         });
  return promise.get_future().get();
}

}  // namespace

Result<FirstUser> prepare_first_user(const ServerSettings& settings, const DataDirectory& data,
                                     auth::Authenticator& authenticator,
                                     base::Worker& store_worker) {
  FirstUser first;
  if (!authenticator.setup_needed()) return first;
  if (!settings.bootstrap_admin.empty()) {
    auto admin = read_bootstrap(settings.bootstrap_admin);
    if (!admin) return std::unexpected(admin.error());
    if (auto added = add_administrator(admin->first, admin->second, authenticator); !added)
      return std::unexpected(added.error());
    base::logger("auth")->info("administrator '{}' made from '{}'", admin->first,
                               settings.bootstrap_admin);
    return first;
  }
  if (settings.demo_admin) {
    first.demo_password = random_password();
    if (auto added = add_administrator("admin", first.demo_password, authenticator); !added)
      return std::unexpected(added.error());
    if (auto kept = data.write_private("admin-password", first.demo_password + "\n"); !kept)
      return std::unexpected(kept.error());
    return first;
  }
  auto token =
      base::run_on(store_worker, [&] { return authenticator.begin_setup(base::utc_now()); });
  if (!token) return std::unexpected(token.error());
  first.setup_token = std::move(*token);
  return first;
}

void announce_certificate(const net::Certificate& certificate) {
  std::printf(
      "The certificate is of the server's own making, so browsers warn of it. Compare, then "
      "accept:\n"
      "  SHA-256 %s\n",
      certificate.fingerprint.c_str());
}

void announce_first_user(const FirstUser& first, const std::string& url,
                         const DataDirectory& data) {
  if (!first.demo_password.empty())
    std::printf("user      admin\npassword  %s\n          (kept in %s)\n",
                first.demo_password.c_str(), (data.path() / "admin-password").c_str());
  if (first.setup_token.empty()) return;
  const std::string link = url + "/setup#" + first.setup_token;
  std::printf("There is no user yet. Open this link once to make the first administrator:\n  %s\n",
              link.c_str());
  if (auto kept = data.write_private("setup-link", link + "\n"); !kept)
    base::logger("auth")->warn("{}", kept.error().message);
}

}  // namespace tagwerk::app
