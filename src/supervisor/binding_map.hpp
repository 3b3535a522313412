#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "model/plant.hpp"

namespace tagwerk::supervisor {

/// A connector's part of a plant: the frames that configure it, and which tag each handle stands
/// for. The revision is a number made from the content, so the same configuration has the same
/// revision before and after a restart of the server.
class BindingMap {
 public:
  /// Handles go by device, period and address, so that a block read becomes one run on the link.
  /// Fails: not_found, naming an environment variable or file that a setting refers to
  ///         limit_exceeded when settings or a binding do not fit a frame
  static Result<BindingMap> make(const model::Plant& plant,
                                 const model::ConnectorDefinition& connector);

  std::uint64_t revision() const { return revision_; }
  /// `configure` frames, ready to send.
  const std::shared_ptr<const base::Bytes>& frames() const { return frames_; }
  std::size_t size() const { return tags_.size(); }
  const std::vector<TagId>& tags() const { return tags_; }
  /// By handle; kNoSlot for tags that are gone.
  const std::vector<Slot>& slots() const { return slots_; }
  const std::vector<bool>& read_back() const { return read_back_; }
  const std::string& path_of(std::uint32_t handle) const { return paths_[handle]; }

  /// Slots under another plant; ids say which tag is meant.
  void follow(const model::Plant& plant);

 private:
  std::uint64_t revision_ = 0;
  std::shared_ptr<const base::Bytes> frames_;
  std::vector<TagId> tags_;
  std::vector<Slot> slots_;
  std::vector<bool> read_back_;
  std::vector<std::string> paths_;
};

/// Bytes that compare as people order such texts: "HR:9" before "HR:10". Before every character
/// that is no digit stand the length of the number there (0 for none) and its digits, without
/// leading zeros; of a number, 255 digits count.
std::string natural_key(std::string_view text);

/// Every scalar written `${NAME}` or `file:PATH` replaced by what it names.
/// Fails: not_found, naming variable or file
Result<model::Node> with_secrets(const model::Node& settings);

}  // namespace tagwerk::supervisor
