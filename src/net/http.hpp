#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.hpp"
#include "base/mapped_file.hpp"
#include "net/websocket.hpp"

namespace tagwerk::net {

class EventLoop;

enum class Method : std::uint8_t { get, head, post, put, patch, remove, options, other };
/// "GET" …; remove is "DELETE".
std::string_view to_string(Method method);

/// What a client asked, complete with its body. Texts are views into the request: they live as long
/// as it does and are still encoded.
/// Threads: one at a time; may be moved to another
class Request {
 public:
  Method method() const { return method_; }
  /// As sent: "/api/values?path=%2FPlant".
  std::string_view target() const { return view(target_); }
  /// The first header of that name, without regard to case.
  std::optional<std::string_view> header(std::string_view name) const;
  /// All headers of that name as one list, "a, b"; empty when there is none.
  std::string headers(std::string_view name) const;
  const std::string& body() const { return body_; }
  /// Who asks: of what comes through a trusted proxy, the proxy's client.
  const std::shared_ptr<const Peer>& peer() const { return peer_; }
  /// The loop whose thread calls the handler.
  EventLoop& loop() const { return *loop_; }
  /// Asks for a WebSocket and everything a handshake needs is there.
  bool wants_websocket() const;

 private:
  friend class RequestParser;
  friend class HttpConnection;
  struct Range {
    std::uint32_t at = 0;
    std::uint32_t size = 0;
  };
  std::string_view view(Range range) const {
    return std::string_view(head_).substr(range.at, range.size);
  }
  void add_header(std::string_view name, std::string_view value);
  /// Takes the header at that place apart and moves on to the next.
  std::pair<std::string_view, std::string_view> header_at(std::size_t& at) const;

  std::string head_;  ///< the target, then per header: two 16-bit sizes, name, value
  std::string body_;
  Range target_;
  Method method_ = Method::other;
  std::shared_ptr<const Peer> peer_;
  EventLoop* loop_ = nullptr;
};

/// Bytes that live as long as the program, such as an embedded page.
struct StaticText {
  explicit StaticText(std::string_view bytes) : text(bytes) {}
  std::string_view text;
};

/// What the server answers. Content-Length, Date and Connection are added on the way out.
class Response {
 public:
  using Body = std::variant<std::string, StaticText, std::shared_ptr<const std::string>,
                            std::shared_ptr<const base::MappedFile>>;

  explicit Response(int status = 200) : status_(status) {}
  /// The body is text made for this answer, static, shared between answers, or a file that is too
  /// large for memory.
  Response(int status, std::string_view content_type, Body body);

  int status() const { return status_; }
  void set_status(int status) { status_ = status; }
  /// Control characters in the value are dropped, so that outside text cannot add headers.
  Response& header(std::string_view name, std::string_view value);
  void set_body(Body body) { body_ = std::move(body); }
  std::string_view body() const;
  const std::string& headers() const { return headers_; }

 private:
  int status_;
  std::string headers_;  ///< "Name: value\r\n" each
  Body body_;
};

/// `{"detail":"sentence"}`, the form of every error.
Response error_response(int status, std::string_view detail);

/// The promise to answer one request: call one of its functions once, at any later time, on any
/// thread, but before the loop is destroyed. Destroyed unanswered it answers 500.
/// Threads: any, one at a time
class Responder {
 public:
  class Target {
   public:
    virtual ~Target() = default;
    virtual void respond(std::uint64_t exchange, Response response) = 0;
    virtual void upgrade(std::uint64_t exchange, std::string subprotocol,
                         std::shared_ptr<WebSocketHandler> handler) = 0;
  };

  Responder(std::shared_ptr<Target> target, std::uint64_t exchange)
      : target_(std::move(target)), exchange_(exchange) {}
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&& other) noexcept;
  ~Responder();

  void send(Response response);
  /// Only for a request that wants_websocket(). An empty subprotocol names none in the answer.
  void accept_websocket(std::string subprotocol, std::shared_ptr<WebSocketHandler> handler);

 private:
  std::shared_ptr<Target> target_;
  std::uint64_t exchange_;
};

/// What becomes of a request's body.
struct Admission {
  std::uint64_t body_limit = 0;
  /// Answers a body that is larger, in place of 413: for one who may not send anything anyway.
  std::optional<Response> refusal = {};
};

/// Answers requests. One object serves all loops.
/// Threads: called on the thread of the request's loop; must not block it
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  virtual void handle(Request&& request, Responder responder) = 0;
  /// Asked when the header of a request with a body is there, before 100 Continue and the body.
  virtual Admission admit(const Request& request) = 0;
  /// Header lines, each ended with \r\n, for whatever answers this request.
  virtual std::string header_lines(const Request&) { return {}; }
};

}  // namespace tagwerk::net
