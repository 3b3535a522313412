#include "servers/http/value_text.hpp"

#include <charconv>
#include <cstring>

#include "model/value.hpp"

namespace tagwerk::servers::http {
namespace {

constexpr std::size_t kMaxRememberedTexts = 50'000;

void append_number(std::string& out, std::uint32_t number) {
  std::array<char, 10> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

bool same(const access::CurrentValue& a, const access::CurrentValue& b) {
  return a.server_time == b.server_time && a.time == b.time && a.quality == b.quality &&
         a.value == b.value;
}

}  // namespace

void TimeText::append(std::string& out, UtcTime time) {
  if (time == kNever) {
    out.append("null");
    return;
  }
  const std::int64_t nanos = time.time_since_epoch().count();
  std::int64_t second = nanos / 1'000'000'000;
  if (nanos % 1'000'000'000 < 0) --second;
  if (second != second_) {
    std::array<char, base::kRfc3339Size> whole;
    base::write_rfc3339(time, whole.data());
    prefix_[0] = '"';
    std::memcpy(prefix_.data() + 1, whole.data(), 20);
    second_ = second;
  }
  auto micros = static_cast<std::uint32_t>((nanos - second * 1'000'000'000) / 1'000);
  std::array<char, 29> text;
  std::memcpy(text.data(), prefix_.data(), 21);
  for (std::size_t i = 27; i-- > 21; micros /= 10)
    text[i] = static_cast<char>('0' + micros % 10);
  text[27] = 'Z';
  text[28] = '"';
  out.append(text.data(), text.size());
}

void ItemTexts::append(std::string& out, const std::shared_ptr<const model::Plant>& plant,
                       const model::PlantTag& tag, const access::CurrentValue& current, Form form) {
  Item& item = item_for(plant, tag);
  if (item.text.empty() || !same(item.current, current)) rewrite(item, tag, current);
  const std::size_t front = item.text.size() - item.fixed_back;
  if (form == Form::without_unit) {
    out.append(item.text, 0, front);
    return;
  }
  out.append(item.text, 0, front - 1);
  out.append(item.text, front);
}

ItemTexts::Item& ItemTexts::item_for(const std::shared_ptr<const model::Plant>& plant,
                                     const model::PlantTag& tag) {
  if (plant != plant_ && (plant_ == nullptr || plant->revision() >= plant_->revision())) {
    plant_ = plant;
    items_.clear();
    items_.resize(plant->slot_count());
    remembered_ = 0;
  }
  const bool ours = plant == plant_ && tag.slot < items_.size();
  if (ours && (!items_[tag.slot].text.empty() || remembered_ < kMaxRememberedTexts)) {
    if (items_[tag.slot].text.empty()) ++remembered_;
    return items_[tag.slot];
  }
  scratch_.text.clear();
  return scratch_;
}

void ItemTexts::rewrite(Item& item, const model::PlantTag& tag,
                        const access::CurrentValue& current) {
  std::string& text = item.text;
  if (text.empty()) {
    text.append("{\"path\":");
    model::append_json_string(text, tag.definition.path);
    text.append(",\"value\":");
    item.fixed_front = static_cast<std::uint32_t>(text.size());
  }
  text.resize(item.fixed_front);
  model::append_json(text, current.value);
  text.append(",\"quality\":");
  append_number(text, current.quality.code);
  text.append(",\"status\":\"");
  text.append(current.quality.code == 0 ? "Good" : model::name(current.quality));
  text.append("\",\"time\":");
  time_.append(text, current.time);
  text.append(",\"server_time\":");
  server_time_.append(text, current.server_time);
  text.push_back('}');
  const std::size_t back = text.size();
  text.append(",\"unit\":");
  model::append_json_string(text, tag.definition.unit);
  text.push_back('}');
  item.fixed_back = static_cast<std::uint32_t>(text.size() - back);
  item.current = current;
}

}  // namespace tagwerk::servers::http
