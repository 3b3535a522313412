#pragma once

#include <soci/soci.h>
#include <vector>

#include "store/configuration_store.hpp"

namespace tagwerk::store {

/// Which tag has which id, over all revisions. Runs inside its caller's transaction; throws
/// soci_error. Internal to store.
class TagIdTable {
 public:
  explicit TagIdTable(soci::session& sql) : sql_(sql) {}

  model::Plant::TagIds in_use();
  /// Gives and retires ids so that exactly the tags of the project in `items` have one.
  Status follow(const ChangeRequest& request, AppliedChange& applied);

 private:
  Result<std::vector<std::string>> paths_of_items();
  Status follow_all(const ChangeRequest& request, AppliedChange& applied);
  void give(const std::string& path, const ChangeRequest& request, AppliedChange& applied);
  void retire(const std::string& path, AppliedChange& applied);
  /// The id the path had at a revision; 0 = none.
  TagId id_at(const std::string& path, std::uint64_t revision);
  TagId current(const std::string& path);

  soci::session& sql_;
  TagId last_ = 0;  ///< the highest id there is; 0 = not looked up yet
};

}  // namespace tagwerk::store
