#include "store/tag_id_table.hpp"

#include <algorithm>

#include "store/item_table.hpp"
#include "store/query.hpp"

namespace tagwerk::store {
namespace {

using What = model::ProjectChange::What;

}  // namespace

model::Plant::TagIds TagIdTable::in_use() {
  model::Plant::TagIds out;
  long long id = 0;
  std::string path;
  soci::statement rows = (sql_.prepare << "SELECT id, path FROM tag_ids WHERE valid_until = 0",
                          soci::into(id), soci::into(path));
  rows.execute();
  while (rows.fetch())
    out.emplace(path, unsigned_of(id));
  return out;
}

Status TagIdTable::follow(const ChangeRequest& request, AppliedChange& applied) {
  const auto concerns_types = [](const model::ProjectChange& change) {
    return change.kind == "type" || change.kind == "object";
  };
  if (std::any_of(request.changes.begin(), request.changes.end(), concerns_types))
    return follow_all(request, applied);
  for (const auto& change : request.changes) {
    if (change.kind != "tag" || change.what == What::changed) continue;
    if (change.what == What::added)
      give(change.name, request, applied);
    else
      retire(change.name, applied);
  }
  return {};
}

Result<std::vector<std::string>> TagIdTable::paths_of_items() {
  ItemBodies bodies = ItemTable(sql_).bodies();
  std::vector<std::string> own;
  for (const auto& entry : bodies["tag"])
    own.push_back(entry.first);
  bodies.erase("tag");
  bodies.erase("connector");
  const auto project = decode_project(bodies);
  if (!project) return std::unexpected(project.error());
  auto out = model::tag_paths(*project);
  out.insert(out.end(), own.begin(), own.end());
  return out;
}

Status TagIdTable::follow_all(const ChangeRequest& request, AppliedChange& applied) {
  const auto paths = paths_of_items();
  if (!paths) return std::unexpected(paths.error());
  auto gone = in_use();
  for (const std::string& path : *paths)
    if (gone.erase(path) == 0) give(path, request, applied);
  for (const auto& entry : gone)
    retire(entry.first, applied);
  return {};
}

TagId TagIdTable::current(const std::string& path) {
  long long id = 0;
  sql_ << "SELECT id FROM tag_ids WHERE path = :path AND valid_until = 0", soci::use(path),
      soci::into(id);
  return unsigned_of(id);
}

TagId TagIdTable::id_at(const std::string& path, std::uint64_t revision) {
  const long long at = number(revision);
  long long id = 0;
  sql_ << "SELECT id FROM tag_ids WHERE path = :path AND valid_from <= :at AND valid_until > :at2",
      soci::use(path), soci::use(at), soci::use(at), soci::into(id);
  return unsigned_of(id);
}

void TagIdTable::give(const std::string& path, const ChangeRequest& request,
                      AppliedChange& applied) {
  if (request.back_to) {
    if (const TagId old = id_at(path, *request.back_to); old != 0) {
      const long long id = number(old);
      sql_ << "UPDATE tag_ids SET valid_until = 0 WHERE id = :id", soci::use(id);
      applied.new_tags.emplace_back(path, old);
      return;
    }
  }
  if (last_ == 0) {
    long long highest = 0;
    soci::indicator none = soci::i_ok;
    sql_ << "SELECT max(id) FROM tag_ids", soci::into(highest, none);
    last_ = none == soci::i_null ? 0 : unsigned_of(highest);
  }
  const long long id = number(++last_);
  const long long from = number(applied.revision);
  sql_ << "INSERT INTO tag_ids (id, path, valid_from, valid_until) VALUES (:id, :path, :from, 0)",
      soci::use(id), soci::use(path), soci::use(from);
  applied.new_tags.emplace_back(path, last_);
}

void TagIdTable::retire(const std::string& path, AppliedChange& applied) {
  const TagId gone = current(path);
  if (gone == 0) return;
  const long long id = number(gone);
  const long long until = number(applied.revision);
  sql_ << "UPDATE tag_ids SET valid_until = :until WHERE id = :id", soci::use(until), soci::use(id);
  applied.gone_tags.emplace_back(path, gone);
}

}  // namespace tagwerk::store
