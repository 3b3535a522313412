#pragma once

#include <string>
#include <string_view>

namespace tagwerk::servers::http {

/// The OpenAPI document as it was written, YAML; embedded from openapi.yaml.
std::string_view openapi_yaml();
/// The same as JSON, with the base path as the server's URL.
std::string openapi_json(std::string_view base_path);

}  // namespace tagwerk::servers::http
