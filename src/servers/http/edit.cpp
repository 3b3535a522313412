// POST /api/project/edit.

#include <algorithm>

#include "servers/http/http_api.hpp"
#include "servers/http/json_body.hpp"
#include "servers/http/project_json.hpp"
#include "servers/http/routes.hpp"

namespace tagwerk::servers::http {
namespace {

using model::Node;
using model::ProjectEdit;

constexpr std::size_t kMaxSummary = 1000;

struct Section {
  std::string_view name;
  std::string_view kind;
};
constexpr std::array kSections{Section{"types", "type"}, Section{"connectors", "connector"},
                               Section{"objects", "object"}, Section{"tags", "tag"}};

std::string_view kind_of(std::string_view section) {
  const auto found = std::ranges::find(kSections, section, &Section::name);
  return found == kSections.end() ? std::string_view{} : found->kind;
}

std::unexpected<Error> wrong(std::string_view member, std::string_view expected) {
  return fail(ErrorCode::invalid_argument, "'{}' must be {}", member, expected);
}

bool is_text(const Node& node) {
  return node.is_scalar() && node.quoted;
}

/// Every section of a member with its kind.
template <class Read>
Status each_section(const Node& body, std::string_view member, std::string_view expected,
                    Read read) {
  const Node* found = body.find(member);
  if (found == nullptr || found->is_null()) return {};
  if (!found->is_mapping()) return wrong(member, expected);
  for (const auto& [name, section] : found->entries) {
    const std::string_view kind = kind_of(name);
    if (kind.empty())
      return fail(ErrorCode::invalid_argument,
                  "unknown member '{}' in '{}'; use types, connectors, objects or tags", name,
                  member);
    if (auto done = read(std::string(kind), section); !done) return done;
  }
  return {};
}

Status read_set(const Node& body, ProjectEdit& out) {
  constexpr std::string_view kExpected = "an object like {\"tags\":{\"/A\":{\"type\":\"int\"}}}";
  return each_section(body, "set", kExpected, [&](std::string kind, const Node& section) -> Status {
    if (!section.is_mapping()) return wrong("set", kExpected);
    for (const auto& [name, definition] : section.entries)
      out.set.push_back({kind, name, definition});
    return {};
  });
}

Status read_remove(const Node& body, ProjectEdit& out) {
  constexpr std::string_view kExpected = "an object of lists like {\"tags\":[\"/A\"]}";
  return each_section(body, "remove", kExpected, [&](std::string kind, const Node& section) {
    if (!section.is_sequence() || !std::ranges::all_of(section.items, is_text))
      return Status(wrong("remove", kExpected));
    for (const Node& name : section.items)
      out.remove.push_back({kind, name.text});
    return Status{};
  });
}

Status read_rename(const Node& body, ProjectEdit& out) {
  constexpr std::string_view kExpected = "an object like {\"tags\":{\"/Old\":\"/New\"}}";
  return each_section(body, "rename", kExpected, [&](std::string kind, const Node& section) {
    const auto to_text = [](const auto& entry) { return is_text(entry.second); };
    if (!section.is_mapping() || !std::ranges::all_of(section.entries, to_text))
      return Status(wrong("rename", kExpected));
    if (kind != "object" && kind != "tag")
      return Status(wrong("rename", "of objects and tags; others are made anew"));
    for (const auto& [from, to] : section.entries)
      out.rename.push_back({kind, from, to.text});
    return Status{};
  });
}

Status read_options(const Node& body, access::EditOptions& out) {
  BodyFields fields(body);
  for (const char* section : {"set", "remove", "rename"})
    fields.allow(section);
  const auto seen = fields.optional_integer("revision");
  out.summary = fields.optional_text("summary").value_or("");
  if (auto whole = fields.finish(); !whole) return whole;
  if (seen && *seen < 0) return wrong("revision", "0 or more");
  if (seen) out.revision = static_cast<std::uint64_t>(*seen);
  if (out.summary.size() > kMaxSummary) return wrong("summary", "a text of at most 1000 bytes");
  return {};
}

}  // namespace

void post_edit(Call call) {
  const auto query = call.query();
  if (!query) return call.fail(query.error());
  const auto dry_run = flag(*query, "dry_run");
  if (!dry_run) return call.fail(dry_run.error());
  const auto body = call.json_body();
  if (!body) return;
  access::EditOptions options{.dry_run = *dry_run};
  ProjectEdit wanted;
  if (auto read = read_options(*body, options); !read) return call.fail(read.error());
  for (const auto read : {read_set, read_remove, read_rename})
    if (auto done = read(*body, wanted); !done) return call.fail(done.error());
  run_edit(
      std::move(call),
      [wanted = std::move(wanted)](const access::Configured&) mutable {
        return Result<ProjectEdit>(std::move(wanted));
      },
      std::move(options),
      [](Call answered, const access::EditResult& result) { reply_edit(answered, result); });
}

}  // namespace tagwerk::servers::http
