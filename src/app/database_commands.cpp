#include <cstdio>
#include <filesystem>
#include <memory>

#include "app/command_line.hpp"
#include "app/data_directory.hpp"
#include "console/answer.hpp"
#include "console/progress.hpp"
#include "store/database.hpp"
#include "store/database_summary.hpp"

namespace tagwerk::app {
namespace {

namespace fs = std::filesystem;
using store::Database;

struct DatabaseArguments {
  std::string data = "tagwerk-data";
  bool json = false;
};

/// Everything `status` says.
struct DatabaseState {
  fs::path file;
  std::uint64_t size = 0;  ///< with what waits in its log
  int schema = 0;
  UtcTime made = kNever;
  store::DatabaseSummary summary;
  std::vector<std::string> faults;

  bool good() const { return faults.empty() && schema <= Database::newest_schema(); }
};

std::uint64_t size_of(const fs::path& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  return error ? 0 : size;
}

Result<DatabaseState> look(const std::string& data) {
  const fs::path file = fs::path(data) / "config.sqlite";
  auto database = Database::open_to_read(file);
  if (!database) return std::unexpected(database.error());
  std::error_code error;
  DatabaseState out{.file = fs::canonical(file, error),
                    .size = size_of(file) + size_of(file.native() + "-wal"),
                    .schema = (*database)->schema()};
  auto faults = (*database)->faults(Database::Look::quick);
  if (!faults) return std::unexpected(faults.error());
  out.faults = std::move(*faults);
  const auto made = store::made_at(**database);
  if (!made) return std::unexpected(made.error());
  out.made = *made;
  const auto summary = store::summarize(**database);
  if (!summary) return std::unexpected(summary.error());
  out.summary = *summary;
  return out;
}

void print_text(const DatabaseState& state) {
  const auto number = [](std::uint64_t value) { return std::to_string(value); };
  const int known = Database::newest_schema();
  const std::string note = state.schema < known   ? "; the next start of the server migrates it"
                           : state.schema > known ? "; a newer Tagwerk wrote it"
                                                  : "";
  for (const auto& [key, value] :
       {std::pair{"file", state.file.string()},
        {"size", console::size_text(state.size)},
        {"schema", fmt::format("{} of {} known{}", state.schema, known, note)},
        {"made", base::to_rfc3339(state.made).substr(0, 19) + "Z"},
        {"revision", number(state.summary.revision)},
        {"users", number(state.summary.users)},
        {"tags", number(state.summary.tags)},
        {"audit", number(state.summary.audit_entries)},
        {"check", std::string(state.faults.empty() ? "good" : "WRONG")}})
    std::printf("%-9s %s\n", key, value.c_str());
  for (const std::string& fault : state.faults)
    std::printf("WRONG     %s\n", fault.c_str());
}

void print_json(const DatabaseState& state) {
  using model::Node;
  const auto number = [](std::uint64_t value) {
    return Node::integer(static_cast<std::int64_t>(value));
  };
  Node out = Node::mapping();
  out.set("file", Node::text_of(state.file.native()));
  out.set("size", number(state.size));
  out.set("schema", Node::integer(state.schema));
  out.set("known_schema", Node::integer(Database::newest_schema()));
  out.set("made", Node::text_of(base::to_rfc3339(state.made)));
  out.set("revision", number(state.summary.revision));
  out.set("users", number(state.summary.users));
  out.set("tags", number(state.summary.tags));
  out.set("audit", number(state.summary.audit_entries));
  out.set("good", Node::boolean(state.good()));
  Node faults = Node::sequence();
  for (const std::string& fault : state.faults)
    faults.items.push_back(Node::text_of(fault));
  out.set("faults", std::move(faults));
  console::print_json(out);
}

int status(const DatabaseArguments& arguments) {
  const auto state = look(arguments.data);
  if (!state) return report(state.error());
  if (arguments.json)
    print_json(*state);
  else
    print_text(*state);
  return state->good() ? kExitGood : kExitFailed;
}

Result<int> schema_in(const fs::path& file) {
  auto database = Database::open_to_read(file);
  if (!database) return std::unexpected(database.error());
  return (*database)->schema();
}

int migrate(const DatabaseArguments& arguments) {
  // Looked at under the lock, so that nobody migrates in between.
  const auto directory = DataDirectory::open_existing(arguments.data);
  if (!directory) return report(directory.error());
  const auto before = schema_in((*directory)->config_database());
  if (!before) return report(before.error());
  auto database = Database::open((*directory)->config_database(), base::utc_now(),
                                 {.backup_directory = (*directory)->backups()});
  if (!database) return report(database.error());
  const int after = (*database)->schema();
  if (after == *before) {
    std::printf("nothing to do: schema %d is the newest\n", after);
    return kExitGood;
  }
  std::printf("schema %d became %d; the database before is kept in %s\n", *before, after,
              (*database)->copy_before().c_str());
  return kExitGood;
}

}  // namespace

void add_database_commands(CommandSpec& app) {
  auto arguments = std::make_shared<DatabaseArguments>();
  CommandSpec parent = app.add_command("database", "The configuration database");
  parent.needs_command();
  const auto add = [&](const char* name, const char* description,
                       int (*run)(const DatabaseArguments&)) {
    CommandSpec command = parent.add_command(name, description);
    command.option("--data", arguments->data, "the server's data directory")
        .shows_default()
        .offers(Offer::files);
    command.runs(arguments, run);
    return command;
  };
  add("status", "What is in it, and whether it is sound; also while the server runs", status)
      .flag("--json", arguments->json, "for programs");
  add("migrate", "Bring it to the newest schema; its server must not run", migrate);
}

}  // namespace tagwerk::app
