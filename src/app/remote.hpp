#pragma once

#include <string>
#include <vector>

#include "access/access.hpp"
#include "base/error.hpp"
#include "net/tls_context.hpp"

namespace CLI {
class App;
}

namespace tagwerk::app {

/// A running server to talk to. Without a token, name and password are used; see
/// add_remote_options.
struct RemoteOptions {
  std::string url = "http://127.0.0.1:8080";
  std::string token;
  std::string user;
  std::string password_file;
  net::TlsTrust trust;  ///< for https:
};

/// --url, --ca, --insecure-tls, --token, --user, --password-file; also TAGWERK_URL, TAGWERK_CA and
/// TAGWERK_TOKEN.
void add_remote_options(CLI::App& command, RemoteOptions& options);

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
