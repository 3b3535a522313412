#pragma once

#include <soci/soci.h>
#include <string>
#include <vector>

#include "store/configuration_store.hpp"

namespace tagwerk::store {

/// Which tag had which id and path, over all revisions. A row is valid from one revision until
/// another; a tag that is renamed ends its row and begins the next with the same id. Runs inside
/// its caller's transaction; throws soci_error. Internal to store.
class TagIdTable {
 public:
  /// `revision` is the one being made.
  TagIdTable(soci::session& sql, std::uint64_t revision);

  model::Plant::TagIds in_use();
  model::Plant::TagIds at(std::uint64_t revision);
  /// Gives, moves and retires ids so that exactly the tags of the project in `items` have one.
  Status follow(const ChangeRequest& request, AppliedChange& applied);

 private:
  void go_back(std::uint64_t revision, AppliedChange& applied);
  Status move(const std::vector<model::TagMove>& moves, AppliedChange& applied);
  Status follow_items(AppliedChange& applied);
  Result<std::vector<std::string>> paths_of_items();
  model::Plant::TagIds rows(const std::string& condition, long long at);

  /// 0 = none in use.
  TagId current(const std::string& path);
  TagId fresh();
  void give(const std::string& path, TagId id, AppliedChange& applied);
  void retire(const std::string& path, TagId id, AppliedChange& applied);

  soci::session& sql_;
  const long long revision_;
  TagId last_ = 0;  ///< the highest id there is; 0 = not looked up yet

  // Bound to the statements, which are prepared once.
  long long id_ = 0;
  std::string path_;
  soci::statement find_, insert_, end_;
};

}  // namespace tagwerk::store
