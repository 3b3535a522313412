// GET and PUT /api/values.

#include "servers/http/http_api.hpp"
#include "servers/http/json_body.hpp"
#include "servers/http/json_writer.hpp"
#include "servers/http/routes.hpp"
#include "servers/http/write_result.hpp"

namespace tagwerk::servers::http {
namespace {

constexpr std::size_t kMaxRememberedSelections = 64;
constexpr std::size_t kMaxRememberedTags = 2'000;
constexpr std::size_t kItemSize = 220;  ///< of JSON, roughly, to reserve once

std::string_view query_text(const net::Request& request) {
  const std::string_view target = request.target();
  const std::size_t at = target.find('?');
  return at == std::string_view::npos ? std::string_view{} : target.substr(at + 1);
}

Result<RememberedSelection> select(Call& call) {
  const auto query = call.query();
  if (!query) return std::unexpected(query.error());
  const auto page = Page::from(*query);
  if (!page) return std::unexpected(page.error());
  std::vector<std::string> patterns;
  for (const std::string_view pattern : query->all("path"))
    patterns.emplace_back(pattern);
  auto selection = call.api.access().select(*call.principal, patterns);
  if (!selection) return std::unexpected(selection.error());
  return RememberedSelection{call.principal, std::move(*selection), *page};
}

/// The same question by the same user under the same plant has the same tags; their values are
/// always read anew.
const RememberedSelection* recall(Call& call, std::string_view query) {
  const auto found = call.loop.selections.find(query);
  if (found == call.loop.selections.end()) return nullptr;
  const RememberedSelection& known = found->second;
  const bool valid =
      known.principal == call.principal && known.selection.plant == call.api.access().plant();
  return valid ? &known : nullptr;
}

void remember(LoopState& loop, std::string_view query, RememberedSelection selection) {
  if (selection.selection.tags.size() > kMaxRememberedTags) return;
  if (loop.selections.size() >= kMaxRememberedSelections) loop.selections.clear();
  loop.selections.insert_or_assign(std::string(query), std::move(selection));
}

std::string values_json(Call& call, const RememberedSelection& wanted) {
  const auto& [plant, tags] = wanted.selection;
  const auto shown = wanted.page.of(tags);
  std::string body;
  body.reserve(shown.size() * kItemSize + 64);
  body.append("{\"items\":[");
  for (std::size_t i = 0; i < shown.size(); ++i) {
    if (i > 0) body.push_back(',');
    call.loop.texts.append(body, plant, *shown[i], call.api.access().current(*shown[i]),
                           ItemTexts::Form::whole);
  }
  body.push_back(']');
  JsonWriter(body).member_or_null("cursor", wanted.page.next(tags.size()));
  body.push_back('}');
  return body;
}

}  // namespace

void get_values(Call call) {
  const std::string_view query = query_text(call.request);
  if (const RememberedSelection* known = recall(call, query))
    return call.json(values_json(call, *known));
  auto selection = select(call);
  if (!selection) return call.fail(selection.error());
  std::string body = values_json(call, *selection);
  remember(call.loop, query, std::move(*selection));
  call.json(std::move(body));
}

void put_values(Call call) {
  const auto body = call.json_body();
  if (!body) return;
  BodyFields fields(*body);
  auto wanted = read_write(fields);
  if (!wanted) return call.fail(wanted.error());
  access::Access& access = call.api.access();
  access::Caller caller = call.caller();
  access.write(std::move(caller), std::move(wanted->items), wanted->timeout,
               [call = std::move(call)](std::vector<access::WriteItemResult> results) mutable {
                 std::string text = "{\"items\":";
                 const bool all_ok = append_write_results(text, results);
                 call.json(all_ok ? 200 : 207, text + "}");
               });
}

}  // namespace tagwerk::servers::http
