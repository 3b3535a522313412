#include "supervisor/binding_map.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "link/configuration.hpp"

namespace tagwerk::supervisor {
namespace {

constexpr std::size_t kMaxSecret = std::size_t{64} * 1024;

std::string_view take_digits(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && std::isdigit(static_cast<unsigned char>(text[length])))
    ++length;
  const auto digits = text.substr(0, length);
  text.remove_prefix(length);
  return digits;
}

std::string_view without_zeros(std::string_view digits) {
  const auto first = digits.find_first_not_of('0');
  return first == std::string_view::npos ? std::string_view{} : digits.substr(first);
}

link::Binding binding_of(const model::PlantTag& tag, std::uint32_t handle) {
  const model::SourceDefinition& source = *tag.definition.source;
  return {.handle = handle,
          .device = source.device,
          .address = source.address,
          .dtype = source.dtype,
          .order = source.order,
          .type = tag.definition.type,
          .period = tag.period,
          .deadband = source.deadband / std::abs(source.scale),
          // A value that rests inside its deadband must not look stale.
          .refresh = source.deadband > 0 ? tag.stale_after / 2 : Duration{0},
          .writable = !tag.definition.write.empty(),
          .read_back = source.read_back,
          .arrival_time = source.time_of == model::SourceDefinition::TimeOf::arrival,
          .path = tag.definition.path};
}

/// FNV-1a; never 0, which means "none" on the link.
std::uint64_t fingerprint(base::ByteView bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::byte each : bytes)
    hash = (hash ^ static_cast<std::uint64_t>(each)) * 0x100000001b3;
  return hash == 0 ? 1 : hash;
}

/// A tag's place in the order of handles: device, period, address; tags with the same stay in the
/// plant's order. With the address as its key, comparing costs no walk through the text.
struct Placed {
  std::string_view device;
  Duration period;
  std::string address_key;
  const model::PlantTag* tag;

  bool operator<(const Placed& other) const {
    if (device != other.device) return device < other.device;
    if (period != other.period) return period < other.period;
    if (const int order = address_key.compare(other.address_key); order != 0) return order < 0;
    return tag < other.tag;
  }
};

std::vector<Placed> tags_of(const model::Plant& plant, const std::string& connector) {
  std::vector<Placed> tags;
  for (const model::PlantTag& tag : plant.tags()) {
    const auto& source = tag.definition.source;
    if (source && source->connector == connector)
      tags.push_back({source->device, tag.period, natural_key(source->address), &tag});
  }
  std::ranges::sort(tags, std::less<>());
  return tags;
}

Status read_secret(const std::string& file, std::string& text) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error))
    return fail(ErrorCode::not_found, "a setting refers to '{}', which is no file; create it",
                file);
  std::ifstream in(file);
  if (!in)
    return fail(ErrorCode::not_found,
                "cannot read '{}', which a setting refers to; check its permissions", file);
  text.assign(kMaxSecret + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kMaxSecret)
    return fail(ErrorCode::limit_exceeded,
                "'{}', which a setting refers to, has more than {} bytes", file, kMaxSecret);
  while (text.ends_with('\n') || text.ends_with('\r'))
    text.pop_back();
  return {};
}

Status resolve(std::string& text) {
  if (text.starts_with("${") && text.ends_with('}')) {
    const std::string name = text.substr(2, text.size() - 3);
    const char* value = std::getenv(name.c_str());
    if (value == nullptr)
      return fail(ErrorCode::not_found,
                  "environment variable '{}' is not set, and a setting refers to it; set it for "
                  "the server and restart it",
                  name);
    text = value;
  } else if (text.starts_with("file:")) {
    return read_secret(text.substr(5), text);
  }
  return {};
}

}  // namespace

std::string natural_key(std::string_view text) {
  constexpr std::size_t kLongest = 255;
  std::string key;
  key.reserve(text.size() + text.size() / 2);
  while (!text.empty()) {
    const auto number = without_zeros(take_digits(text)).substr(0, kLongest);
    key += static_cast<char>(number.size());
    key += number;
    if (text.empty()) break;
    key += text.front();
    text.remove_prefix(1);
  }
  return key;
}

Result<model::Node> with_secrets(const model::Node& settings) {
  model::Node out = settings;
  if (out.is_scalar()) {
    if (auto resolved = resolve(out.text); !resolved) return std::unexpected(resolved.error());
    return out;
  }
  for (model::Node& item : out.items) {
    auto resolved = with_secrets(item);
    if (!resolved) return resolved;
    item = std::move(*resolved);
  }
  for (auto& [key, value] : out.entries) {
    auto resolved = with_secrets(value);
    if (!resolved) return resolved;
    value = std::move(*resolved);
  }
  return out;
}

Result<BindingMap> BindingMap::make(const model::Plant& plant,
                                    const model::ConnectorDefinition& connector) {
  auto settings = with_secrets(connector.settings);
  if (!settings) return std::unexpected(settings.error());
  BindingMap map;
  link::Configuration configuration{.revision = 1, .settings = model::to_json(*settings)};
  const auto tags = tags_of(plant, connector.name);
  configuration.bindings.reserve(tags.size());
  map.tags_.reserve(tags.size());
  map.slots_.reserve(tags.size());
  map.read_back_.reserve(tags.size());
  map.paths_.reserve(tags.size());
  for (const auto& [device, period, address_key, tag] : tags) {
    const auto handle = static_cast<std::uint32_t>(map.tags_.size());
    configuration.bindings.push_back(binding_of(*tag, handle));
    map.tags_.push_back(tag->id);
    map.slots_.push_back(tag->slot);
    map.read_back_.push_back(tag->definition.source->read_back);
    map.paths_.push_back(tag->definition.path);
  }
  // The revision is taken over the frames with revision 1 in them: only content counts.
  base::Bytes content;
  if (auto encoded = link::encode_configuration(configuration, content); !encoded)
    return std::unexpected(encoded.error());
  configuration.revision = map.revision_ = fingerprint(content);
  auto frames = std::make_shared<base::Bytes>();
  if (auto encoded = link::encode_configuration(configuration, *frames); !encoded)
    return std::unexpected(encoded.error());
  map.frames_ = std::move(frames);
  return map;
}

void BindingMap::follow(const model::Plant& plant) {
  for (std::size_t handle = 0; handle < tags_.size(); ++handle) {
    const model::PlantTag* tag = plant.by_id(tags_[handle]);
    slots_[handle] = tag == nullptr ? kNoSlot : tag->slot;
  }
}

}  // namespace tagwerk::supervisor
