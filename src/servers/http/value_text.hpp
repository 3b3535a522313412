#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "access/access.hpp"
#include "base/prefetch.hpp"

namespace tagwerk::servers::http {

/// Writes times of JSON quickly: most of them lie in the second of the one before.
/// Threads: one
class TimeText {
 public:
  /// With quotes; null for never.
  void append(std::string& out, UtcTime time);

 private:
  std::int64_t second_ = INT64_MIN;
  std::array<char, 22> prefix_{};  ///< "\"2026-11-20T23:19:33."
};

/// The JSON of tags' current values: `{"path":…,"value":…,…,"unit":…}`. Remembers each tag's last
/// text and writes it anew only when value, quality or times have changed, whoever asks.
/// Threads: one; each loop has its own
/// Limits:  texts of 50,000 tags are remembered; further ones are written each time
class ItemTexts {
 public:
  enum class Form : std::uint8_t {
    whole,        ///< as GET /api/values
    without_unit  ///< as the changes of a WebSocket
  };

  /// The plant is the one that the tag belongs to.
  void append(std::string& out, const std::shared_ptr<const model::Plant>& plant,
              const model::PlantTag& tag, const access::CurrentValue& current, Form form);
  /// Asks for the memory that append() will need soon.
  void prefetch(const model::PlantTag& tag) const {
    if (tag.slot >= items_.size()) return;
    const Item& item = items_[tag.slot];
    base::prefetch(item);
  }
  void prefetch_text(const model::PlantTag& tag) const {
    if (tag.slot >= items_.size()) return;
    const std::string& text = items_[tag.slot].text;
    for (std::size_t at = 0; at < text.size(); at += 64)
      __builtin_prefetch(text.data() + at);
  }

 private:
  struct Item {
    /// The item without its unit, then the unit's part of a whole item: `{…}` `,"unit":…}`; empty =
    /// not remembered yet.
    std::string text;
    std::uint32_t fixed_front = 0;
    std::uint32_t fixed_back = 0;  ///< the unit's part
    access::CurrentValue current;
  };

  Item& item_for(const std::shared_ptr<const model::Plant>& plant, const model::PlantTag& tag);
  void rewrite(Item& item, const model::PlantTag& tag, const access::CurrentValue& current);

  std::shared_ptr<const model::Plant> plant_;
  std::vector<Item> items_;  ///< by slot
  Item scratch_;
  std::size_t remembered_ = 0;
  TimeText time_;
  TimeText server_time_;
};

}  // namespace tagwerk::servers::http
