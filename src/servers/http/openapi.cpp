#include "servers/http/openapi.hpp"

#include "base/assert.hpp"
#include "model/document.hpp"
#include "servers/http/http_api.hpp"
#include "servers/http/routes.hpp"

extern "C" {
extern const char tagwerk_openapi_begin[];
extern const char tagwerk_openapi_end[];
}

namespace tagwerk::servers::http {

std::string_view openapi_yaml() {
  return {tagwerk_openapi_begin,
          static_cast<std::size_t>(tagwerk_openapi_end - tagwerk_openapi_begin)};
}

std::string openapi_json(std::string_view base_path) {
  auto document = model::parse_yaml(openapi_yaml(), "openapi.yaml");
  // The document is part of the program; a test reads it.
  TAGWERK_ASSERT(document.has_value());
  model::Node server = model::Node::mapping();
  server.set("url", model::Node::text_of(base_path.empty() ? "/" : base_path));
  model::Node servers = model::Node::sequence();
  servers.items.push_back(std::move(server));
  document->set("servers", std::move(servers));
  return model::to_json(*document);
}

void get_openapi(Call call) {
  const auto& text = call.api.openapi();
  call.reply(net::Response(200, "application/json", text).header("Cache-Control", "no-cache"));
}

}  // namespace tagwerk::servers::http
