#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/listen_address.hpp"
#include "base/error.hpp"
#include "model/project_file.hpp"
#include "table/writer.hpp"

namespace tagwerk::app {

/// Everything about the server itself: tagwerk.yaml, then the command line over it.
struct ServerSettings {
  ListenAddress http;
  std::string data = "tagwerk-data";
  std::string instance;   ///< empty = made from the data directory's path
  std::string base_path;  ///< "" or "/tagwerk"
  int io_threads = 2;
  bool insecure = false;  ///< plain HTTP on addresses that others can reach
  std::vector<std::string> projects;
  table::WriterOptions table;

  std::string bootstrap_admin;  ///< file with one line name:password
  bool demo_admin = false;      ///< make `admin` with a random password and print it once
  std::vector<model::ProjectText> built_in_projects;
};

/// Reads tagwerk.yaml into the settings.
/// Fails: invalid_argument with file:line:column
Status read_settings(const std::string& file, ServerSettings& settings);

/// What must hold before a server starts.
/// Fails: invalid_argument, permission_denied for an open address without `insecure: true`
Status check_settings(const ServerSettings& settings);

}  // namespace tagwerk::app
