#pragma once

#include "servers/http/call.hpp"
#include "servers/http/json_writer.hpp"

namespace tagwerk::servers::http {

/// `{"items":[…],"cursor":…}`: a list that goes on behind `cursor`, or is whole when that is empty.
/// `append(json, thing)` writes each item.
template <class Things, class Append>
std::string list_json(const Things& things, const Append& append, std::string_view cursor = {}) {
  std::string body;
  JsonWriter json(body);
  json.open_object().key("items").open_array();
  for (const auto& thing : things)
    append(json, thing);
  json.close_array().member_or_null("cursor", cursor).close_object();
  return body;
}

/// The same of one page of all things.
template <class Thing, class Append>
std::string page_json(const Page& page, const std::vector<Thing>& all, const Append& append) {
  return list_json(page.of(all), append, page.next(all.size()));
}

}  // namespace tagwerk::servers::http
