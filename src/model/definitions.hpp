#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "model/document.hpp"
#include "model/value.hpp"

namespace tagwerk::model {

struct Range {
  double low = 0;
  double high = 0;
  bool operator==(const Range&) const = default;
};

/// Where a tag's value comes from: tag <-> address in a connector (`source:`).
/// The link carries raw values; the engine computes value = raw × scale + offset and back for
/// writes.
struct SourceDefinition {
  enum class TimeOf : std::uint8_t { source, arrival };

  std::string connector;
  std::string device = "default";
  std::string address;  ///< in the connector's own form: "HR:10"
  std::string dtype;    ///< "float32"; empty = what the address and the tag's type suggest
  std::string order;    ///< "ABCD", "CDAB", …; empty = the device's
  std::optional<Duration> period;  ///< empty = the device's, else the connector's
  double scale = 1;
  double offset = 0;
  std::optional<Range> clamp;  ///< engineering units
  double deadband = 0;         ///< engineering units; applied in the connector
  bool read_back = false;      ///< a write is answered only after the device showed the new value
  TimeOf time_of = TimeOf::source;
  bool operator==(const SourceDefinition&) const = default;
};

/// Bytes that a text or an array has in the table when its tag says nothing else.
inline constexpr std::uint32_t kDefaultSize = 256;

/// A named value. In a Plant it is complete: types expanded, parameters filled in.
struct TagDefinition {
  std::string path;
  Type type = Type::floating;
  std::string unit;
  std::string description;
  std::optional<Range> range;
  std::map<std::int64_t, std::string> states;
  std::optional<SourceDefinition> source;
  std::string write;     ///< least role that may write: "operator"; empty = read only
  bool confirm = false;  ///< the page asks before it writes
  std::optional<Duration> stale_after;  ///< empty = 3 × the period of the source
  std::uint32_t size =
      0;  ///< bytes that a text or an array may have in the table; 0 = kDefaultSize
  bool operator==(const TagDefinition&) const = default;
};

/// What every instance of a type has. Texts may hold `{parameter}` and `{parameter + 2}`.
struct TypeDefinition {
  std::string name;
  std::string description;
  std::map<std::string, Type> parameters;
  std::vector<std::pair<std::string, Node>> tags;  ///< name and body, parameters not filled in
  bool operator==(const TypeDefinition&) const = default;
};

struct ObjectDefinition {
  std::string path;
  std::string description;
  std::string type;    ///< empty = a plain node of the tree
  Node with;           ///< values of the type's parameters
  Node override_tags;  ///< tag name -> the keys that differ from the type
  bool operator==(const ObjectDefinition&) const = default;
};

struct ConnectorDefinition {
  std::string name;
  std::string type;  ///< "modbus"
  bool enabled = true;
  Node settings;  ///< every other key, checked by the connector type's own schema
  bool operator==(const ConnectorDefinition&) const = default;
};

/// Everything a user declares about a plant. Keys are names and paths; see api.md "Configuration".
struct Project {
  std::map<std::string, TypeDefinition> types;
  std::map<std::string, ConnectorDefinition> connectors;
  std::map<std::string, ObjectDefinition> objects;
  std::map<std::string, TagDefinition> tags;  ///< tags declared by themselves, not those of types
  bool operator==(const Project&) const = default;
};

/// What model cannot know about connector types; made by the floor that implements them.
/// Threads: any
class ConnectorCatalogue {
 public:
  virtual ~ConnectorCatalogue() = default;
  /// Types there are, for "unknown connector type 'modbuss'; did you mean 'modbus'?"
  virtual std::vector<std::string> types() const = 0;
  /// Every fault in a connector's settings, with places taken from the nodes; `file` goes into
  /// them.
  virtual std::vector<Error> check_settings(const ConnectorDefinition& connector,
                                            const std::string& file) const = 0;
  /// Whether the connector could read (and write, when the tag is writable) this tag's source.
  virtual Status check_source(const ConnectorDefinition& connector,
                              const TagDefinition& tag) const = 0;
  /// Period of a source that names none: the device's, else the connector's.
  virtual Duration default_period(const ConnectorDefinition& connector,
                                  const SourceDefinition& source) const = 0;
  /// How a device is reached, in one line: "connector=modbus; host=10.0.0.5; …"
  /// (model/connection_string.hpp).
  /// Fails: not_found for a device that is not there; invalid_argument for a type without such a
  /// form
  virtual Result<std::string> connection_string(const ConnectorDefinition& connector,
                                                const std::string& device) const;
};

}  // namespace tagwerk::model
