#pragma once

#include <string>

#include "auth/authenticator.hpp"
#include "net/http.hpp"

namespace tagwerk::servers::http {

/// How a request says who asks, in this order: `Authorization: Bearer TOKEN-or-KEY`,
/// `X-API-Key: KEY`, `Authorization: Basic NAME:KEY` for programs that know nothing else. Basic is
/// for service keys only: passwords of people go to POST /login.

/// The session of the request's token or key.
/// Threads: any
/// Fails:   unauthenticated, with a sentence for the client
Result<auth::Session> verify_request(const auth::Authenticator& authenticator,
                                     const net::Request& request, UtcTime now);

/// The token or key by which a session that was opened with the request is verified again.
/// Precondition: verify_request was content.
std::string secret_of(const net::Request& request);

}  // namespace tagwerk::servers::http
