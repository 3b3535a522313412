#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "app/listen_address.hpp"
#include "base/error.hpp"
#include "model/project_file.hpp"
#include "net/http_server.hpp"
#include "table/writer.hpp"

namespace tagwerk::app {

/// Backups that the server makes by itself.
struct BackupSettings {
  bool enabled = true;
  std::chrono::minutes time{2 * 60 + 30};  ///< of the day, on the wall
  std::size_t keep = 14;
  std::string directory;  ///< empty: backup/ in the data directory
};

/// Everything about the server itself: tagwerk.yaml, then the command line over it.
struct ServerSettings {
  ListenAddress http;
  std::string data = "tagwerk-data";
  std::string instance;   ///< empty = made from the data directory's path
  std::string base_path;  ///< "" or "/tagwerk"
  int io_threads = 2;
  bool lan = false;       ///< all addresses, with a certificate of its own making
  bool insecure = false;  ///< plain HTTP on addresses that others can reach
  std::vector<std::string> projects;
  table::WriterOptions table;
  BackupSettings backup;

  net::TlsFiles tls;  ///< empty: no TLS, unless `lan`
  Duration hsts{};    ///< 0 = browsers are told nothing
  std::vector<std::string> trusted_proxies;
  net::ForwardedHeader forwarded_header = net::ForwardedHeader::x_forwarded_for;
  std::vector<std::string> cors_origins;
  net::HttpLimits limits;

  std::string bootstrap_admin;  ///< file with one line name:password
  bool demo_admin = false;      ///< make `admin` with a random password and print it once
  std::vector<model::ProjectText> built_in_projects;

  bool has_certificate() const { return !tls.certificate.empty(); }
  /// HTTPS on TCP.
  bool secure() const { return has_certificate() || lan; }
  /// The address to bind: with `lan` all of them, and only the port is as configured.
  ListenAddress listen_address() const;
};

/// Reads tagwerk.yaml into the settings.
/// Fails: invalid_argument with file:line:column; for an unknown key with the nearest known one
Status read_settings(const std::string& file, ServerSettings& settings);

/// What must hold before a server starts.
/// Fails: invalid_argument, permission_denied for an open address without TLS or `insecure: true`
Status check_settings(const ServerSettings& settings);

}  // namespace tagwerk::app
