#include "access/heard.hpp"

namespace tagwerk::access {
namespace {

/// Memory for so many notes is kept for the next delivery.
constexpr std::size_t kSpareNotes = 65'536;

template <class Item>
void empty_out(std::vector<Item>& list) {
  list.clear();
  if (list.capacity() > kSpareNotes) list.shrink_to_fit();
}

}  // namespace

/// Counting sort: stable, and two passes whatever the order.
void Heard::sort() {
  std::uint32_t begin = 0;
  for (const std::uint32_t place : places_) {
    const std::uint32_t count = ends_[place];
    ends_[place] = begin;
    begin += count;
  }
  sorted_.resize(notes_.size());
  for (const Placed& each : notes_)
    sorted_[ends_[each.place]++] = each.note;
}

std::optional<Heard::Listened> Heard::next() {
  if (told_ == 0) sort();
  if (told_ == places_.size()) {
    clear();
    return std::nullopt;
  }
  const std::uint32_t begin = told_ == 0 ? 0 : ends_[places_[told_ - 1]];
  const std::uint32_t place = places_[told_++];
  return Listened{place, std::span(sorted_).subspan(begin, ends_[place] - begin)};
}

void Heard::clear() {
  for (const std::uint32_t place : places_)
    ends_[place] = 0;
  told_ = 0;
  broadcasts_.clear();
  empty_out(changes_);
  empty_out(notes_);
  empty_out(places_);
  empty_out(sorted_);
}

}  // namespace tagwerk::access
