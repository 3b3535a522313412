#pragma once

#include <filesystem>
#include <soci/error.h>
#include <soci/session.h>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace tagwerk::store {

/// What differs between database engines. Everything else in this folder is SQL that SQLite,
/// PostgreSQL and MySQL understand alike. Internal to store; functions throw soci_error.
/// Threads: immutable
class Dialect {
 public:
  virtual ~Dialect() = default;
  /// Opens the connection and sets what makes commits durable.
  virtual void connect(soci::session& sql, const std::filesystem::path& file) const = 0;
  /// Opens what is there, and changes nothing in it.
  virtual void connect_to_read(soci::session& sql, const std::filesystem::path& file) const = 0;
  virtual bool has_table(soci::session& sql, const std::string& table) const = 0;
  virtual bool is_empty(soci::session& sql) const = 0;
  /// Writes a consistent copy into an empty file. Breaks off with an error once a stop is asked
  /// for.
  virtual void copy_to(soci::session& sql, const std::filesystem::path& file,
                       const std::stop_token& stop) const = 0;
  /// What is wrong with the file itself, at most ten sentences; none = sound. A thorough look also
  /// compares indexes with their tables.
  virtual std::vector<std::string> faults(soci::session& sql, bool thorough) const = 0;
  /// Column types in migrations: {int} 64 bits, {key} a short text that can be compared and
  /// indexed byte by byte, {path} the same up to 1,000 bytes, {text} any length.
  virtual std::string_view column_type(std::string_view placeholder) const = 0;
  /// `what` was going on: "save revision 7".
  virtual Error explain(const soci::soci_error& error, std::string_view what,
                        const std::filesystem::path& file) const = 0;
};

const Dialect& sqlite_dialect();

}  // namespace tagwerk::store
