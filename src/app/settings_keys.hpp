#pragma once

#include <span>
#include <string_view>

#include "app/server_settings.hpp"
#include "model/document.hpp"

namespace tagwerk::app {

/// A value of tagwerk.yaml with the name of its key, for messages.
struct SettingsValue {
  std::string_view key;
  const model::Node& node;
};

/// A key of tagwerk.yaml.
struct SettingsKey {
  std::string_view name;  ///< "http", "tls.certificate"
  std::string_view what;  ///< one line for `serve --config-keys`
  /// Fails: invalid_argument, naming the key and what it takes
  Status (*read)(const SettingsValue& value, ServerSettings& settings);
};

/// All of them, in the order in which the manual describes them; a test compares the two.
std::span<const SettingsKey> settings_keys();

}  // namespace tagwerk::app
