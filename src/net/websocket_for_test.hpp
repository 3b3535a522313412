#pragma once

#include <arpa/inet.h>
#include <cstdint>
#include <fmt/format.h>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>

#include "base/assert.hpp"
#include "base/descriptor.hpp"

/// The bytes of a WebSocket client, for one that is smaller than Beast's or sends what Beast would
/// not. Source: RFC 6455, as far as unfragmented, uncompressed messages need it
namespace tagwerk::net {

inline base::Descriptor connected_for_test(std::uint16_t port) {
  base::Descriptor out(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  TAGWERK_ASSERT(out.good());
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(port);
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  TAGWERK_ASSERT(::connect(out.get(), reinterpret_cast<sockaddr*>(&server), sizeof server) == 0);
  return out;
}

/// Of `WS /ws`, with an access token.
inline std::string handshake_for_test(std::string_view token) {
  return fmt::format(
      "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Sec-WebSocket-Protocol: tagwerk, bearer.{}\r\n\r\n",
      token);
}

enum class FrameForTest : unsigned char { kText = 0x81, kPing = 0x89, kPong = 0x8a };

/// Final and masked, with a mask that changes nothing; `payload` below 64 KiB.
inline std::string frame_for_test(FrameForTest kind, std::string_view payload) {
  TAGWERK_ASSERT(payload.size() < 65'536);
  const bool is_short = payload.size() < 126;
  std::string out(1, static_cast<char>(kind));
  out += static_cast<char>(0x80 | (is_short ? payload.size() : 126));
  if (!is_short) {
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size() & 0xff);
  }
  out.append(4, '\0');
  return out.append(payload);
}

}  // namespace tagwerk::net
