#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/change.hpp"
#include "link/frame.hpp"
#include "link/stream.hpp"
#include "link/trace_frame.hpp"
#include "net/event_loop.hpp"
#include "supervisor/binding_map.hpp"
#include "supervisor/epoch_progress.hpp"

namespace tagwerk::supervisor {

/// The server's side of one connection on the link: frames in and out, samples into the engine,
/// writes, questions and their answers. What the connector may do, and when, its owner decides.
/// Threads: the loop's
/// Limits:  4,096 writes and 64 questions wait for an answer; more are refused
class Session final : public std::enable_shared_from_this<Session>,
                      private link::StreamHandler,
                      private EpochProgress::Reader {
 public:
  /// What the owner hears. None is called after `closed`.
  struct Owner {
    virtual ~Owner() = default;
    virtual void on_configured(const link::Configured& frame) = 0;
    virtual void on_configuration_error(const link::ConfigurationError& frame) = 0;
    virtual void on_log(const link::Log& frame) = 0;
    virtual void on_state(const link::State& frame) = 0;
    virtual void on_closed(const std::string& why) = 0;
    /// The tags of a revision by handle; null when nobody knows it any more.
    virtual const std::vector<Slot>* slots_of(std::uint64_t revision) = 0;
  };
  using OnHello = std::move_only_function<void(const std::shared_ptr<Session>&, link::Hello)>;
  using OnDropped =
      std::move_only_function<void(const std::shared_ptr<Session>&, const std::string& why)>;

  /// The peer's process as the kernel knows it.
  Session(net::EventLoop& loop, link::Socket socket, int peer_pid);
  ~Session();

  /// `hello` comes at most once; `dropped` when the connection ends before an owner took it.
  void start(OnHello hello, OnDropped dropped);

  /// Says why and ends the connection once that is sent; nobody hears of this session any more.
  void refuse(bool final, const std::string& reason);
  /// From here on frames go to the owner. Without progress there is nothing to collect: samples end
  /// the connection.
  void welcome(Owner& owner, const std::string& instance, std::shared_ptr<EpochProgress> progress);
  void configure(const BindingMap& bindings);
  void acknowledge(std::uint64_t sequence);
  void write(std::uint32_t handle, std::uint64_t revision, bool read_back,
             const engine::DeviceWrite& write, engine::WriteDone done);
  using Replied = std::move_only_function<void(Result<std::string>)>;
  /// docs/formats/link.md "Requests".
  /// Fails: invalid_argument with the connector's own sentence; timeout; unavailable when the
  ///        connection ends; limit_exceeded
  void request(std::string what, std::string json, Duration within, Replied done);
  using Traced = std::move_only_function<void(Result<link::Trace>)>;
  /// One answer of the connector; the rest is asked for again. The request's id is given here.
  /// Fails: as request
  void trace(link::TraceRequest request, Duration within, Traced done);
  void stop(const std::string& reason);
  /// Ends the connection; pending writes are answered "unknown". The owner hears on_closed.
  void close(const std::string& why);

  int peer_pid() const { return peer_pid_; }

 private:
  struct PendingWrite {
    engine::WriteDone done;
    MonoTime deadline;
  };
  template <class Answer>
  struct Pending {
    std::move_only_function<void(Result<Answer>)> done;
    MonoTime deadline;
  };

  Status on_frame(link::FrameType type, base::ByteView payload) override;
  void on_closed(const Error& why) override { close(why.message); }
  void on_room() override { stream_->resume(); }
  Status handle_hello(base::ByteView payload);
  Status handle_samples(base::ByteView payload);
  Status handle_write_result(base::ByteView payload);
  Status handle_reply(base::ByteView payload);
  Status handle_trace(base::ByteView payload);
  void answer(PendingWrite& pending, Quality status, std::string detail, Value value = {});
  void check_deadlines();
  MonoTime expire_writes(MonoTime now);
  template <class Answer>
  MonoTime expire(std::unordered_map<std::uint64_t, Pending<Answer>>& questions, MonoTime now);
  template <class Answer>
  void end_all(std::unordered_map<std::uint64_t, Pending<Answer>>& questions, const Error& why);
  Status room_for_question() const;
  std::size_t questions() const { return requests_.size() + traces_.size(); }
  std::size_t waiting() const { return writes_.size() + questions(); }
  template <class Frame>
  void send(const Frame& frame);

  std::shared_ptr<link::FrameStream> stream_;
  const int peer_pid_;
  OnHello on_hello_;
  OnDropped on_dropped_;
  Owner* owner_ = nullptr;
  bool closed_ = false;
  bool refused_ = false;  ///< the stream closes by itself once the reason is sent
  std::shared_ptr<EpochProgress> progress_;
  std::uint64_t next_write_ = 1;
  std::unordered_map<std::uint64_t, PendingWrite> writes_;
  std::unordered_map<std::uint64_t, Pending<std::string>> requests_;
  std::unordered_map<std::uint64_t, Pending<link::Trace>> traces_;
  net::Timer hello_timer_;
  net::Timer deadline_timer_;
};

}  // namespace tagwerk::supervisor
