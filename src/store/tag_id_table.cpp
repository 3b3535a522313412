#include "store/tag_id_table.hpp"

#include <algorithm>

#include "store/item_table.hpp"
#include "store/query.hpp"

namespace tagwerk::store {
namespace {

using What = model::ProjectChange::What;

}  // namespace

TagIdTable::TagIdTable(soci::session& sql, std::uint64_t revision)
    : sql_(sql),
      revision_(number(revision)),
      find_((sql.prepare << "SELECT id FROM tag_paths WHERE path = :path AND valid_until = 0",
             soci::use(path_), soci::into(id_))),
      insert_((sql.prepare << "INSERT INTO tag_paths (id, path, valid_from, valid_until) "
                              "VALUES (:id, :path, :from, 0)",
               soci::use(id_), soci::use(path_), soci::use(revision_))),
      end_((sql.prepare << "UPDATE tag_paths SET valid_until = :until "
                           "WHERE id = :id AND valid_until = 0",
            soci::use(revision_), soci::use(id_))) {}

model::Plant::TagIds TagIdTable::rows(const std::string& condition, long long at) {
  model::Plant::TagIds out;
  long long count = 0;
  sql_ << "SELECT count(*) FROM tag_paths WHERE valid_until = 0", soci::into(count);
  out.reserve(unsigned_of(count));
  long long id = 0;
  std::string path;
  soci::statement found = (sql_.prepare << "SELECT id, path FROM tag_paths WHERE valid_from <= :at "
                                           "AND "
                                        << condition,
                           soci::use(at), soci::into(id), soci::into(path));
  found.execute();
  while (found.fetch())
    out.emplace(path, unsigned_of(id));
  return out;
}

model::Plant::TagIds TagIdTable::in_use() {
  return rows("valid_until = 0", revision_);
}

model::Plant::TagIds TagIdTable::at(std::uint64_t revision) {
  return rows(fmt::format("(valid_until = 0 OR valid_until > {})", revision), number(revision));
}

Status TagIdTable::follow(const ChangeRequest& request, AppliedChange& applied) {
  if (request.back_to) {
    go_back(*request.back_to, applied);
    return {};
  }
  const auto concerns_types = [](const model::ProjectChange& change) {
    return change.kind == "type" || change.kind == "object";
  };
  if (!request.moves.empty() || std::ranges::any_of(request.changes, concerns_types)) {
    if (auto moved = move(request.moves, applied); !moved) return moved;
    return follow_items(applied);
  }
  for (const auto& change : request.changes) {
    if (change.kind != "tag" || change.what == What::changed) continue;
    if (change.what == What::added)
      give(change.name, fresh(), applied);
    else if (const TagId id = current(change.name); id != 0)
      retire(change.name, id, applied);
  }
  return {};
}

void TagIdTable::go_back(std::uint64_t revision, AppliedChange& applied) {
  auto wanted = at(revision);
  for (const auto& [path, id] : in_use()) {
    const auto same = wanted.find(path);
    if (same != wanted.end() && same->second == id)
      wanted.erase(same);
    else
      retire(path, id, applied);
  }
  for (const auto& [path, id] : wanted)
    give(path, id, applied);
}

Status TagIdTable::move(const std::vector<model::TagMove>& moves, AppliedChange& applied) {
  std::vector<TagId> ids;
  for (const model::TagMove& each : moves) {
    ids.push_back(current(each.from));
    if (ids.back() == 0)
      return fail(ErrorCode::conflict,
                  "tag '{}' does not exist any more; load the configuration again and repeat",
                  each.from);
  }
  for (std::size_t i = 0; i < moves.size(); ++i)
    retire(moves[i].from, ids[i], applied);
  for (std::size_t i = 0; i < moves.size(); ++i) {
    if (const TagId other = current(moves[i].to); other != 0) retire(moves[i].to, other, applied);
    give(moves[i].to, ids[i], applied);
  }
  return {};
}

Status TagIdTable::follow_items(AppliedChange& applied) {
  const auto paths = paths_of_items();
  if (!paths) return std::unexpected(paths.error());
  auto gone = in_use();
  for (const std::string& path : *paths)
    if (gone.erase(path) == 0) give(path, fresh(), applied);
  for (const auto& [path, id] : gone)
    retire(path, id, applied);
  return {};
}

Result<std::vector<std::string>> TagIdTable::paths_of_items() {
  ItemTable items(sql_);
  const auto project = decode_project(items.object_bodies());
  if (!project) return std::unexpected(project.error());
  auto out = model::tag_paths(*project);
  const auto own = items.tag_names();
  out.insert(out.end(), own.begin(), own.end());
  return out;
}

TagId TagIdTable::current(const std::string& path) {
  path_ = path;
  return find_.execute(true) ? unsigned_of(id_) : 0;
}

TagId TagIdTable::fresh() {
  if (last_ == 0) {
    long long highest = 0;
    soci::indicator none = soci::i_ok;
    sql_ << "SELECT max(id) FROM tag_paths", soci::into(highest, none);
    last_ = none == soci::i_null ? 0 : unsigned_of(highest);
  }
  return ++last_;
}

void TagIdTable::give(const std::string& path, TagId id, AppliedChange& applied) {
  path_ = path;
  id_ = number(id);
  insert_.execute(true);
  applied.new_tags.emplace_back(path, id);
}

void TagIdTable::retire(const std::string& path, TagId id, AppliedChange& applied) {
  id_ = number(id);
  end_.execute(true);
  applied.gone_tags.emplace_back(path, id);
}

}  // namespace tagwerk::store
