#include "store/project_decoder.hpp"

#include <algorithm>
#include <thread>

#include "model/document.hpp"
#include "model/project_file.hpp"

namespace tagwerk::store {
namespace {

/// So many bodies are worth a thread.
constexpr std::size_t kBatch = 8'192;

template <class Definition, class Decode>
Status decode_into(std::map<std::string, Definition>& out, const std::string& name,
                   const std::string& body, Decode decode) {
  const auto node = model::parse_json(body, name);
  if (!node) return std::unexpected(node.error());
  Result<Definition> definition = decode(name, *node, std::string());
  if (!definition) return std::unexpected(definition.error());
  out.emplace_hint(out.end(), name, std::move(*definition));
  return {};
}

Status decode_item(model::Project& out, std::string_view kind, const std::string& name,
                   const std::string& body) {
  if (kind == "tag")
    return decode_into(out.tags, name, body,
                       [](const auto&... in) { return model::decode_tag(in...); });
  if (kind == "object")
    return decode_into(out.objects, name, body,
                       [](const auto&... in) { return model::decode_object(in...); });
  if (kind == "type")
    return decode_into(out.types, name, body,
                       [](const auto&... in) { return model::decode_type(in...); });
  return decode_into(out.connectors, name, body,
                     [](const auto&... in) { return model::decode_connector(in...); });
}

/// What comes later in the order of names: the entries move, nothing is copied.
template <class Definition>
void append(std::map<std::string, Definition>& to, std::map<std::string, Definition>& from) {
  while (!from.empty())
    to.insert(to.end(), from.extract(from.begin()));
}

}  // namespace

void ProjectDecoder::add(const std::string& kind, std::string name, std::string body) {
  if (next_.items.size() >= kBatch || (!next_.items.empty() && next_.kind != kind)) start_batch();
  next_.kind = kind;
  next_.items.emplace_back(std::move(name), std::move(body));
}

Result<model::Project> ProjectDecoder::take() {
  if (!next_.items.empty()) start_batch();
  while (!running_.empty())
    collect_one();
  return std::move(done_);
}

Result<model::Project> ProjectDecoder::decode(const Batch& batch) {
  model::Project out;
  for (const auto& [name, body] : batch.items)
    if (const auto good = decode_item(out, batch.kind, name, body); !good)
      return fail(ErrorCode::corrupt, "the configured {} '{}' cannot be read: {}", batch.kind, name,
                  good.error().message);
  return out;
}

void ProjectDecoder::start_batch() {
  if (running_.size() >= std::max(1u, std::thread::hardware_concurrency())) collect_one();
  const bool large = next_.items.size() >= kBatch / 8;
  running_.push_back(std::async(large ? std::launch::async : std::launch::deferred,
                                [batch = std::exchange(next_, {})] { return decode(batch); }));
}

void ProjectDecoder::collect_one() {
  auto part = running_.front().get();
  running_.pop_front();
  if (!done_) return;
  if (!part) {
    done_ = std::move(part);
    return;
  }
  append(done_->types, part->types);
  append(done_->connectors, part->connectors);
  append(done_->objects, part->objects);
  append(done_->tags, part->tags);
}

}  // namespace tagwerk::store
