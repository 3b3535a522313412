#include "store/item_table.hpp"

#include <algorithm>
#include <future>
#include <span>
#include <thread>

#include "store/query.hpp"

namespace tagwerk::store {
namespace {

using model::ProjectChange;
using What = ProjectChange::What;

/// So many items are worth a thread of their own.
constexpr std::size_t kItemsPerThread = 10'000;

using Item = ItemBodies::mapped_type::value_type;

/// Decodes items side by side into `out`, in their order.
template <class Definition, class Decode>
Status decode_some(std::span<const Item* const> items, std::string_view kind, Definition* out,
                   Decode decode) {
  for (const Item* item : items) {
    const auto& [name, body] = *item;
    const auto node = model::parse_json(body, name);
    auto definition = node ? decode(name, *node, std::string()) : std::unexpected(node.error());
    if (!definition)
      return fail(ErrorCode::corrupt, "the configured {} '{}' cannot be read: {}", kind, name,
                  definition.error().message);
    *out++ = std::move(*definition);
  }
  return {};
}

template <class Definition, class Decode>
Status decode_all(const ItemBodies& bodies, std::string_view kind,
                  std::map<std::string, Definition>& out, Decode decode) {
  const auto found = bodies.find(std::string(kind));
  if (found == bodies.end()) return {};
  std::vector<const Item*> items;
  items.reserve(found->second.size());
  for (const Item& item : found->second)
    items.push_back(&item);
  std::vector<Definition> definitions(items.size());
  const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
  const std::size_t parts = std::clamp<std::size_t>(items.size() / kItemsPerThread, 1, cores);
  std::vector<std::future<Status>> others;
  const auto part = [&](std::size_t number) {
    const std::size_t from = items.size() * number / parts;
    const std::size_t until = items.size() * (number + 1) / parts;
    return decode_some(std::span(items).subspan(from, until - from), kind,
                       definitions.data() + from, decode);
  };
  for (std::size_t i = 1; i < parts; ++i)
    others.push_back(std::async(std::launch::async, part, i));
  Status good = part(0);
  for (auto& other : others)
    if (Status done = other.get(); good && !done) good = std::move(done);
  if (!good) return good;
  for (std::size_t i = 0; i < items.size(); ++i)
    out.emplace_hint(out.end(), items[i]->first, std::move(definitions[i]));
  return {};
}

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
  std::string kind, name, body;
  soci::statement rows =
      (sql_.prepare << "SELECT kind, name, body FROM items " << condition << "ORDER BY kind, name",
       soci::into(kind), soci::into(name), soci::into(body));
  rows.execute();
  while (rows.fetch()) {
    auto& items = out[kind];
    items.emplace_hint(items.end(), name, std::move(body));
  }
  return out;
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
  using model::Node;
  model::Project out;
  const auto as_type = [](auto& name, auto& body, auto file) {
    return model::decode_type(name, body, file);
  };
  const auto as_connector = [](auto& name, auto& body, auto file) {
    return model::decode_connector(name, body, file);
  };
  const auto as_object = [](auto& name, auto& body, auto file) {
    return model::decode_object(name, body, file);
  };
  const auto as_tag = [](auto& name, auto& body, auto file) {
    return model::decode_tag(name, body, file);
  };
  Status good = decode_all(bodies, "type", out.types, as_type);
  if (good) good = decode_all(bodies, "connector", out.connectors, as_connector);
  if (good) good = decode_all(bodies, "object", out.objects, as_object);
  if (good) good = decode_all(bodies, "tag", out.tags, as_tag);
  if (!good) return std::unexpected(good.error());
  return out;
}

}  // namespace tagwerk::store
