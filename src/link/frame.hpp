#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/time.hpp"
#include "link/binding.hpp"
#include "model/quality.hpp"
#include "model/value.hpp"

/// Frames of the link between server and connectors: what they hold and how they are written. Pure.
/// Samples and traces have headers of their own (link/samples.hpp, link/trace_frame.hpp), sockets
/// too (link/stream.hpp). On disk: docs/formats/link.md; a connector keeps its configuration as
/// `configure` frames
namespace tagwerk::link {

inline constexpr std::uint16_t kProtocolVersion = 1;
inline constexpr std::size_t kFrameHeader = 5;        ///< u32 length and u8 type
inline constexpr std::size_t kMaxFrame = 1 << 20;     ///< type and payload
inline constexpr std::size_t kMaxFrameBefore = 4096;  ///< the same before `welcome`
inline constexpr std::uint32_t kMaxConfigureParts = 4096;
/// A write that was replaced by a later one before it was sent.
inline constexpr Quality kBadOperationAbandoned{0x80B30000};
inline constexpr Quality kBadEncodingLimitsExceeded{0x80080000};

enum class FrameType : std::uint8_t {
  hello = 1,
  welcome = 2,
  refused = 3,
  configure = 4,
  configured = 5,
  configuration_error = 6,
  samples = 7,
  ack = 8,
  write = 9,
  write_result = 10,
  log = 11,
  state = 12,
  ping = 13,
  pong = 14,
  stop = 15,
  request = 16,
  reply = 17,
  trace_request = 18,
  trace = 19,
};

/// "hello", "samples", …; "frame 99" is not a type.
std::string_view to_string(FrameType type);

struct Hello {
  std::uint16_t version = kProtocolVersion;
  std::string name;
  std::string type;
  std::string token;
  std::uint64_t epoch = 0;
  std::uint32_t pid = 0;
  std::uint64_t revision = 0;  ///< held; 0 = none
  std::uint64_t oldest = 1;    ///< oldest unacknowledged sequence, = next when there is none
  std::uint64_t next = 1;
  bool operator==(const Hello&) const = default;
};

struct Welcome {
  std::uint16_t version = kProtocolVersion;
  std::string instance;
  std::uint64_t acknowledged = 0;  ///< of the epoch in the hello; 0 = none
  bool operator==(const Welcome&) const = default;
};

struct Refused {
  bool final = false;  ///< do not come back
  std::string reason;
  bool operator==(const Refused&) const = default;
};

struct Configure {
  std::uint64_t revision = 0;
  std::uint32_t part = 0;
  std::uint32_t parts = 1;
  std::string settings;  ///< JSON object; part 0 only
  std::vector<Binding> bindings;
  bool operator==(const Configure&) const = default;
};

struct BindingFault {
  std::uint32_t handle = 0;
  std::string message;
  bool operator==(const BindingFault&) const = default;
};

struct Configured {
  std::uint64_t revision = 0;
  std::vector<BindingFault> faults;
  bool operator==(const Configured&) const = default;
};

struct ConfigurationError {
  std::uint64_t revision = 0;
  std::vector<std::string> faults;  ///< at least one
  bool operator==(const ConfigurationError&) const = default;
};

struct Ack {
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  bool operator==(const Ack&) const = default;
};

struct Write {
  std::uint64_t id = 0;
  std::uint64_t revision = 0;
  std::uint32_t handle = 0;
  std::uint32_t deadline_ms = 0;
  bool read_back = false;
  Value value;
  bool operator==(const Write&) const = default;
};

struct WriteResult {
  std::uint64_t id = 0;
  Quality quality;
  std::string detail;
  Value value;  ///< read back; null = none
  bool operator==(const WriteResult&) const = default;
};

enum class LogLevel : std::uint8_t { debug = 0, info = 1, warn = 2, error = 3 };

struct Log {
  LogLevel level = LogLevel::info;
  UtcTime time{};
  std::string text;
  bool operator==(const Log&) const = default;
};

struct State {
  std::string json;
  bool operator==(const State&) const = default;
};

struct Ping {
  std::uint64_t number = 0;
  bool operator==(const Ping&) const = default;
};

struct Pong {
  std::uint64_t number = 0;
  bool operator==(const Pong&) const = default;
};

struct Stop {
  std::string reason;
  bool operator==(const Stop&) const = default;
};

struct Request {
  std::uint64_t id = 0;
  std::uint32_t deadline_ms = 0;
  std::string what;  ///< "browse", "test"
  std::string json;
  bool operator==(const Request&) const = default;
};

struct Reply {
  std::uint64_t id = 0;
  bool ok = false;
  std::string text;  ///< JSON, or what went wrong
  bool operator==(const Reply&) const = default;
};

/// Appends the whole frame. Texts that would not fit are the caller's fault (asserted); log, state,
/// detail and reason texts are cut instead, at a character.
void encode(const Hello& frame, base::Bytes& out);
void encode(const Welcome& frame, base::Bytes& out);
void encode(const Refused& frame, base::Bytes& out);
void encode(const Configure& frame, base::Bytes& out);
void encode(const Configured& frame, base::Bytes& out);
void encode(const ConfigurationError& frame, base::Bytes& out);
void encode(const Ack& frame, base::Bytes& out);
void encode(const Write& frame, base::Bytes& out);
void encode(const WriteResult& frame, base::Bytes& out);
void encode(const Log& frame, base::Bytes& out);
void encode(const State& frame, base::Bytes& out);
void encode(const Ping& frame, base::Bytes& out);
void encode(const Pong& frame, base::Bytes& out);
void encode(const Stop& frame, base::Bytes& out);
void encode(const Request& frame, base::Bytes& out);
void encode(const Reply& frame, base::Bytes& out);

/// Reads a payload (without length and type).
/// Fails: corrupt, naming the frame; `out` is then half filled and of no use
Status decode(base::ByteView payload, Hello& out);
Status decode(base::ByteView payload, Welcome& out);
Status decode(base::ByteView payload, Refused& out);
Status decode(base::ByteView payload, Configure& out);
Status decode(base::ByteView payload, Configured& out);
Status decode(base::ByteView payload, ConfigurationError& out);
Status decode(base::ByteView payload, Ack& out);
Status decode(base::ByteView payload, Write& out);
Status decode(base::ByteView payload, WriteResult& out);
Status decode(base::ByteView payload, Log& out);
Status decode(base::ByteView payload, State& out);
Status decode(base::ByteView payload, Ping& out);
Status decode(base::ByteView payload, Pong& out);
Status decode(base::ByteView payload, Stop& out);
Status decode(base::ByteView payload, Request& out);
Status decode(base::ByteView payload, Reply& out);

}  // namespace tagwerk::link
