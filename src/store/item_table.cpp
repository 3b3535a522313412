#include "store/item_table.hpp"

#include "store/project_decoder.hpp"
#include "store/query.hpp"

namespace tagwerk::store {
namespace {

using model::ProjectChange;
using What = ProjectChange::What;

/// Statements that are prepared once for all the changes of a revision.
class ItemWriter {
 public:
  ItemWriter(soci::session& sql, std::uint64_t revision)
      : revision_(number(revision)),
        read_((sql.prepare << "SELECT body FROM items WHERE kind = :kind AND name = :name",
               soci::into(old_body_), soci::use(kind_), soci::use(name_))),
        insert_((sql.prepare << "INSERT INTO items (kind, name, body) VALUES (:kind, :name, :body)",
                 soci::use(kind_), soci::use(name_), soci::use(new_body_))),
        update_((sql.prepare << "UPDATE items SET body = :body WHERE kind = :kind AND name = :name",
                 soci::use(new_body_), soci::use(kind_), soci::use(name_))),
        remove_((sql.prepare << "DELETE FROM items WHERE kind = :kind AND name = :name",
                 soci::use(kind_), soci::use(name_))),
        record_((sql.prepare << "INSERT INTO changes (revision, ordinal, what, kind, name, detail, "
                                "old_body, new_body) VALUES (:revision, :ordinal, :what, :kind, "
                                ":name, :detail, :old_body, :new_body)",
                 soci::use(revision_), soci::use(ordinal_), soci::use(what_), soci::use(kind_),
                 soci::use(name_), soci::use(detail_), soci::use(old_body_),
                 soci::use(new_body_))) {}

  Status write(const ProjectChange& change) {
    kind_ = change.kind;
    name_ = change.name;
    what_ = to_string(change.what);
    detail_ = change.detail;
    old_body_.clear();
    new_body_ = change.what == What::removed ? "" : model::to_json(change.after);
    const bool exists = read_.execute(true);
    if (exists == (change.what == What::added))
      return fail(ErrorCode::conflict, "{} '{}' {}; load the configuration again and repeat", kind_,
                  name_, exists ? "exists already" : "does not exist any more");
    statement(change.what).execute(true);
    record_.execute(true);
    ++ordinal_;
    return {};
  }

 private:
  soci::statement& statement(What what) {
    if (what == What::added) return insert_;
    return what == What::changed ? update_ : remove_;
  }

  long long revision_;
  long long ordinal_ = 1;
  std::string kind_, name_, what_, detail_, old_body_, new_body_;
  soci::statement read_, insert_, update_, remove_, record_;
};

}  // namespace

std::string_view to_string(What what) {
  if (what == What::added) return "added";
  return what == What::changed ? "changed" : "removed";
}

ItemBodies ItemTable::bodies() {
  return bodies_where("");
}

ItemBodies ItemTable::object_bodies() {
  return bodies_where("WHERE kind = 'object' OR kind = 'type' ");
}

ItemBodies ItemTable::bodies_where(const std::string& condition) {
  ItemBodies out;
  each_body(condition, [&out](const std::string& kind, std::string& name, std::string& body) {
    auto& items = out[kind];
    items.emplace_hint(items.end(), name, std::move(body));
  });
  return out;
}

void ItemTable::decode_all(ProjectDecoder& decoder) {
  each_body("", [&decoder](const std::string& kind, std::string& name, std::string& body) {
    decoder.add(kind, std::move(name), std::move(body));
  });
}

template <class Take>
void ItemTable::each_body(const std::string& condition, Take take) {
  std::string kind, name, body;
  soci::statement rows =
      (sql_.prepare << "SELECT kind, name, body FROM items " << condition << "ORDER BY kind, name",
       soci::into(kind), soci::into(name), soci::into(body));
  rows.execute();
  while (rows.fetch())
    take(kind, name, body);
}

std::vector<std::string> ItemTable::tag_names() {
  std::vector<std::string> out;
  std::string name;
  soci::statement rows =
      (sql_.prepare << "SELECT name FROM items WHERE kind = 'tag'", soci::into(name));
  rows.execute();
  while (rows.fetch())
    out.push_back(name);
  return out;
}

Status ItemTable::apply(const std::vector<ProjectChange>& changes, std::uint64_t revision) {
  ItemWriter writer(sql_, revision);
  for (const ProjectChange& change : changes)
    if (auto written = writer.write(change); !written) return written;
  return {};
}

void ItemTable::undo_after(std::uint64_t revision, ItemBodies& bodies) {
  const long long after = number(revision);
  std::string what, kind, name, body;
  soci::statement rows =
      (sql_.prepare << "SELECT what, kind, name, old_body FROM changes WHERE revision > :revision "
                       "ORDER BY revision DESC, ordinal DESC",
       soci::use(after), soci::into(what), soci::into(kind), soci::into(name), soci::into(body));
  rows.execute();
  while (rows.fetch()) {
    if (what == to_string(What::added))
      bodies[kind].erase(name);
    else
      bodies[kind].insert_or_assign(name, body);
  }
}

Result<model::Project> decode_project(const ItemBodies& bodies) {
  ProjectDecoder decoder;
  for (const auto& [kind, items] : bodies)
    for (const auto& [name, body] : items)
      decoder.add(kind, name, body);
  return decoder.take();
}

}  // namespace tagwerk::store
