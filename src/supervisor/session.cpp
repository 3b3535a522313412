#include "supervisor/session.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "link/samples.hpp"

namespace tagwerk::supervisor {
namespace {

using namespace std::chrono_literals;
using link::FrameType;

constexpr Duration kHelloPatience = 5s;
/// The connector answers by the deadline; this is for the way.
constexpr Duration kAnswerGrace = 200ms;
constexpr std::size_t kMaxWrites = 4096;
constexpr std::size_t kMaxQuestions = 64;
constexpr model::Quality kOutcomeUnknown = model::kBadTimeout;

}  // namespace

Session::Session(net::EventLoop& loop, link::Socket socket, int peer_pid)
    : stream_(link::FrameStream::make(std::move(socket), *this, link::kMaxFrameBefore)),
      peer_pid_(peer_pid),
      hello_timer_(loop),
      deadline_timer_(loop) {}

Session::~Session() {
  if (!refused_) stream_->close();
}

void Session::start(OnHello hello, OnDropped dropped) {
  on_hello_ = std::move(hello);
  on_dropped_ = std::move(dropped);
  stream_->start();
  hello_timer_.start_after(kHelloPatience, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->close("no hello within 5 s");
  });
}

template <class Frame>
void Session::send(const Frame& frame) {
  if (!closed_) stream_->send(frame);
}

void Session::refuse(bool final, const std::string& reason) {
  if (closed_) return;
  closed_ = refused_ = true;
  hello_timer_.cancel();
  stream_->send(link::Refused{final, reason});
  stream_->finish();
  if (on_dropped_) on_dropped_(shared_from_this(), "refused: " + reason);
}

void Session::welcome(Owner& owner, const std::string& instance,
                      std::shared_ptr<EpochProgress> progress) {
  owner_ = &owner;
  progress_ = std::move(progress);
  stream_->set_frame_limit(link::kMaxFrame);
  send(link::Welcome{link::kProtocolVersion, instance, progress_ ? progress_->durable : 0});
  if (!progress_) return;
  const std::shared_ptr<EpochProgress::Reader> reader(shared_from_this(), this);
  progress_->reader = reader;
  if (progress_->held()) stream_->pause();
}

void Session::configure(const BindingMap& bindings) {
  if (!closed_) stream_->send(bindings.frames());
}

void Session::acknowledge(std::uint64_t sequence) {
  send(link::Ack{progress_->epoch, sequence});
}

void Session::stop(const std::string& reason) {
  send(link::Stop{reason});
}

Status Session::on_frame(FrameType type, base::ByteView payload) {
  if (owner_ == nullptr) {
    if (type != FrameType::hello || !on_hello_)
      return fail(ErrorCode::corrupt, "a {} frame came before hello", to_string(type));
    return handle_hello(payload);
  }
  const auto pass = [&](auto frame, auto member) -> Status {
    if (auto decoded = link::decode(payload, frame); !decoded) return decoded;
    (owner_->*member)(frame);
    return {};
  };
  switch (type) {
    case FrameType::samples:
      return handle_samples(payload);
    case FrameType::write_result:
      return handle_write_result(payload);
    case FrameType::configured:
      return pass(link::Configured{}, &Owner::on_configured);
    case FrameType::configuration_error:
      return pass(link::ConfigurationError{}, &Owner::on_configuration_error);
    case FrameType::log:
      return pass(link::Log{}, &Owner::on_log);
    case FrameType::state:
      return pass(link::State{}, &Owner::on_state);
    case FrameType::reply:
      return handle_reply(payload);
    case FrameType::trace:
      return handle_trace(payload);
    default:
      return fail(ErrorCode::corrupt, "a {} frame is the server's to send", to_string(type));
  }
}

Status Session::handle_hello(base::ByteView payload) {
  link::Hello hello;
  if (auto decoded = link::decode(payload, hello); !decoded) return decoded;
  hello_timer_.cancel();
  auto on_hello = std::exchange(on_hello_, nullptr);
  const auto self = shared_from_this();
  on_hello(self, std::move(hello));
  return {};
}

Status Session::handle_samples(base::ByteView payload) {
  if (!progress_)
    return fail(ErrorCode::corrupt, "a connector without configuration has no samples to send");
  auto header = link::peek_samples(payload);
  if (!header) return std::unexpected(header.error());
  if (header->sequence <= progress_->taken) {
    ++progress_->duplicates;
    return {};
  }
  engine::SampleBatch batch{.mark = header->sequence};
  if (auto decoded = link::decode_samples(payload, batch.samples); !decoded)
    return std::unexpected(decoded.error());
  const std::size_t count = batch.samples.size();
  const std::vector<Slot>* slots = owner_->slots_of(header->revision);
  for (Sample& sample : batch.samples)
    sample.slot = slots != nullptr && sample.slot < slots->size() ? (*slots)[sample.slot] : kNoSlot;
  const auto gone =
      std::erase_if(batch.samples, [](const Sample& sample) { return sample.slot == kNoSlot; });
  progress_->unknown += gone;
  progress_->samples += count - gone;
  progress_->taken = header->sequence;
  progress_->last_data = base::utc_now();
  if (!progress_->push(std::move(batch))) stream_->pause();
  return {};
}

Status Session::handle_write_result(base::ByteView payload) {
  link::WriteResult result;
  if (auto decoded = link::decode(payload, result); !decoded) return decoded;
  const auto found = writes_.find(result.id);
  if (found == writes_.end()) return {};  // its deadline has passed and the caller knows
  PendingWrite pending = std::move(found->second);
  writes_.erase(found);
  answer(pending, result.quality, std::move(result.detail), std::move(result.value));
  return {};
}

void Session::write(std::uint32_t handle, std::uint64_t revision, bool read_back,
                    const engine::DeviceWrite& write, engine::WriteDone done) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(write.deadline - base::mono_now());
  PendingWrite pending{std::move(done), write.deadline + kAnswerGrace};
  if (left.count() <= 0)
    return answer(pending, model::kBadTimeout, "the time was up before the device was asked");
  if (writes_.size() >= kMaxWrites)
    return answer(pending, model::kBadCommunicationError,
                  fmt::format("not sent: {} writes wait for this connector already", kMaxWrites));
  const std::uint64_t id = next_write_++;
  const auto milliseconds =
      static_cast<std::uint32_t>(std::min<std::int64_t>(left.count(), 3'600'000));
  writes_.emplace(id, std::move(pending));
  send(link::Write{id, revision, handle, milliseconds, read_back, write.raw});
  if (waiting() == 1) check_deadlines();
}

Status Session::room_for_question() const {
  if (closed_) return fail(ErrorCode::unavailable, "the connection to the connector was lost");
  if (questions() < kMaxQuestions) return {};
  return fail(ErrorCode::limit_exceeded, "{} questions wait for this connector already; try again",
              questions());
}

void Session::request(std::string what, std::string json, Duration within, Replied done) {
  if (auto refused = room_for_question(); !refused) return done(std::unexpected(refused.error()));
  const std::uint64_t id = next_write_++;
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(within).count();
  requests_.emplace(id, Pending<std::string>{std::move(done), base::mono_now() + within});
  send(link::Request{id, static_cast<std::uint32_t>(milliseconds), std::move(what),
                     std::move(json)});
  if (waiting() == 1) check_deadlines();
}

void Session::trace(link::TraceRequest request, Duration within, Traced done) {
  if (auto refused = room_for_question(); !refused) return done(std::unexpected(refused.error()));
  request.id = next_write_++;
  traces_.emplace(request.id, Pending<link::Trace>{std::move(done), base::mono_now() + within});
  send(request);
  if (waiting() == 1) check_deadlines();
}

Status Session::handle_reply(base::ByteView payload) {
  link::Reply reply;
  if (auto decoded = link::decode(payload, reply); !decoded) return decoded;
  auto found = requests_.extract(reply.id);
  if (found.empty()) return {};  // its deadline has passed and the caller knows
  if (reply.ok)
    found.mapped().done(std::move(reply.text));
  else
    found.mapped().done(fail(ErrorCode::invalid_argument, "{}", reply.text));
  return {};
}

Status Session::handle_trace(base::ByteView payload) {
  link::Trace trace;
  if (auto decoded = link::decode(payload, trace); !decoded) return decoded;
  auto found = traces_.extract(trace.id);
  if (!found.empty()) found.mapped().done(std::move(trace));
  return {};
}

/// Each of these returns the next deadline.
MonoTime Session::expire_writes(MonoTime now) {
  MonoTime next = MonoTime::max();
  for (auto it = writes_.begin(); it != writes_.end();) {
    if (it->second.deadline > now) {
      next = std::min(next, it->second.deadline);
      ++it;
      continue;
    }
    PendingWrite pending = std::move(it->second);
    it = writes_.erase(it);
    answer(pending, kOutcomeUnknown,
           "no answer in time; whether the device has taken the value is unknown");
  }
  return next;
}

template <class Answer>
MonoTime Session::expire(std::unordered_map<std::uint64_t, Pending<Answer>>& questions,
                         MonoTime now) {
  MonoTime next = MonoTime::max();
  std::vector<Pending<Answer>> late;
  for (auto it = questions.begin(); it != questions.end();) {
    if (it->second.deadline > now) {
      next = std::min(next, it->second.deadline);
      ++it;
      continue;
    }
    late.push_back(std::move(it->second));
    it = questions.erase(it);
  }
  // Who hears of it may ask again.
  for (Pending<Answer>& each : late)
    each.done(fail(ErrorCode::timeout, "the connector did not answer in time"));
  return next;
}

template <class Answer>
void Session::end_all(std::unordered_map<std::uint64_t, Pending<Answer>>& questions,
                      const Error& why) {
  auto ended = std::exchange(questions, {});
  for (auto& [id, pending] : ended)
    pending.done(std::unexpected(why));
}

void Session::check_deadlines() {
  const MonoTime now = base::mono_now();
  const MonoTime next =
      std::min({expire_writes(now), expire(requests_, now), expire(traces_, now)});
  if (waiting() == 0) return;
  // A later one may have an earlier deadline: look often enough while any waits.
  deadline_timer_.start_after(std::min<Duration>(next - now, 100ms), [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->check_deadlines();
  });
}

void Session::answer(PendingWrite& pending, Quality status, std::string detail, Value value) {
  pending.done({status, std::move(detail), std::move(value)});
}

void Session::close(const std::string& why) {
  if (closed_) return;
  closed_ = true;
  const auto self = shared_from_this();
  hello_timer_.cancel();
  deadline_timer_.cancel();
  stream_->close();
  for (auto& [id, pending] : writes_)
    answer(pending, kOutcomeUnknown,
           fmt::format("the connection to the connector was lost ({}); whether the device has "
                       "taken the value is unknown",
                       why));
  writes_.clear();
  const Error gone{ErrorCode::unavailable,
                   fmt::format("the connection to the connector was lost ({})", why),
                   {}};
  end_all(requests_, gone);
  end_all(traces_, gone);
  if (progress_) progress_->reader.reset();
  Owner* owner = std::exchange(owner_, nullptr);
  if (owner != nullptr)
    owner->on_closed(why);
  else if (on_dropped_)
    on_dropped_(self, why);
}

}  // namespace tagwerk::supervisor
