#include "store/configuration_store.hpp"

#include <limits>

#include "store/item_table.hpp"
#include "store/project_decoder.hpp"
#include "store/query.hpp"
#include "store/tag_id_table.hpp"

namespace tagwerk::store {
namespace {

std::uint64_t last_revision(soci::session& sql) {
  long long revision = 0;
  soci::indicator none = soci::i_ok;
  sql << "SELECT max(revision) FROM revisions", soci::into(revision, none);
  return none == soci::i_null ? 0 : unsigned_of(revision);
}

void add_revision(soci::session& sql, const ChangeRequest& request, std::uint64_t revision) {
  const long long number_of = number(revision);
  const long long at = number(request.at);
  const long long changes = number(request.changes.size());
  sql << "INSERT INTO revisions (revision, made_at, who, source, summary, changes) "
         "VALUES (:revision, :at, :who, :source, :summary, :changes)",
      soci::use(number_of), soci::use(at), soci::use(request.who), soci::use(request.source),
      soci::use(request.summary), soci::use(changes);
}

void note_file(soci::session& sql, const AppliedFile& file, std::uint64_t revision, UtcTime at) {
  const long long number_of = number(revision);
  const long long applied_at = number(at);
  sql << "DELETE FROM applied_files WHERE name = :name", soci::use(file.name);
  sql << "INSERT INTO applied_files (name, hash, revision, applied_at) "
         "VALUES (:name, :hash, :revision, :at)",
      soci::use(file.name), soci::use(file.hash), soci::use(number_of), soci::use(applied_at);
}

std::unexpected<Error> no_revision(std::uint64_t revision, std::uint64_t last) {
  return fail(ErrorCode::not_found, "there is no revision {}; the last one is {}", revision, last);
}

model::ProjectChange::What parse_what(std::string_view text) {
  using What = model::ProjectChange::What;
  for (const What what : {What::added, What::changed})
    if (text == to_string(what)) return what;
  return What::removed;
}

Result<model::Node> body_of(const std::string& json, const std::string& name) {
  if (json.empty()) return model::Node{};
  return model::parse_json(json, name);
}

}  // namespace

void AppliedChange::update(model::Plant::TagIds& ids) const {
  for (const auto& entry : gone_tags)
    ids.erase(entry.first);
  for (const auto& [path, id] : new_tags)
    ids[path] = id;
}

void AppliedChange::undo(model::Plant::TagIds& ids) const {
  for (const auto& entry : new_tags)
    ids.erase(entry.first);
  for (const auto& [path, id] : gone_tags)
    ids[path] = id;
}

Result<std::uint64_t> ConfigurationStore::revision() {
  return guarded(database_, "read the revision",
                 [](soci::session& sql) -> Result<std::uint64_t> { return last_revision(sql); });
}

Result<Configuration> ConfigurationStore::load() {
  // In a transaction, so that project, ids and revision belong together.
  return in_transaction(database_, "read the project",
                        [](soci::session& sql) -> Result<Configuration> {
                          ProjectDecoder decoder;
                          ItemTable(sql).decode_all(decoder);
                          const auto revision = last_revision(sql);
                          auto ids = TagIdTable(sql, revision).in_use();
                          auto project = decoder.take();
                          if (!project) return std::unexpected(project.error());
                          return Configuration{revision, std::move(*project), std::move(ids)};
                        });
}

Result<AppliedChange> ConfigurationStore::apply(const ChangeRequest& request) {
  const auto work = [&](soci::session& sql) -> Result<AppliedChange> {
    AppliedChange applied{.revision = last_revision(sql), .new_tags = {}, .gone_tags = {}};
    if (request.expected_revision && *request.expected_revision != applied.revision)
      return fail(ErrorCode::conflict,
                  "the configuration is at revision {} by now, not {}; load it again and repeat",
                  applied.revision, *request.expected_revision);
    if (!request.changes.empty() || !request.moves.empty() || request.back_to) {
      ++applied.revision;
      if (auto written = ItemTable(sql).apply(request.changes, applied.revision); !written)
        return std::unexpected(written.error());
      if (auto followed = TagIdTable(sql, applied.revision).follow(request, applied); !followed)
        return std::unexpected(followed.error());
      // Going back to what is there already is no change.
      if (request.changes.empty() && applied.new_tags.empty())
        --applied.revision;
      else
        add_revision(sql, request, applied.revision);
    }
    for (const AppliedFile& file : request.files)
      note_file(sql, file, applied.revision, request.at);
    if (auto approved = request.approve ? request.approve(applied) : Status{}; !approved)
      return std::unexpected(approved.error());
    return applied;
  };
  return in_transaction(database_, "save the project", work);
}

Result<std::vector<Revision>> ConfigurationStore::revisions(std::size_t limit,
                                                            std::uint64_t before) {
  const auto work = [&](soci::session& sql) -> Result<std::vector<Revision>> {
    std::vector<Revision> out;
    const long long below = before == 0 ? std::numeric_limits<long long>::max() : number(before);
    long long revision = 0, at = 0, changes = 0;
    Revision row;
    soci::statement rows =
        (sql.prepare << "SELECT revision, made_at, who, source, summary, changes FROM revisions "
                        "WHERE revision < :below ORDER BY revision DESC",
         soci::use(below), soci::into(revision), soci::into(at), soci::into(row.who),
         soci::into(row.source), soci::into(row.summary), soci::into(changes));
    rows.execute();
    while (out.size() < limit && rows.fetch()) {
      row.number = unsigned_of(revision);
      row.at = time_of(at);
      row.changes = unsigned_of(changes);
      out.push_back(row);
    }
    return out;
  };
  return guarded(database_, "read the revisions", work);
}

Result<std::vector<model::ProjectChange>> ConfigurationStore::changes(std::uint64_t revision) {
  const auto work = [&](soci::session& sql) -> Result<std::vector<model::ProjectChange>> {
    const auto last = last_revision(sql);
    if (revision == 0 || revision > last) return no_revision(revision, last);
    std::vector<model::ProjectChange> out;
    const long long wanted = number(revision);
    std::string what, before, after;
    model::ProjectChange row;
    soci::statement rows =
        (sql.prepare << "SELECT what, kind, name, detail, old_body, new_body FROM changes "
                        "WHERE revision = :revision ORDER BY ordinal",
         soci::use(wanted), soci::into(what), soci::into(row.kind), soci::into(row.name),
         soci::into(row.detail), soci::into(before), soci::into(after));
    rows.execute();
    while (rows.fetch()) {
      auto old_body = body_of(before, row.name);
      auto new_body = body_of(after, row.name);
      if (!old_body || !new_body)
        return fail(ErrorCode::corrupt, "revision {}: the record of {} '{}' cannot be read",
                    revision, row.kind, row.name);
      row.what = parse_what(what);
      row.before = std::move(*old_body);
      row.after = std::move(*new_body);
      out.push_back(row);
    }
    return out;
  };
  return guarded(database_, "read a revision", work);
}

Result<model::Project> ConfigurationStore::project_at(std::uint64_t revision) {
  const auto work = [&](soci::session& sql) -> Result<model::Project> {
    const auto last = last_revision(sql);
    if (revision > last) return no_revision(revision, last);
    ItemTable items(sql);
    ItemBodies bodies = items.bodies();
    items.undo_after(revision, bodies);
    return decode_project(bodies);
  };
  return in_transaction(database_, "read an earlier project", work);
}

Result<model::Plant::TagIds> ConfigurationStore::tag_ids_at(std::uint64_t revision) {
  return guarded(database_, "read earlier tags",
                 [&](soci::session& sql) -> Result<model::Plant::TagIds> {
                   return TagIdTable(sql, last_revision(sql)).at(revision);
                 });
}

Result<std::string> ConfigurationStore::applied_hash(std::string_view file_name) {
  return guarded(database_, "read the applied files",
                 [&](soci::session& sql) -> Result<std::string> {
                   const std::string name(file_name);
                   std::string hash;
                   sql << "SELECT hash FROM applied_files WHERE name = :name", soci::use(name),
                       soci::into(hash);
                   return hash;
                 });
}

}  // namespace tagwerk::store
