#pragma once

#include <memory>
#include <string>

#include "app/data_directory.hpp"
#include "store/database.hpp"

namespace tagwerk::app {

/// The configuration database of a server that does not run. While it is open, none can start.
struct OfflineDatabase {
  std::unique_ptr<DataDirectory> directory;
  std::unique_ptr<store::Database> database;

  /// Fails: conflict when a server has the directory, naming it; what Database::open fails with
  Status open(const std::string& path) {
    auto opened = DataDirectory::open(path);
    if (!opened) return std::unexpected(opened.error());
    directory = std::move(*opened);
    auto file = store::Database::open(directory->config_database(), base::utc_now(),
                                      {.backup_directory = directory->backups()});
    if (!file) return std::unexpected(file.error());
    database = std::move(*file);
    return {};
  }
};

}  // namespace tagwerk::app
