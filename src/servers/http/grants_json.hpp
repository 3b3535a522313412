#pragma once

#include <span>
#include <vector>

#include "auth/service_key.hpp"
#include "servers/http/json_body.hpp"
#include "servers/http/json_writer.hpp"

namespace tagwerk::servers::http {

/// `[{"role":"operator","subtree":"/Plant"},…]`; without subtree everywhere.
/// Fails: invalid_argument, naming the grant's place; whether there is such a role is for auth
Result<std::vector<auth::AccountGrant>> read_grants(const model::Node& list);

void append_grants(JsonWriter& json, std::span<const auth::AccountGrant> grants);

/// "operator in /Plant, viewer in /"
std::string describe_grants(std::span<const auth::AccountGrant> grants);

}  // namespace tagwerk::servers::http
