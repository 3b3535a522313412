#pragma once

#include <map>
#include <soci/soci.h>
#include <string>

#include "store/configuration_store.hpp"

namespace tagwerk::store {

class ProjectDecoder;

/// Bodies as they are stored: kind -> name -> JSON.
using ItemBodies = std::map<std::string, std::map<std::string, std::string>>;

/// The definitions of the project as rows, and the record of their changes. Runs inside its
/// caller's transaction; throws soci_error. Internal to store.
class ItemTable {
 public:
  explicit ItemTable(soci::session& sql) : sql_(sql) {}

  ItemBodies bodies();
  /// Hands all of them to the decoder, which may still be at work on return.
  void decode_all(ProjectDecoder& decoder);
  /// Of objects and types only, which are few.
  ItemBodies object_bodies();
  std::vector<std::string> tag_names();
  /// Fails: conflict when an item is not as the change says
  Status apply(const std::vector<model::ProjectChange>& changes, std::uint64_t revision);
  /// Takes back what the revisions after this one did.
  void undo_after(std::uint64_t revision, ItemBodies& bodies);

 private:
  ItemBodies bodies_where(const std::string& condition);
  template <class Take>
  void each_body(const std::string& condition, Take take);

  soci::session& sql_;
};

/// Fails: corrupt, naming the definition
Result<model::Project> decode_project(const ItemBodies& bodies);

std::string_view to_string(model::ProjectChange::What what);

}  // namespace tagwerk::store
