#pragma once

#include <optional>
#include <string>
#include <vector>

#include "link/frame.hpp"

namespace tagwerk::link {

/// What a connector has to do, whole. Bindings are in handle order, handles dense from 0.
struct Configuration {
  std::uint64_t revision = 0;
  std::string settings;  ///< JSON object
  std::vector<Binding> bindings;
};

/// Appends the configuration as `configure` frames.
/// Fails: limit_exceeded when settings or one binding do not fit a frame
Status encode_configuration(const Configuration& configuration, base::Bytes& out);

/// Puts the parts together again.
/// Limits: 4,096 parts of 1 MiB
class ConfigurationAssembler {
 public:
  /// The whole configuration when this was its last part; another revision starts anew.
  /// Fails: corrupt when parts or handles are out of order
  Result<std::optional<Configuration>> add(Configure part);

 private:
  Configuration pending_;
  std::uint32_t next_part_ = 0;
  std::uint32_t parts_ = 0;
};

/// The reverse of encode_configuration, for the copy a connector keeps.
/// Fails: corrupt
Result<Configuration> decode_configuration(base::ByteView frames);

}  // namespace tagwerk::link
