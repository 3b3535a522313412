#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/error.hpp"

struct sqlite3;

namespace tagwerk::supervisor {

/// How far a producer's samples are safe here.
struct Mark {
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  bool operator==(const Mark&) const = default;
};
using Marks = std::map<std::string, Mark>;

/// High-water marks of all producers in DATA/marks.sqlite. They say which samples a producer need
/// not send again after a restart of the server.
/// Threads: one at a time
/// Blocks:  save fsyncs
class MarkStore {
 public:
  /// Fails: io or corrupt, naming the file
  static Result<std::unique_ptr<MarkStore>> open(const std::string& file);
  ~MarkStore();
  MarkStore(const MarkStore&) = delete;
  MarkStore& operator=(const MarkStore&) = delete;

  Result<Marks> load();
  /// All of them in one transaction; durable when it returns.
  Status save(const Marks& marks);

 private:
  MarkStore(sqlite3* database, std::string file) : database_(database), file_(std::move(file)) {}
  Status run(const char* sql);
  [[nodiscard]] std::unexpected<Error> failed(std::string_view what) const;

  sqlite3* database_;
  std::string file_;
};

}  // namespace tagwerk::supervisor
