#include "servers/http/live_session.hpp"

#include <algorithm>

#include "servers/http/http_api.hpp"
#include "servers/http/json_writer.hpp"
#include "servers/http/status_json.hpp"
#include "servers/http/write_result.hpp"

namespace tagwerk::servers::http {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxSubscriptions = 1'000;
constexpr std::size_t kMaxPatterns = 10'000;
constexpr std::size_t kSlow =
    std::size_t{256} * 1024;  ///< bytes waiting: more make a client a slow one
constexpr std::size_t kPiece = std::size_t{192} * 1024;  ///< of a snapshot, in one message
constexpr std::size_t kItemSize = 200;
constexpr auto kAnnounce = 60s;
constexpr std::uint16_t kTokenExpired = 4401;

std::string message_head(std::string_view op, std::int64_t id) {
  return fmt::format("{{\"op\":\"{}\",\"id\":{},\"items\":[", op, id);
}

Result<std::vector<std::string>> read_patterns(const model::Node& list) {
  if (list.items.empty() || list.items.size() > kMaxPatterns)
    return fail(ErrorCode::invalid_argument, "'paths' must hold 1 to {} patterns, not {}",
                kMaxPatterns, list.items.size());
  std::vector<std::string> out;
  for (const model::Node& each : list.items) {
    if (!each.is_scalar() || !each.quoted)
      return fail(ErrorCode::invalid_argument, "'paths' must hold texts only");
    out.push_back(each.text);
  }
  return out;
}

}  // namespace

LiveSession::LiveSession(HttpApi& api, LoopState& loop, std::string token, auth::Session session)
    : api_(api),
      loop_(loop),
      token_(std::move(token)),
      session_(std::move(session)),
      directory_generation_(api.authenticator().directory().generation()),
      tick_(loop.loop) {}

LiveSession::~LiveSession() = default;

void LiveSession::on_open(const std::shared_ptr<net::WebSocket>& socket) {
  socket_ = socket;
  api_.live_clients().fetch_add(1);
  tick_.start_every(1s, [this] { on_tick(); });
}

void LiveSession::on_close(std::uint16_t) {
  tick_.cancel();
  for (const auto& [number, subscription] : subscriptions_)
    loop_.hub->unsubscribe(number);
  subscriptions_.clear();
  backlog_.clear();
  socket_.reset();
  api_.live_clients().fetch_sub(1);
}

// --- what the client says ------------------------------------------------------------------------

void LiveSession::on_message(std::string_view message) {
  if (!check_token()) return;
  const auto node = model::parse_json(message, "message");
  if (!node) return send_error(std::nullopt, node.error().to_string());
  if (!node->is_mapping()) return send_error(std::nullopt, "a message must be a JSON object");
  dispatch(*node);
}

void LiveSession::dispatch(const model::Node& message) {
  BodyFields fields(message);
  const std::string op = fields.text("op");
  if (op == "ping") return ping();
  if (op == "token") return renew_token(fields);
  const auto id = fields.optional_integer("id");
  if (!id) return send_error(std::nullopt, fmt::format("'{}' needs an 'id', a whole number", op));
  if (op == "subscribe") return subscribe(*id, fields);
  if (op == "unsubscribe") return unsubscribe(*id, fields);
  if (op == "subscribe_status") return subscribe_status(*id, fields);
  if (op == "write") return write(*id, fields);
  send_error(id, fmt::format("unknown op '{}'; there are subscribe, unsubscribe, write, "
                             "subscribe_status, token and ping",
                             op));
}

void LiveSession::subscribe(std::int64_t id, BodyFields& fields) {
  const model::Node* paths = fields.list("paths");
  const auto rate = fields.optional_number("max_rate_ms");
  const bool every = fields.optional_bool("every").value_or(false);
  if (const Status whole = fields.finish(); !whole) return send_error(id, whole.error().message);
  auto patterns = read_patterns(*paths);
  if (!patterns) return send_error(id, patterns.error().message);
  if (rate && !(*rate >= 10 && *rate <= 3'600'000))
    return send_error(id, "'max_rate_ms' must be 10 to 3600000");
  drop(id);
  if (subscriptions_.size() >= kMaxSubscriptions)
    return send_error(id, fmt::format("more than {} subscriptions", kMaxSubscriptions));
  access::SubscribeOptions options{.patterns = std::move(*patterns), .every = every};
  if (rate)
    options.max_rate =
        std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(*rate));
  if (const Status added = add({id, std::move(options), {}}); !added)
    send_error(id, added.error().message);
}

Status LiveSession::add(Subscription subscription) {
  opening_ = &subscription;
  const auto number = loop_.hub->subscribe(session_.principal, subscription.options, *this);
  opening_ = nullptr;
  if (!number) return std::unexpected(number.error());
  for (Backlog& each : backlog_)
    if (each.subscription == 0) each.subscription = *number;
  subscriptions_.emplace(*number, std::move(subscription));
  return {};
}

void LiveSession::drop(std::int64_t client_id) {
  const auto is_it = [&](const auto& each) { return each.second.client_id == client_id; };
  const auto found = std::ranges::find_if(subscriptions_, is_it);
  if (found == subscriptions_.end()) return;
  const std::uint64_t number = found->first;
  loop_.hub->unsubscribe(number);
  std::erase_if(backlog_, [&](const Backlog& each) { return each.subscription == number; });
  subscriptions_.erase(found);
}

void LiveSession::unsubscribe(std::int64_t id, BodyFields& fields) {
  if (const Status whole = fields.finish(); !whole) return send_error(id, whole.error().message);
  if (status_id_ == id) status_id_.reset();
  drop(id);
}

void LiveSession::subscribe_status(std::int64_t id, BodyFields& fields) {
  if (const Status whole = fields.finish(); !whole) return send_error(id, whole.error().message);
  status_id_ = id;
  last_status_.clear();
  send_status();
}

void LiveSession::write(std::int64_t id, BodyFields& fields) {
  auto wanted = read_write(fields);
  if (!wanted) return send_error(id, wanted.error().message);
  access::Caller caller{session_.principal, "websocket " + socket_->peer().address};
  api_.access().write(std::move(caller), std::move(wanted->items), wanted->timeout,
                      [weak = weak_from_this(), &loop = loop_.loop,
                       id](std::vector<access::WriteItemResult> results) {
                        std::string text =
                            fmt::format("{{\"op\":\"written\",\"id\":{},\"items\":", id);
                        append_write_results(text, results);
                        text += '}';
                        loop.post([weak, text = std::move(text)]() mutable {
                          if (const auto self = weak.lock()) self->send(std::move(text));
                        });
                      });
}

void LiveSession::ping() {
  std::string text;
  JsonWriter(text)
      .open_object()
      .member("op", "pong")
      .member("time", base::utc_now())
      .close_object();
  send(std::move(text));
}

// --- what the hub says ---------------------------------------------------------------------------

bool LiveSession::ready() const {
  return socket_ != nullptr && backlog_.empty() && socket_->pending_bytes() < kSlow;
}

void LiveSession::on_snapshot(std::uint64_t subscription, std::shared_ptr<const model::Plant> plant,
                              std::span<const access::Update> updates) {
  const auto known = subscriptions_.find(subscription);
  Subscription* which = known == subscriptions_.end() ? opening_ : &known->second;
  if (which == nullptr || socket_ == nullptr) return;
  which->plant = std::move(plant);
  const std::uint64_t number = known == subscriptions_.end() ? 0 : subscription;
  std::erase_if(backlog_, [&](const Backlog& each) { return each.subscription == number; });
  send_items("snapshot", number, *which, updates, 0);
}

void LiveSession::on_plant(std::uint64_t subscription,
                           const std::shared_ptr<const model::Plant>& plant) {
  // A backlog keeps its plant and with it its tags.
  if (const auto known = subscriptions_.find(subscription); known != subscriptions_.end())
    known->second.plant = plant;
}

void LiveSession::on_changes(std::uint64_t subscription, std::span<const access::Update> updates,
                             std::uint64_t coalesced) {
  if (socket_ == nullptr || !follow_directory()) return;
  const auto found = subscriptions_.find(subscription);
  if (found == subscriptions_.end()) return;
  send_items("changes", subscription, found->second, updates, coalesced);
}

void LiveSession::send_items(std::string_view op, std::uint64_t number, const Subscription& which,
                             std::span<const access::Update> updates, std::uint64_t coalesced) {
  const bool snapshot = op == "snapshot";
  std::string text = message_head(op, which.client_id);
  text.reserve(std::min(updates.size() * kItemSize, kPiece) + 1024);
  const std::size_t room = ready() ? kPiece : 0;
  std::size_t next = 0;
  for (; next < updates.size() && text.size() < room; ++next) {
    if (next > 0) text.push_back(',');
    if (next + 12 < updates.size()) loop_.texts.prefetch(*updates[next + 12].tag);
    if (next + 6 < updates.size()) loop_.texts.prefetch_text(*updates[next + 6].tag);
    loop_.texts.append(text, which.plant, *updates[next].tag, updates[next].current,
                       snapshot ? ItemTexts::Form::whole : ItemTexts::Form::without_unit);
  }
  text.push_back(']');
  if (next < updates.size()) coalesced += keep_for_later(number, which, updates.subspan(next));
  if (coalesced > 0) JsonWriter(text).member("coalesced", coalesced);
  text.push_back('}');
  if (next > 0 || snapshot || coalesced > 0) send(std::move(text));
}

std::uint64_t LiveSession::keep_for_later(std::uint64_t number, const Subscription& which,
                                          std::span<const access::Update> updates) {
  Backlog rest{number, which.plant, {}, 0};
  rest.tags.reserve(updates.size());
  for (const access::Update& update : updates)
    rest.tags.push_back(update.tag);
  std::ranges::sort(rest.tags);
  const auto doubled = std::ranges::unique(rest.tags);
  const std::uint64_t skipped = doubled.size();
  rest.tags.erase(doubled.begin(), doubled.end());
  backlog_.push_back(std::move(rest));
  // Nothing on its way means that nobody would say when it has drained.
  if (socket_->pending_bytes() == 0)
    loop_.loop.post([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->on_drained();
    });
  return skipped;
}

void LiveSession::on_drained() {
  if (socket_ == nullptr) return;
  if (!backlog_.empty()) return send_backlog();
  loop_.hub->resume(*this);
}

void LiveSession::send_backlog() {
  Backlog& rest = backlog_.front();
  const auto found = subscriptions_.find(rest.subscription);
  if (found == subscriptions_.end()) {
    backlog_.pop_front();
    return backlog_.empty() ? loop_.hub->resume(*this) : send_backlog();
  }
  std::string text = message_head("changes", found->second.client_id);
  for (bool first = true; rest.next < rest.tags.size() && text.size() < kPiece; ++rest.next) {
    if (!std::exchange(first, false)) text.push_back(',');
    const model::PlantTag& tag = *rest.tags[rest.next];
    loop_.texts.append(text, rest.plant, tag, api_.access().current(tag), ItemTexts::Form::whole);
  }
  if (rest.next == rest.tags.size()) backlog_.pop_front();
  send(text + "]}");
}

// --- token and status ----------------------------------------------------------------------------

void LiveSession::on_tick() {
  if (socket_ == nullptr || !check_token()) return;
  if (status_id_) send_status();
}

bool LiveSession::check_token() {
  if (socket_ == nullptr || ended_) return false;
  const UtcTime now = base::utc_now();
  if (now >= session_.expires) return end("the token has expired");
  if (!expiry_announced_ && session_.expires - now <= kAnnounce) {
    expiry_announced_ = true;
    const auto left = std::chrono::ceil<std::chrono::seconds>(session_.expires - now).count();
    send(fmt::format("{{\"op\":\"token_expiring\",\"seconds\":{}}}", left));
  }
  return follow_directory();
}

bool LiveSession::follow_directory() {
  if (ended_) return false;
  const std::uint64_t generation = api_.authenticator().directory().generation();
  if (generation == directory_generation_) return true;
  directory_generation_ = generation;
  auto session = api_.authenticator().verify(token_, base::utc_now());
  if (!session) return end("the token is no longer valid");
  use(std::move(*session));
  return true;
}

bool LiveSession::end(std::string_view why) {
  ended_ = true;
  socket_->close(kTokenExpired, why, false);
  return false;
}

void LiveSession::use(auth::Session session) {
  const bool same_rights = session.principal == session_.principal;
  session_ = std::move(session);
  if (!same_rights) subscribe_anew();
}

void LiveSession::subscribe_anew() {
  auto old = std::exchange(subscriptions_, {});
  backlog_.clear();
  for (auto& [number, subscription] : old) {
    loop_.hub->unsubscribe(number);
    const std::int64_t id = subscription.client_id;
    if (const Status added = add(std::move(subscription)); !added)
      send_error(id, added.error().message);
  }
}

void LiveSession::renew_token(BodyFields& fields) {
  std::string token = fields.text("token");
  if (const Status whole = fields.finish(); !whole)
    return send_error(std::nullopt, whole.error().message);
  auto session = api_.authenticator().verify(token, base::utc_now());
  if (!session) return send_error(std::nullopt, session.error().message);
  if (session->principal->identity() != session_.principal->identity())
    return send_error(std::nullopt, "the new token belongs to another user; open a new connection");
  token_ = std::move(token);
  expiry_announced_ = false;
  use(std::move(*session));
}

void LiveSession::send_status() {
  // A slow client gets the next one.
  if (!ready()) return;
  std::string content = "\"status\":";
  append_status(content, api_, api_.access().status());
  JsonWriter json(content);
  json.key("connectors").open_array();
  if (const auto connectors = api_.access().connectors(*session_.principal))
    for (const supervisor::ConnectorStatus& each : *connectors)
      append_connector(json, each);
  json.close_array();
  if (content == last_status_) return;
  send(fmt::format("{{\"op\":\"status\",\"id\":{},{}}}", *status_id_, content));
  last_status_ = std::move(content);
}

void LiveSession::send(std::string message) {
  if (socket_ == nullptr) return;
  if (!socket_->send(std::move(message)))
    // What is sent stays below the limit by ready(); only a flood of questions comes here.
    socket_->close(1008, "the client does not read its answers", false);
}

void LiveSession::send_error(std::optional<std::int64_t> id, std::string_view detail) {
  std::string text;
  JsonWriter json(text);
  json.open_object().member("op", "error").key("id");
  if (id)
    json.value(*id);
  else
    json.null();
  json.member("detail", detail).close_object();
  send(std::move(text));
}

}  // namespace tagwerk::servers::http
