#include "connectors/modbus/poll.hpp"

#include <algorithm>
#include <ranges>

#include "protocol/modbus/value.hpp"

namespace tagwerk::connectors::modbus {
namespace {

namespace codec = protocol::modbus;
using codec::ExceptionCode;

/// Extra reads of one poll to find refused addresses; the next poll goes on.
constexpr std::size_t kSearchReads = 64;
/// So many failures without any answer: what fails is not one register. The way to the bad one
/// among 2,000 has twelve.
constexpr int kHopelessAfter = 14;
constexpr std::size_t kRetriesPerPoll = 16;
constexpr std::size_t kNamedInLog = 5;
constexpr Duration kRetryRefused = std::chrono::minutes(1);
/// What is broken may be mended.
constexpr Duration kRetryBroken = std::chrono::seconds(10);

bool says_wrong_address(ExceptionCode code) {
  return code == ExceptionCode::illegal_data_address || code == ExceptionCode::illegal_data_value;
}

/// What one register can be the reason for as well as the whole device.
bool says_broken(ExceptionCode code) {
  return code == ExceptionCode::server_device_failure ||
         code == ExceptionCode::memory_parity_error ||
         code == ExceptionCode::gateway_path_unavailable ||
         code == ExceptionCode::gateway_target_failed;
}

Quality quality_of(ExceptionCode code) {
  return codec::quality_of(code, codec::Access::read);
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
  roots_.push_back({.block = block});
}

void Poll::run() {
  give_known_refused();
  next();
}

/// What was refused before stays bad; some of it is asked again when its time has come.
void Poll::give_known_refused() {
  const auto again = group_.plan.to_retry(base::mono_now(), kRetriesPerPoll);
  for (const auto& item : again)
    add_root({item.address.table, item.address.number, item.count, {item}});
  for (const auto& [handle, refusal] : group_.plan.refused()) {
    if (std::ranges::find(again, handle, &GroupPlan::Item::handle) != again.end()) continue;
    samples_.push_back({Value(), base::utc_now(), refusal.quality, group_.points[handle].handle});
  }
}

void Poll::next() {
  while (!tasks_.empty() && roots_[tasks_.front().root].hopeless) {
    give_bad(tasks_.front().block, roots_[tasks_.front().root].quality);
    tasks_.pop_front();
  }
  if (tasks_.empty()) return finish({});
  Task task = std::move(tasks_.front());
  tasks_.pop_front();
  asked_ = true;
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
    take_values(task, result->values);
  next();
}

void Poll::take_values(const Task& task, std::span<const std::uint16_t> values) {
  const UtcTime now = base::utc_now();
  roots_[task.root].answered = true;
  for (const auto& item : task.block.items) {
    const Point& point = group_.points[item.handle];
    const auto raw = values.subspan(item.address.number - task.block.address, item.count);
    codec::Reading reading = codec::decode_value(point.place.layout, raw);
    samples_.push_back({std::move(reading.value), now, reading.quality, point.handle});
    if (!group_.plan.refused().empty() && group_.plan.refused().contains(item.handle)) {
      group_.plan.accept(item.handle);
      learned_ = true;
    }
  }
}

void Poll::take_exception(const Task& task, ExceptionCode code) {
  Root& root = roots_[task.root];
  root.quality = quality_of(code);
  if (says_wrong_address(code)) return take_refusal(task, code);
  if (says_broken(code)) return take_failure(task, code);
  root.explained = true;
  give_bad(task.block, root.quality);
}

void Poll::take_refusal(const Task& task, ExceptionCode code) {
  if (halve(task)) return;
  roots_[task.root].explained = true;
  give_bad(task.block, quality_of(code));
  if (task.block.items.size() == 1) refuse({task.block.items.front(), code}, kRetryRefused);
}

void Poll::take_failure(const Task& task, ExceptionCode code) {
  Root& root = roots_[task.root];
  const bool whole = !root.halved;
  if (whole) root.searching = group_.plan.suspect(root.block, base::mono_now());
  ++root.failures;
  if (root.searching && !root.answered && root.failures >= kHopelessAfter) root.hopeless = true;
  if (root.searching && !root.hopeless && halve(task)) return;
  root.explained = true;
  give_bad(task.block, quality_of(code));
  if (task.block.items.size() == 1) root.broken.push_back({task.block.items.front(), code});
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

void Poll::refuse(const Found& found, Duration retry_after) {
  if (!group_.plan.refused().contains(found.item.handle)) found_.push_back(found);
  group_.plan.refuse(found.item, quality_of(found.code), base::mono_now() + retry_after);
  learned_ = true;
}

void Poll::learn_from(const Root& root) {
  if (root.failures == 0) {
    group_.plan.trust(root.block);
  } else if (root.halved && !root.answered) {
    group_.plan.give_up(root.block, base::mono_now());
  } else {
    // Those that were known to be broken and are so still, or those that others stand beside.
    for (const Found& each : root.broken)
      if (root.answered || group_.plan.refused().contains(each.item.handle))
        refuse(each, kRetryBroken);
  }
  if (!root.halved || root.explained) return;
  group_.plan.cut_at(codec::bisect(root.block)[1].items.front().address);
  learned_ = true;
}

void Poll::learn() {
  for (const Root& root : roots_)
    learn_from(root);
  if (learned_) group_.plan.rebuild();
  tell();
}

/// One line for each exception that something was refused with.
void Poll::tell() {
  while (!found_.empty()) {
    const ExceptionCode code = found_.front().code;
    std::size_t count = 0;
    std::string names;
    for (const Found& each : found_) {
      if (each.code != code || ++count > kNamedInLog) continue;
      names += (names.empty() ? "" : ", ") + codec::to_string(each.item.address);
    }
    told_(fmt::format("{} address{} refused by the device with {}: {}{}", count,
                      count == 1 ? " is" : "es are", codec::to_string(code), names,
                      count > kNamedInLog ? ", …" : ""));
    std::erase_if(found_, [code](const Found& each) { return each.code == code; });
  }
}

void Poll::finish(Status device) {
  if (device) learn();
  done_({std::move(device), std::move(samples_), asked_});
}

}  // namespace tagwerk::connectors::modbus
