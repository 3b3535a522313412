#pragma once

#include <string>

#include "access/access.hpp"
#include "servers/http/call.hpp"
#include "servers/http/http_api.hpp"
#include "servers/http/json_writer.hpp"

namespace tagwerk::servers::http {

/// The body of GET /api/status.
void append_status(std::string& out, const HttpApi& api, const access::ServerStatus& status);
/// One connector as in GET /api/connectors; `more` are members as JSON that go behind its own.
void append_connector(JsonWriter& json, const supervisor::ConnectorStatus& connector,
                      std::string_view more = {});
/// For `more`: the definition, null without the right configure, and the project's revision.
std::string definition_members(const Call& call, const model::Plant& plant, std::string_view name);

}  // namespace tagwerk::servers::http
