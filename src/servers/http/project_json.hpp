#pragma once

#include <span>

#include "servers/http/call.hpp"
#include "servers/http/json_writer.hpp"

namespace tagwerk::servers::http {

/// What changes of the project look like, and how requests for them are answered.

/// "changes": what, kind, name, detail of each; with `bodies` also before and after.
void append_changes(JsonWriter& json, std::span<const model::ProjectChange> changes,
                    bool bodies = false);

/// 200 with the changes; 422 with every fault.
void reply_import(Call& call, const access::ImportResult& result);
void reply_edit(Call& call, const access::EditResult& result);

/// The query's `dry_run` and so on: true, false, 1, 0; false when it is not given.
/// Fails: invalid_argument
Result<bool> flag(const net::QueryParameters& query, std::string_view name);
/// Fails: invalid_argument
Result<std::optional<std::uint64_t>> number(const net::QueryParameters& query,
                                            std::string_view name);

/// Runs an edit that a route made of its request. `then` answers when it was applied, or changed
/// nothing; faults and refusals are answered here. The query's `revision` says what the caller saw.
void run_edit(Call call, access::MakeEdit make, access::EditOptions options,
              std::move_only_function<void(Call, const access::EditResult&)> then);

/// A text member of a body, taken out of it. When it is missing the call has been answered: 422.
std::optional<std::string> take_text(Call& call, model::Node& body, std::string_view name);

/// One kind of definition that has routes of its own.
struct DefinitionKind {
  std::string_view kind;  ///< as in model::ProjectEdit
  /// A new one is named by "path", and the caller needs the right there; else by "name", and on
  /// "/".
  bool in_tree = false;
  /// Answers with the thing as it is after the edit.
  void (*reply)(Call& call, int status, const std::string& name) = nullptr;
};

/// Runs the edit that the body of a POST or PUT asks for and answers it: 201 or 200 with the thing.
void post_definition(Call call, const DefinitionKind& kind);
void put_definition(Call call, const DefinitionKind& kind, const std::string& name);
/// Runs an edit that removes something in the subtree; 204.
void delete_definition(Call call, access::MakeEdit make, std::string subtree = "/");

}  // namespace tagwerk::servers::http
