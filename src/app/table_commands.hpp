#pragma once

#include <string>
#include <vector>

#include "table/reader.hpp"

/// `tagwerk table …`: what its subcommands have in common.
namespace tagwerk::app {

struct TableArguments {
  std::string instance;  ///< empty = the only one there is
  std::string sysv_key;  ///< empty = by instance
  std::vector<std::string> paths;
  bool json = false;
};

/// Each prints and returns the process's exit code.
int list_tables(const TableArguments& arguments);
int check_tables(const TableArguments& arguments);
int remove_table(const TableArguments& arguments);
int get_from_table(const TableArguments& arguments);
int watch_table(const TableArguments& arguments);

/// The instance named, or the only one there is.
/// Fails: not_found, conflict (there are several)
Result<std::string> choose_instance(const std::string& given);

/// "/dev/shm/…" sizes as people read them: "4.4 MiB".
std::string to_size(std::uint64_t bytes);
/// How long ago, rounded up to milliseconds.
std::string to_age(std::int64_t ns);
/// "process 17 lives", "process 17 is gone", "nobody: closed properly".
std::string describe_writer(const tagwerk_table_information& information);

}  // namespace tagwerk::app
