#pragma once

#include <string>
#include <vector>

#include "access/access.hpp"
#include "base/error.hpp"
#include "console/server_session.hpp"

namespace tagwerk::app {

using console::RemoteOptions;

// What a running server does instead of the data directory: the same results, the same errors.
// Fails: unavailable when no server is there, permission_denied, what the server refuses

/// All files as one revision.
Result<access::ImportResult> import_remotely(const RemoteOptions& options,
                                             const std::vector<model::ProjectText>& files,
                                             access::ImportOptions import);
Result<access::ImportResult> restore_remotely(const RemoteOptions& options, std::uint64_t revision,
                                              bool dry_run);
Result<std::string> export_remotely(const RemoteOptions& options,
                                    const access::ExportOptions& what);

}  // namespace tagwerk::app
