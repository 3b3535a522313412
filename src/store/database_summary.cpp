#include "store/database_summary.hpp"

#include "store/query.hpp"

namespace tagwerk::store {
namespace {

struct Question {
  std::string table;
  std::string expression;
  std::string condition;
};

/// Of a table that may not be there yet.
long long ask(soci::session& sql, const Dialect& dialect, const Question& question) {
  if (!dialect.has_table(sql, question.table)) return 0;
  long long number = 0;
  soci::indicator none = soci::i_ok;
  sql << "SELECT " << question.expression << " FROM " << question.table << question.condition,
      soci::into(number, none);
  return none == soci::i_null ? 0 : number;
}

}  // namespace

Result<DatabaseSummary> summarize(Database& database) {
  return guarded(database, "look into the configuration",
                 [&](soci::session& sql) -> Result<DatabaseSummary> {
                   const auto number_of = [&](const Question& question) {
                     return unsigned_of(ask(sql, database.dialect(), question));
                   };
                   constexpr const char* kInUse = " WHERE valid_until = 0";
                   DatabaseSummary out;
                   out.revision = number_of({"revisions", "max(revision)", ""});
                   out.users = number_of({"users", "count(*)", ""});
                   // Schema 5 renamed the table.
                   out.tags = number_of({"tag_paths", "count(*)", kInUse}) +
                              number_of({"tag_ids", "count(*)", kInUse});
                   out.audit_entries = number_of({"audit", "count(*)", ""});
                   return out;
                 });
}

Result<UtcTime> made_at(Database& database) {
  return guarded(
      database, "look into the configuration", [&](soci::session& sql) -> Result<UtcTime> {
        return time_of(ask(sql, database.dialect(), {"schema_migrations", "min(applied_at)", ""}));
      });
}

}  // namespace tagwerk::store
