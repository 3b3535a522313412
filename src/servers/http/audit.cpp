// GET /api/audit.

#include "servers/http/http_api.hpp"
#include "servers/http/list_json.hpp"
#include "servers/http/routes.hpp"

namespace tagwerk::servers::http {
namespace {

void append_entry(JsonWriter& json, const access::AuditEntry& entry) {
  json.open_object()
      .member("id", entry.id)
      .member("time", entry.at)
      .member("user", entry.who)
      .member("origin", entry.origin)
      .member("action", entry.action)
      .member("target", entry.target)
      .member_or_null("old", entry.old_value)
      .member_or_null("new", entry.new_value)
      .member("outcome", entry.outcome)
      .member("detail", entry.detail)
      .close_object();
}

Status read_time(const net::QueryParameters& query, std::string_view name,
                 std::optional<UtcTime>& out) {
  const auto text = query.find(name);
  if (!text) return {};
  const auto time = base::parse_rfc3339(*text);
  if (!time) return std::unexpected(time.error());
  out = *time;
  return {};
}

Result<access::AuditFilter> read_filter(const Call& call) {
  const auto query = call.query();
  if (!query) return std::unexpected(query.error());
  const auto text = [&](std::string_view name) {
    return std::string(query->find(name).value_or(""));
  };
  access::AuditFilter filter;
  filter.who = text("user");
  filter.action = text("action");
  filter.subtree = text("path");
  filter.cursor = text("cursor");
  const auto limit = Page::limit_of(*query);
  if (!limit) return std::unexpected(limit.error());
  filter.limit = *limit;
  for (const auto& read :
       {read_time(*query, "from", filter.from), read_time(*query, "until", filter.until)})
    if (!read) return std::unexpected(read.error());
  return filter;
}

}  // namespace

void get_audit(Call call) {
  auto filter = read_filter(call);
  if (!filter) return call.fail(filter.error());
  access::Access& access = call.api.access();
  access::Caller caller = call.caller();
  access.audit(std::move(caller), std::move(*filter),
               [call = std::move(call)](Result<access::AuditPage> page) mutable {
                 if (!page) return call.fail(page.error());
                 call.json(list_json(page->entries, append_entry, page->next_cursor));
               });
}

}  // namespace tagwerk::servers::http
