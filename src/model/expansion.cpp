#include "model/expansion.hpp"

#include <algorithm>
#include <unordered_set>

#include "model/decode.hpp"
#include "model/nearest_name.hpp"
#include "model/parameters.hpp"
#include "model/path.hpp"

namespace tagwerk::model {
namespace {

template <class Definitions>
std::string near_names(std::string_view written, const Definitions& definitions) {
  std::vector<std::string_view> names;
  for (const auto& entry : definitions)
    names.push_back(entry.first);
  return suggestion(written, names);
}

/// Keys of an override as the tag knows them: "unit", "source.address".
void list_keys(const Node& changes, const std::string& prefix, std::vector<std::string>& out) {
  for (const auto& [key, value] : changes.entries) {
    if (value.is_mapping())
      list_keys(value, prefix + key + ".", out);
    else
      out.push_back(prefix + key);
  }
}

class Expander {
 public:
  Expander(const Project& project, const ConnectorCatalogue& catalogue, const Places& places)
      : project_(project), catalogue_(catalogue), places_(places) {}

  Expansion run() {
    for (const auto& entry : project_.connectors)
      connector(entry.second);
    for (const auto& entry : project_.objects)
      object(entry.second);
    for (const auto& [path, tag] : project_.tags)
      check_source(tag, "tag", path);
    check_paths();
    return std::move(out_);
  }

 private:
  struct KnownConnector {
    const ConnectorDefinition* definition;
    bool usable;
  };

  template <class... Args>
  void fault(std::string_view kind, std::string_view name, std::string_view key,
             fmt::format_string<Args...> format, Args&&... args) {
    if (out_.faults.size() < kMostFaults)
      out_.faults.push_back(
          {std::string(kind), std::string(name), std::string(key),
           Error{ErrorCode::invalid_argument, fmt::format(format, std::forward<Args>(args)...),
                 places_.of(kind, name, key)}});
  }

  void connector(const ConnectorDefinition& definition) {
    const auto types = catalogue_.types();
    const auto faults = out_.faults.size();
    if (std::find(types.begin(), types.end(), definition.type) == types.end()) {
      fault("connector", definition.name, "type", "connector '{}': unknown connector type '{}'{}",
            definition.name, definition.type, suggestion(definition.type, types));
    } else {
      for (Error& error :
           catalogue_.check_settings(definition, places_.file_of("connector", definition.name))) {
        const auto whole = places_.of("connector", definition.name);
        if (!whole || !error.where || error.where->line == 0) error.where = whole;
        out_.faults.push_back({"connector", definition.name, {}, std::move(error)});
      }
    }
    connectors_.emplace(definition.name, KnownConnector{&definition, faults == out_.faults.size()});
  }

  void object(const ObjectDefinition& object) {
    if (object.type.empty()) return;
    const auto type = project_.types.find(object.type);
    if (type == project_.types.end()) {
      fault("object", object.path, "type", "object '{}': unknown type '{}'{}", object.path,
            object.type,
            project_.types.empty() ? "; declare it under 'types'"
                                   : near_names(object.type, project_.types));
      return;
    }
    const auto parameters = read_parameters(type->second.parameters, object.with);
    if (!parameters) {
      fault("object", object.path, "with", "object '{}' of type '{}': {}", object.path, object.type,
            parameters.error().message);
      return;
    }
    check_override_names(object, type->second);
    for (const auto& [name, body] : type->second.tags)
      instance(object, type->second, *parameters, name, body);
  }

  void check_override_names(const ObjectDefinition& object, const TypeDefinition& type) {
    for (const auto& entry : object.override_tags.entries) {
      const auto same = [&](const auto& tag) { return tag.first == entry.first; };
      if (std::find_if(type.tags.begin(), type.tags.end(), same) != type.tags.end()) continue;
      fault("object", object.path, "override." + entry.first,
            "object '{}': type '{}' has no tag '{}' to override{}", object.path, type.name,
            entry.first, near_names(entry.first, type.tags));
    }
  }

  void instance(const ObjectDefinition& object, const TypeDefinition& type,
                const Parameters& parameters, const std::string& name, const Node& body) {
    InstanceTag tag{
        .definition = {}, .type = &type, .object_bytes = object.path.size(), .overridden = {}};
    Node filled = body;
    if (const Node* changes = object.override_tags.find(name)) {
      overlay(filled, *changes);
      list_keys(*changes, "", tag.overridden);
    }
    const auto failed = [&](std::string_view message) {
      fault("object", object.path, {}, "{} (by type '{}')", message, type.name);
    };
    auto path = normalise_path(object.path + "/" + name);
    if (!path) return failed(path.error().message);
    if (auto status = fill(filled, parameters); !status)
      return failed(fmt::format("tag '{}': {}", *path, status.error().message));
    Faults faults{""};
    tag.definition = decode_tag(*path, filled, faults);
    for (const Error& error : faults.errors())
      failed(error.message);
    if (faults.count() > 0) return;
    check_source(tag.definition, "object", object.path);
    out_.instance_tags.push_back(std::move(tag));
  }

  void check_source(const TagDefinition& tag, std::string_view kind, std::string_view name) {
    if (!tag.source) return;
    const auto known = connectors_.find(tag.source->connector);
    const bool own = kind == "tag";
    if (known == connectors_.end()) {
      fault(kind, name, own ? "source.connector" : "", "tag '{}': unknown connector '{}'{}",
            tag.path, tag.source->connector,
            project_.connectors.empty() ? "; declare it under 'connectors'"
                                        : near_names(tag.source->connector, project_.connectors));
      return;
    }
    if (!known->second.usable) return;
    const auto status = catalogue_.check_source(*known->second.definition, tag);
    if (!status)
      fault(kind, name, own ? "source.address" : "", "tag '{}': {}", tag.path,
            status.error().message);
  }

  void check_paths() {
    tag_paths_.reserve(project_.tags.size() + out_.instance_tags.size());
    for (const auto& entry : project_.tags)
      tag_paths_.insert(entry.first);
    for (const InstanceTag& tag : out_.instance_tags)
      check_instance_path(tag);
    for (const auto& entry : project_.tags)
      check_parents("tag", entry.first);
    for (const InstanceTag& tag : out_.instance_tags)
      check_parents("object", tag.definition.path);
    for (const auto& entry : project_.objects) {
      if (tag_paths_.contains(entry.first))
        fault("object", entry.first, {},
              "'{}' is both an object and a tag; give one of them another name", entry.first);
      check_parents("object", entry.first);
    }
  }

  void check_instance_path(const InstanceTag& tag) {
    const std::string& path = tag.definition.path;
    if (tag_paths_.insert(path).second) return;
    fault("tag", path, {},
          "tag '{}' exists twice: type '{}' already gives it to its object; remove it or use "
          "'override' at the object",
          path, tag.type->name);
  }

  void check_parents(std::string_view kind, std::string_view path) {
    const auto parent = parent_path(path);
    if (parent == good_parent_) return;
    for (auto above = parent; !above.empty(); above = parent_path(above)) {
      if (!tag_paths_.contains(above)) continue;
      fault(kind, path, {},
            "'{}' cannot lie below '{}', which is a tag; only objects have children: rename one",
            path, above);
      return;
    }
    good_parent_ = parent;
  }

  static constexpr std::size_t kMostFaults = 1000;

  const Project& project_;
  const ConnectorCatalogue& catalogue_;
  const Places& places_;
  Expansion out_;
  std::map<std::string_view, KnownConnector> connectors_;
  std::unordered_set<std::string_view> tag_paths_;
  std::string_view good_parent_;
};

}  // namespace

void Places::add(std::string_view kind, const std::string& name, const std::string& file,
                 const Node& body) {
  by_kind_[std::string(kind)].emplace(name, Place{&file, &body});
}

const Places::Place* Places::find(std::string_view kind, std::string_view name) const {
  const auto places = by_kind_.find(kind);
  if (places == by_kind_.end()) return nullptr;
  const auto place = places->second.find(name);
  return place == places->second.end() ? nullptr : &place->second;
}

std::optional<base::SourceLocation> Places::of(std::string_view kind, std::string_view name,
                                               std::string_view key) const {
  const Place* place = find(kind, name);
  if (place == nullptr) return std::nullopt;
  const Node* node = place->body;
  while (!key.empty()) {
    const auto dot = key.find('.');
    const Node* inner = node->find(key.substr(0, dot));
    if (inner == nullptr) break;
    node = inner;
    key = dot == std::string_view::npos ? std::string_view{} : key.substr(dot + 1);
  }
  return base::SourceLocation{*place->file, node->line, node->column};
}

std::string Places::file_of(std::string_view kind, std::string_view name) const {
  const Place* place = find(kind, name);
  return place == nullptr ? std::string() : *place->file;
}

std::optional<Origin> origin_of(const Project& project, const std::string& path) {
  for (auto above = parent_path(path); !above.empty(); above = parent_path(above)) {
    const auto object = project.objects.find(std::string(above));
    if (object == project.objects.end() || object->second.type.empty()) continue;
    const auto type = project.types.find(object->second.type);
    if (type == project.types.end()) continue;
    const std::string_view name = std::string_view(path).substr(above.size() + 1);
    for (const auto& tag : type->second.tags)
      if (tag.first == name) return Origin{object->second, type->second, tag.first, tag.second};
  }
  return std::nullopt;
}

Expansion expand(const Project& project, const ConnectorCatalogue& catalogue,
                 const Places& places) {
  return Expander(project, catalogue, places).run();
}

}  // namespace tagwerk::model
