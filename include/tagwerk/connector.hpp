#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "link/binding.hpp"
#include "link/trace.hpp"
#include "model/sample.hpp"

namespace boost::asio {
class io_context;
}

/// What a connector author writes: a class that can connect to a device, read a group of its tags
/// and write one. The runtime (link/runtime.hpp) does the rest: the link to the server,
/// configuration, schedules, reconnecting, buffering, deadbands, deadlines, counters. A whole
/// example: src/connectors/modbus.
///
/// Everything runs on one thread, in one event loop. Nothing here may block: start an operation
/// and call `done` when it is over, once, from the loop or at once.
namespace tagwerk {

using Binding = link::Binding;

/// The tags of one device that are read together.
struct ScanGroup {
  std::uint32_t id = 0;  ///< dense from 0, under one configuration
  std::string device;
  Duration period{0};
  std::vector<Binding> bindings;  ///< ordered by handle
};

struct ConnectorConfiguration {
  std::uint64_t revision = 0;
  std::string settings;           ///< JSON object, as the user wrote it
  std::vector<ScanGroup> groups;  ///< lives until the next configure()
};

/// A binding the connector cannot serve, and why; it turns BadConfigurationError.
struct BindingProblem {
  std::uint32_t handle = 0;
  std::string message;
};

/// What a poll of a group brought.
struct PollOutcome {
  /// An error means that the device did not answer as it should: the runtime disconnects, turns its
  /// tags bad and connects again. A register the device refuses is not that: it is a bad sample.
  Status device;
  /// Sample::slot is the binding's handle, values are raw. A time of kNever becomes "now".
  std::vector<Sample> samples;
  bool asked = true;  ///< false: there was nothing to ask, so this says nothing about the device
};

struct WriteOrder {
  Binding binding;
  Value value;  ///< raw; a float for an integer register is rounded to nearest
  bool read_back = false;
  MonoTime deadline;
};

struct WriteOutcome {
  Quality quality;  ///< Good only when the device confirmed
  std::string detail;
  Value read_back;  ///< what the device shows now; null when it was not asked
  /// As in PollOutcome.
  Status device;
  bool asked = true;  ///< false: nothing was sent to the device
};

enum class ConnectorLog { debug, info, warn, error };

/// What the runtime offers a connector.
class ConnectorHost {
 public:
  /// To stderr and over the link.
  virtual void log(ConnectorLog level, std::string_view text) = 0;
  /// The connection is gone without an operation having failed: closed by the device, or by the
  /// connector because its settings changed.
  virtual void lost(const std::string& device, Error why) = 0;
  /// Samples that came without a poll (subscriptions).
  virtual void samples(std::span<Sample> samples) = 0;
  /// Where a connector notes every frame it sends and receives; people look at it through the
  /// server.
  virtual link::TraceRing& trace() = 0;

 protected:
  ~ConnectorHost() = default;
};

class Connector {
 public:
  using Done = std::move_only_function<void(Status)>;
  using PollDone = std::move_only_function<void(PollOutcome)>;
  using WriteDone = std::move_only_function<void(WriteOutcome)>;
  using WritesDone = std::move_only_function<void(std::vector<WriteOutcome>)>;
  using ReplyDone = std::move_only_function<void(Result<std::string>)>;

  virtual ~Connector() = default;

  /// "modbus"
  virtual std::string type() const = 0;
  /// Where the device is, for status pages: "10.0.0.5:502, unit 1"; empty when there is no such
  /// word.
  virtual std::string address(const std::string& device) const;
  /// Once, before anything else.
  virtual void start(boost::asio::io_context& loop, ConnectorHost& host) = 0;

  /// Takes a new configuration. No operation is running. Devices whose settings did not change keep
  /// their connection; for the others, close it and call host.lost().
  /// Fails: every fault in one error (lines); the former configuration stays in force
  virtual Result<std::vector<BindingProblem>> configure(
      const ConnectorConfiguration& configuration) = 0;

  /// At most one operation of connect and poll runs per device; a write may run beside a poll and
  /// should go ahead of what the poll has still to ask.
  virtual void connect(const std::string& device, Done done) = 0;
  /// Closes at once. Operations of this device that still run need not call `done` any more.
  virtual void disconnect(const std::string& device) = 0;
  virtual void poll(const ScanGroup& group, PollDone done) = 0;
  virtual void write(const WriteOrder& order, WriteDone done) = 0;
  /// Whether these two, of one device and one directly behind the other, can be written in one go:
  /// bits of the same register.
  virtual bool joins(const WriteOrder& first, const WriteOrder& next) const;
  /// Writes what joins, at least two; one outcome for each, in order.
  virtual void write_joined(std::vector<WriteOrder> orders, WritesDone done);

  /// "browse", "test", … with JSON arguments; answers with JSON. Also before any configuration.
  virtual void request(std::string_view what, std::string_view json, ReplyDone done);
  /// What a frame of the ring means, for people: "read HR 0..9 unit 1".
  virtual std::string describe(const link::TraceRing& ring, std::uint64_t number) const;
};

}  // namespace tagwerk
