#include "link/pcapng.hpp"

#include <gtest/gtest.h>

namespace tagwerk::link {
namespace {

using base::ByteReader;
using base::Bytes;
using base::ByteView;

struct Block {
  std::uint32_t type = 0;
  ByteView body;
};

/// Cuts a file into its blocks as the format's text says, not as the writer does.
std::vector<Block> blocks_of(const Bytes& file) {
  std::vector<Block> out;
  ByteReader in(file);
  while (in.remaining() > 0) {
    Block block;
    block.type = in.u32();
    const std::uint32_t length = in.u32();
    EXPECT_EQ(length % 4, 0u);
    block.body = in.bytes(length - 12);
    EXPECT_EQ(in.u32(), length);
    EXPECT_TRUE(in.ok());
    out.push_back(block);
  }
  return out;
}

std::map<std::uint16_t, std::string> options_of(ByteReader& in) {
  std::map<std::uint16_t, std::string> out;
  while (in.remaining() > 0) {
    const std::uint16_t code = in.u16();
    const std::uint16_t length = in.u16();
    if (code == 0) break;
    out[code] = base::as_text(in.bytes(length));
    in.bytes((4 - length % 4) % 4);
  }
  EXPECT_TRUE(in.ok());
  return out;
}

struct Packet {
  std::uint32_t interface = 0;
  std::uint64_t time = 0;
  Bytes bytes;
  std::uint32_t whole = 0;
  std::map<std::uint16_t, std::string> options;
};

Packet packet_of(const Block& block) {
  EXPECT_EQ(block.type, 6u);
  ByteReader in(block.body);
  Packet out;
  out.interface = in.u32();
  out.time = std::uint64_t{in.u32()} << 32;
  out.time |= in.u32();
  const std::uint32_t captured = in.u32();
  out.whole = in.u32();
  const ByteView bytes = in.bytes(captured);
  out.bytes.assign(bytes.begin(), bytes.end());
  in.bytes((4 - captured % 4) % 4);
  out.options = options_of(in);
  return out;
}

std::uint32_t checksum(ByteView bytes, std::uint32_t sum = 0) {
  ByteReader in(bytes);
  while (in.remaining() > 1)
    sum += in.u16_be();
  if (in.remaining() == 1) sum += std::uint32_t{in.u8()} << 8;
  while (sum > 0xffff)
    sum = (sum >> 16) + (sum & 0xffff);
  return sum;
}

TraceItem item(std::uint64_t number, TraceDirection direction, std::string_view text,
               std::uint32_t connection = 0) {
  const ByteView bytes = base::as_bytes(text);
  return {
      number,    UtcTime(Duration(1'700'000'000'123'456'789)) + std::chrono::nanoseconds(number),
      kNoDelay,  connection,
      direction, static_cast<std::uint32_t>(text.size()),
      "",        {bytes.begin(), bytes.end()}};
}

TEST(Pcapng, HasATcpPacketForEachFrameThatChecksOut) {
  PcapngWriter writer("tagwerk", 502);
  writer.add(
      {1,
       2,
       false,
       {{"plc1", "10.0.0.1", 40001, "10.0.0.5", 1502}},
       {item(1, TraceDirection::sent, "question"), item(2, TraceDirection::received, "yes")}});
  const auto blocks = blocks_of(writer.bytes());
  ASSERT_EQ(blocks.size(), 4u);
  EXPECT_EQ(blocks[0].type, 0x0a0d0d0au);
  EXPECT_EQ(blocks[1].type, 1u);
  ByteReader interface(blocks[1].body);
  EXPECT_EQ(interface.u16(), 1);
  interface.bytes(6);
  const auto options = options_of(interface);
  EXPECT_EQ(options.at(2), "plc1");
  EXPECT_EQ(options.at(9), "\x09");

  const Packet sent = packet_of(blocks[2]);
  EXPECT_EQ(sent.time, 1'700'000'000'123'456'790u);
  EXPECT_EQ(sent.options.at(1), "frame 1 of device 'plc1', its port is 1502");
  EXPECT_EQ(sent.options.at(2), (std::string{2, 0, 0, 0}));
  ByteReader in(sent.bytes);
  in.bytes(12);
  EXPECT_EQ(in.u16_be(), 0x0800);
  const ByteView ip = ByteView(sent.bytes).subspan(14, 20);
  EXPECT_EQ(checksum(ip), 0xffffu);
  in.bytes(2);
  EXPECT_EQ(in.u16_be(), 20 + 20 + 8);
  in.bytes(8);
  EXPECT_EQ(in.u32_be(), 0x0a000001u);
  EXPECT_EQ(in.u32_be(), 0x0a000005u);
  const ByteView tcp = ByteView(sent.bytes).subspan(34);
  EXPECT_EQ(checksum(tcp, checksum(ip.subspan(12), 6 + static_cast<std::uint32_t>(tcp.size()))),
            0xffffu);
  EXPECT_EQ(in.u16_be(), 40001);
  EXPECT_EQ(in.u16_be(), 502);
  EXPECT_EQ(in.u32_be(), 1u);
  EXPECT_EQ(in.u32_be(), 1u);
  in.bytes(8);
  EXPECT_EQ(base::as_text(in.bytes(8)), "question");

  const Packet received = packet_of(blocks[3]);
  ByteReader back(ByteView(received.bytes).subspan(34));
  EXPECT_EQ(back.u16_be(), 502);
  EXPECT_EQ(back.u16_be(), 40001);
  EXPECT_EQ(back.u32_be(), 1u);
  EXPECT_EQ(back.u32_be(), 9u);
  EXPECT_EQ(received.options.at(2), (std::string{1, 0, 0, 0}));
}

TEST(Pcapng, GivesEachDeviceAnInterfaceAndEachConnectionItsOwnSequence) {
  PcapngWriter writer("tagwerk");
  const std::vector<TraceConnection> connections{{"a", "10.0.0.1", 1, "10.0.0.5", 502},
                                                 {"b", "fe80::1", 2, "fe80::5", 502},
                                                 {"a", "10.0.0.1", 3, "10.0.0.5", 502}};
  writer.add({1,
              3,
              true,
              connections,
              {item(1, TraceDirection::sent, "12345"), item(2, TraceDirection::sent, "12", 1),
               item(3, TraceDirection::sent, "1", 2)}});
  writer.add({2, 4, false, connections, {item(4, TraceDirection::sent, "1")}});
  const auto blocks = blocks_of(writer.bytes());
  ASSERT_EQ(blocks.size(), 7u);
  const auto sequence = [](const Packet& packet, std::size_t ip) {
    ByteReader in(ByteView(packet.bytes).subspan(14 + ip + 4));
    return in.u32_be();
  };
  EXPECT_EQ(packet_of(blocks[2]).interface, 0u);
  const Packet six = packet_of(blocks[4]);
  EXPECT_EQ(six.interface, 1u);
  EXPECT_EQ(six.bytes[12], std::byte{0x86});
  const ByteView tcp = ByteView(six.bytes).subspan(54);
  EXPECT_EQ(checksum(tcp, checksum(ByteView(six.bytes).subspan(22, 32),
                                   6 + static_cast<std::uint32_t>(tcp.size()))),
            0xffffu);
  EXPECT_EQ(sequence(packet_of(blocks[5]), 20), 1u);
  EXPECT_EQ(sequence(packet_of(blocks[6]), 20), 6u);
  EXPECT_EQ(packet_of(blocks[6]).options.count(1), 0u);
}

TEST(Pcapng, SaysHowLongAFrameWasThatWasCut) {
  PcapngWriter writer("tagwerk");
  TraceItem cut = item(1, TraceDirection::sent, "12345");
  cut.size = 70'000;
  writer.add({1, 1, false, {{"a", "?", 1, "10.0.0.5", 502}}, {cut}});
  const Packet packet = packet_of(blocks_of(writer.bytes())[2]);
  EXPECT_EQ(packet.bytes.size(), 54u + 5u);
  EXPECT_EQ(packet.whole, 54u + 70'000u);
}

}  // namespace
}  // namespace tagwerk::link
