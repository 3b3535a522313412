#include "net/event_loop.hpp"

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <pthread.h>
#include <utility>

#include "base/assert.hpp"
#include "net/asio.hpp"

namespace tagwerk::net {

namespace asio = boost::asio;

struct EventLoop::Impl {
  explicit Impl(std::string name_of) : name(std::move(name_of)), work(io.get_executor()) {}

  const std::string name;
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work;
};

EventLoop::EventLoop(std::string name) : impl_(std::make_unique<Impl>(std::move(name))) {}
EventLoop::~EventLoop() = default;

void EventLoop::run() {
  impl_->io.run();
}

void EventLoop::stop() {
  impl_->io.stop();
}

void EventLoop::post(Task task) {
  asio::post(impl_->io, std::move(task));
}

bool EventLoop::in_thread() const {
  return impl_->io.get_executor().running_in_this_thread();
}

const std::string& EventLoop::name() const {
  return impl_->name;
}

asio::io_context& io_context(EventLoop& loop) {
  return loop.impl().io;
}

struct Timer::State : std::enable_shared_from_this<State> {
  using SteadyTimer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                                 asio::wait_traits<std::chrono::steady_clock>,
                                                 asio::io_context::executor_type>;

  explicit State(EventLoop& loop) : timer(io_context(loop)) {}

  void wait() {
    timer.async_wait([self = shared_from_this(), round = round](boost::system::error_code error) {
      if (!error && round == self->round) self->fire();
    });
  }

  void fire() {
    const std::uint64_t current = round;
    // The task may restart or destroy the timer, which must not destroy the running function.
    EventLoop::Task running = std::move(task);
    running();
    if (round != current) return;
    task = std::move(running);
    if (period > Duration::zero()) next_period();
  }

  void next_period() {
    const auto now = std::chrono::steady_clock::now();
    auto due = timer.expiry() + period;
    if (due <= now) due += ((now - due) / period + 1) * period;
    timer.expires_at(due);
    wait();
  }

  SteadyTimer timer;
  EventLoop::Task task;
  Duration period{0};
  std::uint64_t round = 0;  ///< counts starts and cancels; an old wait finds another number
};

Timer::Timer(EventLoop& loop) : state_(std::make_shared<State>(loop)) {}
Timer::~Timer() {
  if (state_) cancel();
}
Timer::Timer(Timer&&) noexcept = default;
Timer& Timer::operator=(Timer&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

void Timer::start_after(Duration delay, EventLoop::Task task) {
  cancel();
  state_->task = std::move(task);
  state_->period = Duration::zero();
  state_->timer.expires_after(delay);
  state_->wait();
}

void Timer::start_every(Duration period, EventLoop::Task task) {
  TAGWERK_ASSERT(period > Duration::zero());
  cancel();
  state_->task = std::move(task);
  state_->period = period;
  state_->timer.expires_after(period);
  state_->wait();
}

void Timer::cancel() {
  ++state_->round;
  state_->timer.cancel();
  state_->task = nullptr;
}

EventLoopThread::EventLoopThread(const std::string& name) : loop_(name) {
  thread_ = std::thread([this] { loop_.run(); });
  // The kernel takes 15 characters.
  pthread_setname_np(thread_.native_handle(), name.substr(0, 15).c_str());
}

EventLoopThread::~EventLoopThread() {
  stop();
}

void EventLoopThread::stop() {
  loop_.stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace tagwerk::net
