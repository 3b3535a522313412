#pragma once

#include <string>

#include "app/data_directory.hpp"
#include "app/server_settings.hpp"
#include "auth/authenticator.hpp"
#include "base/worker.hpp"
#include "net/certificate.hpp"

namespace tagwerk::app {

/// How the first administrator comes to be, when there is no user yet.
struct FirstUser {
  std::string setup_token;    ///< serve: for the one-time link
  std::string demo_password;  ///< demo: of `admin`, just made
};

/// With a user in the database: nothing. With --bootstrap-admin: makes the one it names. Demo:
/// makes `admin` with a random password. Otherwise: a setup token. Fails: invalid_argument when the
/// bootstrap file is not one line name:password
Result<FirstUser> prepare_first_user(const ServerSettings& settings, const DataDirectory& data,
                                     auth::Authenticator& authenticator,
                                     base::Worker& store_worker);

/// Prints what a person compares with what the browser shows: a certificate that vouches for itself
/// is as good as this comparison.
void announce_certificate(const net::Certificate& certificate);

/// Prints what a person needs to get in, once.
void announce_first_user(const FirstUser& first, const std::string& url, const DataDirectory& data);

}  // namespace tagwerk::app
