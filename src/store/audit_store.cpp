#include "store/audit_store.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "store/query.hpp"

namespace tagwerk::store {
namespace {

constexpr std::size_t kMostRows = 10'000;

/// An entry as SOCI reads and writes it.
struct AuditRow {
  AuditEntry entry;
  long long id = 0;
  long long at = 0;

  AuditEntry take() const {
    AuditEntry out = entry;
    out.id = unsigned_of(id);
    out.at = time_of(at);
    return out;
  }
};

long long last_id(soci::session& sql) {
  long long id = 0;
  soci::indicator none = soci::i_ok;
  sql << "SELECT max(id) FROM audit", soci::into(id, none);
  return none == soci::i_null ? 0 : id;
}

/// The id below which a page begins.
Result<long long> parse_cursor(const std::string& cursor) {
  if (cursor.empty()) return std::numeric_limits<long long>::max();
  long long id = 0;
  const auto [end, error] = std::from_chars(cursor.data(), cursor.data() + cursor.size(), id);
  if (error != std::errc{} || end != cursor.data() + cursor.size() || id <= 0)
    return fail(ErrorCode::invalid_argument, "'{}' is no cursor of the audit; start without one",
                cursor.substr(0, 60));
  return id;
}

/// WHERE with its values, kept alive for the statement.
struct Conditions {
  explicit Conditions(const AuditFilter& filter, long long below_id)
      : below(below_id), who(filter.who), action(filter.action), subtree(filter.subtree) {
    if (filter.from) from = number(*filter.from);
    if (filter.until) until = number(*filter.until);
    if (subtree == "/") subtree.clear();
    first_below = subtree + "/";
    after_below = subtree + "0";  // '0' follows '/'
    text = " WHERE id < :below";
    if (!who.empty()) text += " AND who = :who";
    if (!action.empty()) text += " AND action = :action";
    if (!subtree.empty())
      text += " AND (target = :subtree OR (target >= :first_below AND target < :after_below))";
    if (filter.from) text += " AND made_at >= :from";
    if (filter.until) text += " AND made_at < :until";
    has_from = filter.from.has_value();
    has_until = filter.until.has_value();
  }

  void bind(soci::statement& statement) {
    statement.exchange(soci::use(below));
    if (!who.empty()) statement.exchange(soci::use(who));
    if (!action.empty()) statement.exchange(soci::use(action));
    if (!subtree.empty()) {
      statement.exchange(soci::use(subtree));
      statement.exchange(soci::use(first_below));
      statement.exchange(soci::use(after_below));
    }
    if (has_from) statement.exchange(soci::use(from));
    if (has_until) statement.exchange(soci::use(until));
  }

  std::string text;
  long long below;
  std::string who, action, subtree, first_below, after_below;
  long long from = 0;
  long long until = 0;
  bool has_from = false;
  bool has_until = false;
};

void bind_row(soci::statement& statement, AuditRow& row) {
  statement.exchange(soci::into(row.id));
  statement.exchange(soci::into(row.at));
  for (std::string* text :
       {&row.entry.who, &row.entry.origin, &row.entry.action, &row.entry.target,
        &row.entry.old_value, &row.entry.new_value, &row.entry.outcome, &row.entry.detail})
    statement.exchange(soci::into(*text));
}

}  // namespace

Status AuditStore::append(std::span<const AuditEntry> entries) {
  if (entries.empty()) return {};
  return in_transaction(database_, "write the audit", [&](soci::session& sql) -> Status {
    AuditRow row;
    row.id = last_id(sql);
    soci::statement insert =
        (sql.prepare << "INSERT INTO audit (id, made_at, who, origin, action, target, old_value, "
                        "new_value, outcome, detail) VALUES (:id, :at, :who, :origin, :action, "
                        ":target, :old_value, :new_value, :outcome, :detail)",
         soci::use(row.id), soci::use(row.at), soci::use(row.entry.who),
         soci::use(row.entry.origin), soci::use(row.entry.action), soci::use(row.entry.target),
         soci::use(row.entry.old_value), soci::use(row.entry.new_value),
         soci::use(row.entry.outcome), soci::use(row.entry.detail));
    for (const AuditEntry& entry : entries) {
      row.entry = entry;
      row.at = number(entry.at);
      ++row.id;
      insert.execute(true);
    }
    return {};
  });
}

Result<AuditPage> AuditStore::query(const AuditFilter& filter) {
  const auto below = parse_cursor(filter.cursor);
  if (!below) return std::unexpected(below.error());
  const std::size_t limit = std::clamp<std::size_t>(filter.limit, 1, kMostRows);
  return guarded(database_, "read the audit", [&](soci::session& sql) -> Result<AuditPage> {
    AuditPage page;
    AuditRow row;
    Conditions conditions(filter, *below);
    soci::statement rows(sql);
    bind_row(rows, row);
    conditions.bind(rows);
    rows.alloc();
    rows.prepare(
        "SELECT id, made_at, who, origin, action, target, old_value, new_value, outcome, "
        "detail FROM audit" +
        conditions.text + " ORDER BY id DESC");
    rows.define_and_bind();
    rows.execute();
    while (rows.fetch()) {
      if (page.entries.size() == limit) {
        page.next_cursor = std::to_string(page.entries.back().id);
        break;
      }
      page.entries.push_back(row.take());
    }
    return page;
  });
}

}  // namespace tagwerk::store
