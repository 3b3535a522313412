// /api/project/revisions…

#include <charconv>

#include "servers/http/http_api.hpp"
#include "servers/http/list_json.hpp"
#include "servers/http/project_json.hpp"
#include "servers/http/routes.hpp"

namespace tagwerk::servers::http {
namespace {

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// The revision in the path. When there is none the call has been answered.
std::optional<std::uint64_t> revision_in_path(Call& call) {
  const auto number = number_in(call.parameter);
  // What would not fit the database is no revision either.
  if (number && *number < (std::uint64_t{1} << 62)) return number;
  call.fail(404, fmt::format("there is no revision {}", call.parameter));
  return std::nullopt;
}

/// A cursor is the number of the last revision that was shown.
Result<std::uint64_t> before_of(const net::QueryParameters& query) {
  const auto text = query.find("cursor");
  if (!text || text->empty()) return 0;
  const auto number = text->starts_with('r') ? number_in(text->substr(1)) : std::nullopt;
  if (number && *number != 0 && *number < (std::uint64_t{1} << 62)) return *number;
  return fail(ErrorCode::invalid_argument,
              "'{}' is not a cursor of this list; begin again without one", *text);
}

void append_revision(JsonWriter& json, const access::Revision& revision) {
  json.open_object()
      .member("number", revision.number)
      .member("time", revision.at)
      .member("user", revision.who)
      .member("source", revision.source)
      .member("summary", revision.summary)
      .member("changes", revision.changes)
      .close_object();
}

std::string next_cursor(const std::vector<access::Revision>& shown, std::size_t limit) {
  const bool more = shown.size() == limit && shown.back().number > 1;
  return more ? fmt::format("r{}", shown.back().number) : "";
}

std::string revision_json(const access::RevisionChanges& found, const Page& page) {
  const access::Revision& revision = found.revision;
  const std::size_t count = found.changes.size();
  std::string body;
  JsonWriter json(body);
  json.open_object()
      .member("number", revision.number)
      .member("at", revision.at)
      .member("who", revision.who)
      .member("source", revision.source)
      .member("summary", revision.summary)
      .member("count", count);
  append_changes(json, page.of(found.changes), true);
  json.member_or_null("cursor", page.next(count)).close_object();
  return body;
}

}  // namespace

void get_revisions(Call call) {
  const auto query = call.query();
  if (!query) return call.fail(query.error());
  const auto limit = Page::limit_of(*query);
  if (!limit) return call.fail(limit.error());
  const auto before = before_of(*query);
  if (!before) return call.fail(before.error());
  access::Access& access = call.api.access();
  access::Caller caller = call.caller();
  access.revisions(
      std::move(caller), *limit, *before,
      [call = std::move(call),
       limit = *limit](Result<std::vector<access::Revision>> revisions) mutable {
        if (!revisions) return call.fail(revisions.error());
        call.json(list_json(*revisions, append_revision, next_cursor(*revisions, limit)));
      });
}

void get_revision(Call call) {
  const auto page = call.page();
  if (!page) return call.fail(page.error());
  const auto number = revision_in_path(call);
  if (!number) return;
  access::Access& access = call.api.access();
  access::Caller caller = call.caller();
  access.revision(
      std::move(caller), *number,
      [call = std::move(call), page = *page](Result<access::RevisionChanges> found) mutable {
        if (!found) return call.fail(found.error());
        call.json(revision_json(*found, page));
      });
}

void post_revision_restore(Call call) {
  const auto query = call.query();
  if (!query) return call.fail(query.error());
  const auto dry_run = flag(*query, "dry_run");
  if (!dry_run) return call.fail(dry_run.error());
  const auto number = revision_in_path(call);
  if (!number) return;
  access::Access& access = call.api.access();
  access::Caller caller = call.caller();
  access.restore(std::move(caller), *number, *dry_run,
                 [call = std::move(call)](Result<access::ImportResult> result) mutable {
                   if (!result) return call.fail(result.error());
                   reply_import(call, *result);
                 });
}

}  // namespace tagwerk::servers::http
