#include "connectors/modbus/poll.hpp"

#include <algorithm>
#include <ranges>

namespace tagwerk::connectors::modbus {
namespace {

namespace codec = protocol::modbus;
using codec::ExceptionCode;

/// Extra reads of one poll to find refused addresses; the next poll goes on.
constexpr std::size_t kSearchReads = 64;
constexpr std::size_t kRetriesPerPoll = 16;
constexpr std::size_t kNamedInLog = 5;

bool says_wrong_address(ExceptionCode code) {
  return code == ExceptionCode::illegal_data_address || code == ExceptionCode::illegal_data_value;
}

}  // namespace

Poll::Poll(std::shared_ptr<Client> client, PointGroup& group, Connector::PollDone done,
           Refused refused)
    : client_(std::move(client)),
      group_(group),
      done_(std::move(done)),
      told_(std::move(refused)),
      budget_(kSearchReads) {
  samples_.reserve(group.points.size());
  for (const Block& block : group_.plan.blocks())
    add_root(block);
}

void Poll::add_root(const Block& block) {
  tasks_.push_back({block, roots_.size()});
  roots_.push_back({block});
}

void Poll::run() {
  give_known_refused();
  next();
}

/// What was refused before stays bad; some of it is asked again when its minute is over.
void Poll::give_known_refused() {
  const auto again = group_.plan.to_retry(base::mono_now(), kRetriesPerPoll);
  for (const auto& item : again)
    add_root({item.address.table, item.address.number, item.count, {item}});
  for (const auto& [handle, item] : group_.plan.refused()) {
    if (std::ranges::find(again, handle, &GroupPlan::Item::handle) != again.end()) continue;
    samples_.push_back({Value(), base::utc_now(),
                        codec::quality_of(ExceptionCode::illegal_data_address, codec::Access::read),
                        group_.points[handle].handle});
  }
}

void Poll::next() {
  if (tasks_.empty()) return finish({});
  Task task = std::move(tasks_.front());
  tasks_.pop_front();
  auto request = codec::read_request(task.block.table, task.block.address, task.block.count);
  client_->request(std::move(request), Client::Urgency::normal,
                   [self = shared_from_this(), task = std::move(task)](
                       Result<codec::Response> result) { self->take(task, std::move(result)); });
}

void Poll::take(const Task& task, Result<codec::Response> result) {
  if (!result) return finish(std::unexpected(result.error()));
  if (result->exception)
    take_exception(task, *result->exception);
  else
    take_values(task.block, result->values);
  next();
}

void Poll::take_values(const Block& block, std::span<const std::uint16_t> values) {
  const UtcTime now = base::utc_now();
  for (const auto& item : block.items) {
    const Point& point = group_.points[item.handle];
    const auto raw = values.subspan(item.address.number - block.address, item.count);
    samples_.push_back({codec::decode_value(point.place.type, point.place.order, raw), now,
                        model::kGood, point.handle});
    if (!group_.plan.refused().empty() && group_.plan.refused().contains(item.handle)) {
      group_.plan.accept(item.handle);
      learned_ = true;
    }
  }
}

void Poll::take_exception(const Task& task, ExceptionCode code) {
  Root& root = roots_[task.root];
  if (!says_wrong_address(code)) {
    root.explained = true;
    return give_bad(task.block, codec::quality_of(code, codec::Access::read));
  }
  if (halve(task)) return;
  root.explained = true;
  give_bad(task.block, codec::quality_of(code, codec::Access::read));
  if (task.block.items.size() > 1) return;
  const auto& item = task.block.items.front();
  if (!group_.plan.refused().contains(item.handle)) found_.push_back(item);
  group_.plan.refuse(item, base::mono_now());
  learned_ = true;
}

bool Poll::halve(const Task& task) {
  auto halves = codec::bisect(task.block);
  if (halves.empty() || budget_ < halves.size()) return false;
  budget_ -= halves.size();
  roots_[task.root].halved = true;
  for (Block& half : std::views::reverse(halves))
    tasks_.push_front({std::move(half), task.root});
  return true;
}

void Poll::give_bad(const Block& block, Quality quality) {
  const UtcTime now = base::utc_now();
  for (const auto& item : block.items)
    samples_.push_back({Value(), now, quality, group_.points[item.handle].handle});
}

void Poll::learn() {
  for (const Root& root : roots_) {
    if (!root.halved || root.explained) continue;
    group_.plan.cut_at(codec::bisect(root.block)[1].items.front().address);
    learned_ = true;
  }
  if (learned_) group_.plan.rebuild();
  if (found_.empty()) return;
  std::string names;
  for (const auto& item : std::span(found_).first(std::min(found_.size(), kNamedInLog)))
    names += (names.empty() ? "" : ", ") + codec::to_string(item.address);
  told_(fmt::format("{} address{} refused by the device: {}{}", found_.size(),
                    found_.size() == 1 ? " is" : "es are", names,
                    found_.size() > kNamedInLog ? ", …" : ""));
}

void Poll::finish(Status device) {
  if (device) learn();
  done_({std::move(device), std::move(samples_)});
}

}  // namespace tagwerk::connectors::modbus
