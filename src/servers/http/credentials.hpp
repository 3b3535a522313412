#pragma once

#include <string>

#include "auth/authenticator.hpp"
#include "net/http.hpp"

namespace tagwerk::servers::http {

/// What a request shows to say who asks: an access token, or a service key.
struct Credentials {
  std::string secret;  ///< for Authenticator::verify
  std::string name;    ///< with Basic: what the key must be called
};

/// From, in this order, `X-API-Key: KEY`, `Authorization: Bearer TOKEN-or-KEY` and
/// `Authorization: Basic NAME:KEY`, for programs that know nothing else.
/// Fails: unauthenticated, with a sentence for the client: nothing there, or a person's password
Result<Credentials> read_credentials(const net::Request& request);

/// The session of the request's token or key.
/// Fails: unauthenticated
Result<auth::Session> verify(const auth::Authenticator& authenticator, const net::Request& request,
                             UtcTime now);

}  // namespace tagwerk::servers::http
