#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "access/access.hpp"
#include "auth/authenticator.hpp"
#include "net/event_loop.hpp"
#include "net/websocket.hpp"
#include "servers/http/json_body.hpp"
#include "servers/http/loop_state.hpp"

namespace tagwerk::servers::http {

class HttpApi;

/// One client of WS /ws: its subscriptions, its writes and its token.
///
/// A client that reads slowly makes ready() false; the hub then keeps only the latest of each tag.
/// A large snapshot, or a large step of changes, is sent in pieces as the client takes them, the
/// later ones with the values of that moment, so that nothing large ever waits in memory.
/// Threads: its loop's only
/// Limits:  1,000 subscriptions; 256 KiB waiting to be sent, one message more at most
class LiveSession final : public net::WebSocketHandler,
                          public access::Subscriber,
                          public std::enable_shared_from_this<LiveSession> {
 public:
  LiveSession(HttpApi& api, LoopState& loop, std::string token, auth::Session session);
  ~LiveSession() override;

  void on_open(const std::shared_ptr<net::WebSocket>& socket) override;
  void on_message(std::string_view message) override;
  void on_drained() override;
  void on_close(std::uint16_t code) override;

  void on_snapshot(std::uint64_t subscription, std::shared_ptr<const model::Plant> plant,
                   std::span<const access::Update> updates) override;
  void on_plant(std::uint64_t subscription,
                const std::shared_ptr<const model::Plant>& plant) override;
  void on_changes(std::uint64_t subscription, std::span<const access::Update> updates,
                  std::uint64_t coalesced) override;
  bool ready() const override;

 private:
  struct Subscription {
    std::int64_t client_id = 0;
    access::SubscribeOptions options;
    std::shared_ptr<const model::Plant> plant;
  };
  /// Tags that did not fit into one message; their values are read when they are sent.
  struct Backlog {
    std::uint64_t subscription = 0;
    std::shared_ptr<const model::Plant> plant;
    std::vector<const model::PlantTag*> tags;
    std::size_t next = 0;
  };

  void dispatch(const model::Node& message);
  void subscribe(std::int64_t id, BodyFields& fields);
  void unsubscribe(std::int64_t id, BodyFields& fields);
  void subscribe_status(std::int64_t id, BodyFields& fields);
  void write(std::int64_t id, BodyFields& fields);
  void renew_token(BodyFields& fields);
  void ping();

  Status add(Subscription subscription);
  void drop(std::int64_t client_id);
  void subscribe_anew();
  void send_items(std::string_view op, std::uint64_t number, const Subscription& which,
                  std::span<const access::Update> updates, std::uint64_t coalesced);
  /// Gives how many updates this skips: later the latest value of each tag is sent.
  std::uint64_t keep_for_later(std::uint64_t number, const Subscription& which,
                               std::span<const access::Update> updates);
  void send_backlog();
  void on_tick();
  /// What holds for the token holds for every message: false when it is no longer good, and the
  /// connection ends.
  bool check_token();
  /// The same after a change of users, keys or roles; the rights are the new ones then.
  bool follow_directory();
  bool end(std::string_view why);
  void use(auth::Session session);
  void send_status();
  void send(std::string message);
  void send_error(std::optional<std::int64_t> id, std::string_view detail);

  HttpApi& api_;
  LoopState& loop_;
  std::shared_ptr<net::WebSocket> socket_;
  std::unordered_map<std::uint64_t, Subscription> subscriptions_;  ///< by the hub's number
  Subscription* opening_ = nullptr;  ///< its snapshot comes before the hub has told its number
  std::deque<Backlog> backlog_;

  std::string token_;
  auth::Session session_;
  std::uint64_t directory_generation_ = 0;
  bool expiry_announced_ = false;
  bool ended_ = false;

  std::optional<std::int64_t> status_id_;
  std::string last_status_;
  net::Timer tick_;
};

}  // namespace tagwerk::servers::http
