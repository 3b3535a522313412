#pragma once

#include <soci/session.h>
#include <string>

#include "base/error.hpp"
#include "base/time.hpp"

namespace tagwerk::store {

/// Marks a setup token as used inside its caller's transaction; throws soci_error. Internal to
/// store. Fails: unauthenticated when it is unknown, used or past its time
Status use_setup_token(soci::session& sql, const std::string& hash, UtcTime now);

}  // namespace tagwerk::store
