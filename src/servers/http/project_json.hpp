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

}  // namespace tagwerk::servers::http
