#pragma once

#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include "net/blocking_stream.hpp"
#include "net/event_loop.hpp"
#include "net/http_client.hpp"
#include "net/http_server.hpp"
#include "net/server_url.hpp"

namespace tagwerk::net {

/// A server on port 0 in this process, for the tests of this folder.
class TestServer {
 public:
  using Handle = std::function<void(Request&&, Responder)>;

  explicit TestServer(Handle handle, HttpServerOptions options = {}, std::size_t loops = 1)
      : handler_(std::make_shared<Handler>(std::move(handle))) {
    std::vector<EventLoop*> pointers;
    for (std::size_t i = 0; i < loops; ++i)
      pointers.push_back(&threads_.emplace_back(std::make_unique<EventLoopThread>("io"))->loop());
    options.port = 0;
    secure_ = options.tls != nullptr;
    auto started = HttpServer::start(pointers, std::move(options), handler_);
    EXPECT_TRUE(started) << started.error().message;
    server_ = std::move(*started);
  }

  HttpServer& server() { return *server_; }
  std::shared_ptr<HttpHandler> handler() const { return handler_; }
  EventLoop& loop() { return threads_.front()->loop(); }
  HttpClient client() { return HttpClient({.url = url(), .trust = trust_}); }
  std::string url() const {
    return fmt::format("{}://127.0.0.1:{}", secure_ ? "https" : "http", server_->port());
  }
  /// What client() believes.
  void trust(TlsTrust trust) { trust_ = std::move(trust); }
  /// Without TLS, also where the server has it.
  BlockingStream connect() const {
    auto made = BlockingStream::connect_tcp("127.0.0.1", server_->port(), deadline());
    EXPECT_TRUE(made);
    return std::move(*made);
  }
  BlockingStream connect_securely() const {
    auto made = BlockingStream::connect(*parse_server_url(url()), trust_, deadline());
    EXPECT_TRUE(made) << made.error().message;
    return std::move(*made);
  }
  static MonoTime deadline() { return base::mono_now() + std::chrono::seconds(10); }

  /// Sends the bytes and gives what comes back until the server closes.
  std::string talk(std::string_view bytes) const {
    BlockingStream stream = connect();
    EXPECT_TRUE(stream.write(bytes, deadline()));
    return read_all(stream);
  }
  static std::string read_all(BlockingStream& stream) {
    std::string out;
    for (auto got = stream.read(out, deadline()); got && *got > 0;)
      got = stream.read(out, deadline());
    return out;
  }
  static std::string read_until(BlockingStream& stream, std::string_view mark) {
    std::string out;
    while (out.find(mark) == std::string::npos) {
      const auto got = stream.read(out, deadline());
      if (!got || *got == 0) break;
    }
    return out;
  }

 private:
  class Handler : public HttpHandler {
   public:
    explicit Handler(Handle handle) : handle_(std::move(handle)) {}
    void handle(Request&& request, Responder responder) override {
      handle_(std::move(request), std::move(responder));
    }
    Admission admit(const Request& request) override {
      return {.body_limit = request.target().starts_with("/big") ? 16u * 1024 * 1024 : 1024u};
    }

   private:
    Handle handle_;
  };

  std::vector<std::unique_ptr<EventLoopThread>> threads_;
  std::shared_ptr<Handler> handler_;
  std::unique_ptr<HttpServer> server_;
  TlsTrust trust_;
  bool secure_ = false;
};

}  // namespace tagwerk::net
