#pragma once

#include <string>

#include "access/access.hpp"
#include "servers/http/http_api.hpp"

namespace tagwerk::servers::http {

/// The body of GET /api/status.
void append_status(std::string& out, const HttpApi& api, const access::ServerStatus& status);
/// One connector as in GET /api/connectors.
void append_connector(std::string& out, const supervisor::ConnectorStatus& connector);

}  // namespace tagwerk::servers::http
