#pragma once

#include <string>

#include "base/error.hpp"
#include "console/server_session.hpp"

/// What `tagwerk user` asks a running server. Fails: as ServerSession
namespace tagwerk::console {

Status add_user(ServerSession& session, const std::string& name, const std::string& password,
                const std::string& role, const std::string& subtree);
/// `current` is needed for one's own alone.
Status set_password(ServerSession& session, const std::string& name, const std::string& password,
                    const std::string& current);
Status disable_user(ServerSession& session, const std::string& name);

}  // namespace tagwerk::console
