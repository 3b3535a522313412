#include "link/pcapng.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>

namespace tagwerk::link {
namespace {

using base::Bytes;
using base::ByteView;
using base::ByteWriter;

constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;
constexpr std::uint32_t kInterfaceDescription = 1;
constexpr std::uint32_t kEnhancedPacket = 6;
constexpr std::uint16_t kEthernet = 1;
constexpr std::uint16_t kEndOfOptions = 0;
constexpr std::uint16_t kComment = 1;
constexpr std::uint16_t kPacketFlags = 2;
constexpr std::uint16_t kInterfaceName = 2;
constexpr std::uint16_t kApplication = 4;
constexpr std::uint16_t kTimeResolution = 9;
constexpr std::uint8_t kNanoseconds = 9;
constexpr std::uint32_t kInbound = 1;
constexpr std::uint32_t kOutbound = 2;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kPushAck = 0x18;
constexpr std::size_t kTcpHeader = 20;

void pad(Bytes& out) {
  out.resize((out.size() + 3) / 4 * 4);
}

void append_option(Bytes& out, std::uint16_t code, ByteView value) {
  ByteWriter writer(out);
  writer.u16(code);
  writer.u16(static_cast<std::uint16_t>(value.size()));
  writer.bytes(value);
  pad(out);
}

/// Type, length, body, length again.
void append_block(Bytes& out, std::uint32_t type, const Bytes& body) {
  const auto length = static_cast<std::uint32_t>(body.size() + 12);
  ByteWriter writer(out);
  writer.u32(type);
  writer.u32(length);
  writer.bytes(body);
  writer.u32(length);
}

/// An address as IPv6 has it; IPv4 mapped into it.
struct Ip {
  std::array<std::byte, 16> bytes{};
  bool v4 = true;

  ByteView view() const { return v4 ? ByteView(bytes).subspan(12) : ByteView(bytes); }
};

/// What is no address becomes 0.0.0.0.
Ip ip_of(const std::string& text) {
  Ip out;
  if (::inet_pton(AF_INET, text.c_str(), out.bytes.data() + 12) == 1) return out;
  out.v4 = ::inet_pton(AF_INET6, text.c_str(), out.bytes.data()) != 1;
  if (out.v4) out.bytes = {};
  return out;
}

/// The sum of 16-bit words that IP and TCP check themselves by.
std::uint32_t sum_of(ByteView bytes, std::uint32_t sum = 0) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = std::to_integer<std::uint32_t>(bytes[i]);
    sum += i % 2 == 0 ? byte << 8 : byte;
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return sum;
}
std::uint16_t folded(std::uint32_t sum) {
  while (sum >> 16 != 0)
    sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

void put_u16_be(Bytes& out, std::size_t at, std::uint16_t value) {
  out[at] = static_cast<std::byte>(value >> 8);
  out[at + 1] = static_cast<std::byte>(value & 0xff);
}

struct Segment {
  Ip from, to;
  std::uint16_t from_port = 0, to_port = 0;
  std::uint32_t sequence = 0, acknowledged = 0;
  ByteView payload;
  std::size_t size = 0;  ///< of the whole payload
};

Bytes tcp_header(const Segment& segment) {
  Bytes out;
  ByteWriter writer(out);
  writer.u16_be(segment.from_port);
  writer.u16_be(segment.to_port);
  writer.u32_be(segment.sequence);
  writer.u32_be(segment.acknowledged);
  writer.u8(kTcpHeader / 4 << 4);
  writer.u8(kPushAck);
  writer.u16_be(0xffff);  // window
  writer.u32_be(0);       // checksum, urgent pointer
  const auto length = static_cast<std::uint32_t>(kTcpHeader + segment.payload.size());
  std::uint32_t sum = kTcp + (length >> 16) + (length & 0xffff);
  for (const ByteView each :
       {segment.from.view(), segment.to.view(), ByteView(out), segment.payload})
    sum = sum_of(each, sum);
  put_u16_be(out, 16, folded(sum));
  return out;
}

void append_ipv4(const Segment& segment, Bytes& out) {
  Bytes header;
  ByteWriter writer(header);
  writer.u16_be(0x4500);
  writer.u16_be(
      static_cast<std::uint16_t>(std::min<std::size_t>(20 + kTcpHeader + segment.size, 0xffff)));
  writer.u32_be(0x4000);  // no identification; do not fragment
  writer.u8(64);
  writer.u8(kTcp);
  writer.u16_be(0);  // checksum
  writer.bytes(segment.from.view());
  writer.bytes(segment.to.view());
  put_u16_be(header, 10, folded(sum_of(header)));
  ByteWriter(out).bytes(header);
}

void append_ipv6(const Segment& segment, Bytes& out) {
  ByteWriter writer(out);
  writer.u32_be(0x60000000);
  writer.u16_be(
      static_cast<std::uint16_t>(std::min<std::size_t>(kTcpHeader + segment.size, 0xffff)));
  writer.u8(kTcp);
  writer.u8(64);
  writer.bytes(segment.from.view());
  writer.bytes(segment.to.view());
}

/// Addresses that are nobody's: locally administered, ours ends in 1, the device's in 2.
void append_ethernet(bool sent, bool v4, Bytes& out) {
  ByteWriter writer(out);
  for (const std::uint8_t last :
       {sent ? std::uint8_t{2} : std::uint8_t{1}, sent ? std::uint8_t{1} : std::uint8_t{2}}) {
    writer.u32_be(0x02000000);
    writer.u8(0);
    writer.u8(last);
  }
  writer.u16_be(v4 ? 0x0800 : 0x86dd);
}

Bytes packet_of(Segment segment, bool sent) {
  // Both ends of a connection speak the same; where one is unknown the other is shown alone.
  if (segment.from.v4 != segment.to.v4) (segment.from.v4 ? segment.from : segment.to).v4 = false;
  Bytes out;
  append_ethernet(sent, segment.from.v4, out);
  if (segment.from.v4)
    append_ipv4(segment, out);
  else
    append_ipv6(segment, out);
  ByteWriter writer(out);
  writer.bytes(tcp_header(segment));
  writer.bytes(segment.payload);
  return out;
}

std::string key_of(const TraceConnection& connection) {
  return fmt::format("{} {} {} {} {}", connection.device, connection.local, connection.local_port,
                     connection.peer, connection.peer_port);
}

}  // namespace

PcapngWriter::PcapngWriter(std::string_view application, std::uint16_t service_port)
    : service_port_(service_port) {
  Bytes body;
  ByteWriter writer(body);
  writer.u32(0x1a2b3c4d);  // byte order
  writer.u16(1);           // version 1.0
  writer.u16(0);
  writer.u64(~std::uint64_t{0});  // length of the section: not said
  append_option(body, kApplication, base::as_bytes(application));
  append_option(body, kEndOfOptions, {});
  append_block(out_, kSectionHeader, body);
}

std::uint32_t PcapngWriter::interface_of(const std::string& device) {
  const auto [found, fresh] =
      interfaces_.emplace(device, static_cast<std::uint32_t>(interfaces_.size()));
  if (!fresh) return found->second;
  Bytes body;
  ByteWriter writer(body);
  writer.u16(kEthernet);
  writer.u16(0);
  writer.u32(0);  // no limit of captured bytes
  append_option(body, kInterfaceName, base::as_bytes(device));
  const std::byte resolution{kNanoseconds};
  append_option(body, kTimeResolution, {&resolution, 1});
  append_option(body, kEndOfOptions, {});
  append_block(out_, kInterfaceDescription, body);
  return found->second;
}

void PcapngWriter::add(const Trace& part) {
  for (const TraceItem& item : part.items)
    add_item(item, part.connections[item.connection]);
}

void PcapngWriter::add_item(const TraceItem& item, const TraceConnection& connection) {
  const std::uint32_t interface = interface_of(connection.device);
  Flow& flow = flows_[key_of(connection)];
  const bool sent = item.direction == TraceDirection::sent;
  const std::uint16_t peer_port = service_port_ == 0 ? connection.peer_port : service_port_;
  Segment segment{ip_of(connection.local),
                  ip_of(connection.peer),
                  connection.local_port,
                  peer_port,
                  flow.sent,
                  flow.received,
                  item.bytes,
                  item.size};
  if (!sent) {
    std::swap(segment.from, segment.to);
    std::swap(segment.from_port, segment.to_port);
    std::swap(segment.sequence, segment.acknowledged);
  }
  (sent ? flow.sent : flow.received) += item.size;
  const Bytes packet = packet_of(segment, sent);

  Bytes body;
  ByteWriter writer(body);
  const auto time = static_cast<std::uint64_t>(item.time.time_since_epoch().count());
  writer.u32(interface);
  writer.u32(static_cast<std::uint32_t>(time >> 32));
  writer.u32(static_cast<std::uint32_t>(time));
  writer.u32(static_cast<std::uint32_t>(packet.size()));
  writer.u32(static_cast<std::uint32_t>(packet.size() + item.size - item.bytes.size()));
  writer.bytes(packet);
  pad(body);
  if (peer_port != connection.peer_port)
    append_option(body, kComment,
                  base::as_bytes(fmt::format("frame {} of device '{}', its port is {}", item.number,
                                             connection.device, connection.peer_port)));
  Bytes flags;
  ByteWriter(flags).u32(sent ? kOutbound : kInbound);
  append_option(body, kPacketFlags, flags);
  append_option(body, kEndOfOptions, {});
  append_block(out_, kEnhancedPacket, body);
}

}  // namespace tagwerk::link
