#include "servers/http/grants_json.hpp"

namespace tagwerk::servers::http {

Result<std::vector<auth::AccountGrant>> read_grants(const model::Node& list) {
  std::vector<auth::AccountGrant> out;
  for (const model::Node& node : list.items) {
    BodyFields fields(node);
    auth::AccountGrant grant{fields.text("role"), fields.optional_text("subtree").value_or("/")};
    if (const Status whole = fields.finish(); !whole)
      return fail(ErrorCode::invalid_argument, "grant {}: {}", out.size() + 1,
                  whole.error().message);
    out.push_back(std::move(grant));
  }
  return out;
}

void append_grants(JsonWriter& json, std::span<const auth::AccountGrant> grants) {
  json.key("grants").open_array();
  for (const auth::AccountGrant& grant : grants)
    json.open_object().member("role", grant.role).member("subtree", grant.subtree).close_object();
  json.close_array();
}

std::string describe_grants(std::span<const auth::AccountGrant> grants) {
  std::string out;
  for (const auth::AccountGrant& grant : grants)
    out += fmt::format("{}{} in {}", out.empty() ? "" : ", ", grant.role, grant.subtree);
  return out;
}

}  // namespace tagwerk::servers::http
