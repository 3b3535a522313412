#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http.hpp"

namespace tagwerk::net {

/// Reads one request after the other from the bytes of a connection. Refuses what two parsers could
/// read differently (request smuggling): Content-Length with Transfer-Encoding, a list of lengths,
/// any transfer coding but "chunked", no Host or two.
/// Threads: one
/// Source: RFC 9112; the grammar is Beast's
class RequestParser {
 public:
  enum class State : std::uint8_t { header, body, complete, failed };
  struct Failure {
    int status = 400;
    std::string detail;
  };

  RequestParser(std::size_t header_limit, std::size_t target_limit);
  ~RequestParser();

  /// Forgets the last request and waits for the next.
  void restart();
  /// Takes what it can use and says how much that was. Returns early once when the header is
  /// complete: set the limit, then go on. What it did not take must be shown again with more
  /// behind.
  std::size_t feed(std::string_view bytes);
  /// Fails the request at once when the length it announces is larger.
  void set_body_limit(std::uint64_t bytes);

  State state() const;
  Request& request();
  const Failure& failure() const;
  /// The header is complete and acceptable; request() has everything but the body.
  bool header_done() const;
  /// The header says that a body follows.
  bool announces_body() const;
  /// Any byte of a request was taken or seen.
  bool started() const;
  bool keep_alive() const;
  bool http_1_0() const;
  /// The client waits for 100 Continue before it sends the body.
  bool expects_continue() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Reads one response; for the client.
class ResponseParser {
 public:
  struct Message {
    int status = 0;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
  };

  ResponseParser(bool head_request, std::uint64_t body_limit);
  ~ResponseParser();

  /// As RequestParser::feed. Fails: corrupt, limit_exceeded
  Result<std::size_t> feed(std::string_view bytes);
  /// The peer closed. Fails: corrupt when the message is not whole
  Status finish();
  bool complete() const;
  Message& message();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tagwerk::net
