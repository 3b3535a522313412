#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/http_parser.hpp"
#include "net/http_shard.hpp"
#include "net/stream.hpp"

namespace tagwerk::net {

/// One client's connection: reads a request, hands it out, writes the answer, goes on with the
/// next. One request is under way at a time; what a pipelining client sent ahead waits in the
/// buffer. Head and body of an answer leave in one system call. Threads: loop thread only, except
/// respond and upgrade (any)
class HttpConnection final : public Responder::Target,
                             public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(HttpServer::Shard& shard, Stream stream, std::shared_ptr<const Peer> peer);
  ~HttpConnection() override;

  void start();
  /// Answers 503 with the reason, without waiting for a request.
  void start_refused(const char* reason);
  /// The time for the current step is over.
  bool late(MonoTime now) const;
  /// Closes; a request that was half here is told why.
  void on_deadline();
  /// Closes at once when idle, else after the answer under way.
  void begin_stop();
  void close();

  void respond(std::uint64_t exchange, Response response) override;
  void upgrade(std::uint64_t exchange, std::string subprotocol,
               std::shared_ptr<WebSocketHandler> handler) override;

 private:
  enum class Step : std::uint8_t {
    handshake,  ///< until the first byte of the first request
    idle,
    header,
    body,
    handling,
    writing,
    lingering,
    closed
  };

  void enter(Step step, Duration time);
  void read();
  void on_read(std::size_t count);
  void on_read_error();
  void process();
  void header_done();
  void send_continue();
  void dispatch();
  void refuse(int status, const std::string& detail);
  void refuse(Response response);
  void refuse_body();
  void take_response(std::uint64_t exchange, Response response);
  void take_upgrade(std::uint64_t exchange, std::string subprotocol,
                    std::shared_ptr<WebSocketHandler> handler);
  void begin_write(Response response);
  void compose_head();
  void write_some();
  void written();
  void linger();
  std::string_view unread() const { return {buffer_.data() + begin_, end_ - begin_}; }

  // Constant after construction.
  const std::shared_ptr<HttpServer::Shard> shard_;
  const std::shared_ptr<const Peer> peer_;
  const bool from_proxy_;  ///< one whose word about its clients counts
  const HttpLimits& limits_;

  // Only on the loop's thread.
  Stream stream_;
  RequestParser parser_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  Step step_ = Step::idle;
  MonoTime deadline_{};
  std::size_t body_mark_ = 0;  ///< body bytes at which the body's time starts anew
  std::uint64_t exchange_ = 0;
  bool keep_alive_ = true;
  bool head_request_ = false;
  bool reading_ = false;
  std::string websocket_key_;  ///< not empty while a handshake waits for its answer
  std::shared_ptr<const Peer> websocket_peer_;
  std::string header_lines_;         ///< the application's, for the answer to this request
  std::optional<Response> refusal_;  ///< for a body that is too large, in place of 413
  std::string head_;
  Response response_;
  std::array<boost::asio::const_buffer, 2> outgoing_;  ///< what is left of the answer
  std::size_t lingered_ = 0;
};

}  // namespace tagwerk::net
