// A JSON body as the API and the configuration database have them: every decoder must answer, and
// what one accepted must come back from its own JSON.

#include <cstdint>
#include <string_view>

#include "base/assert.hpp"
#include "model/document.hpp"
#include "model/project_file.hpp"

namespace model = tagwerk::model;

namespace {

/// Decoded, encoded and decoded again it is the same.
template <class Decode>
void comes_back(const model::Node& body, Decode decode) {
  const auto first = decode(body);
  if (!first) return;
  const auto again = model::parse_json(model::to_json(model::encode(*first)), "again");
  TAGWERK_ASSERT(again.has_value());
  const auto second = decode(*again);
  TAGWERK_ASSERT(second.has_value());
  TAGWERK_ASSERT(*second == *first);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto body = model::parse_json(text, "body");
  if (!body) return 0;
  const auto same = model::parse_json(model::to_json(*body), "same");
  TAGWERK_ASSERT(same.has_value());
  TAGWERK_ASSERT(*same == *body);
  comes_back(*body, [](const model::Node& node) { return model::decode_tag("/A/B", node, ""); });
  comes_back(*body, [](const model::Node& node) { return model::decode_object("/A", node, ""); });
  comes_back(*body, [](const model::Node& node) { return model::decode_type("T", node, ""); });
  comes_back(*body, [](const model::Node& node) { return model::decode_connector("c", node, ""); });
  model::Node merged = *body;
  model::overlay(merged, *same);
  return 0;
}
